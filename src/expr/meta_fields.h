#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "expr/kernel.h"

// What `meta` has: facts about the record beside its value.
namespace leat::expr {

struct MetaField {
  std::string_view name;
  std::optional<Type> type;
  Kernel kernel;  // null: it exists in the language, but cannot be read yet
};

std::span<const MetaField> meta_fields() noexcept;

// meta.headers[<in 0>]: the last header of that name; absent when there is none, null when it has
// no value.
void header_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// All headers as a map; of a repeated name the last value.
void headers_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);
// Whether the record has a header of that name: `name in meta.headers`, has(meta.headers.name).
void has_header_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows);

}  // namespace leat::expr
