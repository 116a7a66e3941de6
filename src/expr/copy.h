#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "expr/compile.h"
#include "record/batch.h"

// Expressions whose values are written as they are (`set`, `select`): a number that one only passes on
// (`x.y[0]`, `a ?? b`, `c ? a : b`) keeps the token it was read from, such as 1.50.
namespace leat::expr {

// Also knows where the tokens of fields are.
class CopyResolver : public Resolver {
 public:
  // The column of the JSON text (record::DecodeSlot::Want::token) of a field that resolve_field() gave a
  // column for; nothing when it has none, or when a schema says what the text means.
  virtual std::optional<std::size_t> resolve_token(const record::FieldPath& path) = 0;
};

struct CompiledCopy {
  Compiled compiled;
  // The program gives tokens (Type::json) for numbers that it only passes on: read_numbers() makes
  // values of them.
  bool gives_tokens = false;
};

// compile() of strict types. A program that is only a path gives values: who writes it copies the token.
CompiledCopy compile_copy(std::string_view text, CopyResolver& resolver, const Limits& limits);

// Every value of a program that gives tokens as compile() would have it: INVALID_JSON, OUT_OF_RANGE for a
// number that is none or too large. Requires: as many rows.
void read_numbers(record::Column written, record::Column out, base::Arena& arena);

}  // namespace leat::expr
