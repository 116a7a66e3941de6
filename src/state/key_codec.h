#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "record/value.h"

namespace leat::state {

// The values a key is made of, as bytes whose order is that of the values: null < booleans < numbers
// < strings < bytes < timestamps, field by field. Equal keys (1 and 1.0, 0.0 and -0.0) have equal
// bytes. Requires: each value is null (or absent), boolean, integer, unsigned_integer, real (not
// NaN), string, bytes or timestamp.
void encode_key(std::span<const record::Value> values, std::string& out);
// The values back: whole numbers within int64 as integers, those beyond within uint64 as
// unsigned_integer. Texts are put into the arena. False when the bytes are no key of `out.size()`
// values.
bool decode_key(std::string_view bytes, base::Arena& arena, std::span<record::Value> out);
// The hash of a key by its bytes: record::mix_key over its values in their order, from 0 on. False
// when the bytes are no key.
bool hash_key(std::string_view bytes, std::uint64_t& hash);

}  // namespace leat::state
