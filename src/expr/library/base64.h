#pragma once

#include <string_view>

#include "base/arena.h"
#include "expr/library/text_builder.h"
#include "record/value.h"

// Base64 (RFC 4648, section 4).
namespace leat::expr {

// Appends the text of `bytes`, padded.
void put_base64(TextBuilder& out, std::string_view bytes);
// Bytes in the arena. Padding may be left out; BAD_CONVERSION for other letters, a wrong length or
// bits that stand for nothing.
record::Value decode_base64(base::Arena& arena, std::string_view text);

}  // namespace leat::expr
