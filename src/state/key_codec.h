#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "record/value.h"

namespace leat::state {

// The values a key is made of, as bytes whose order is that of the values: null < booleans < numbers
// < strings < bytes < timestamps, field by field. Equal keys (1 and 1.0, 0.0 and -0.0) have equal
// bytes. Requires: each value is null, boolean, integer, unsigned_integer, real (not NaN), string, bytes or timestamp.
void encode_key(std::span<const record::Value> values, std::string& out);
// The values back: whole numbers within int64 as integers. Texts are put into the arena. False when
// the bytes are no key of `out.size()` values.
bool decode_key(std::string_view bytes, base::Arena& arena, std::span<record::Value> out);

}  // namespace leat::state
