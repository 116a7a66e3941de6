#pragma once

#include <cstdint>
#include <string_view>

#include "unit/expr/fuzz_entry.h"

namespace leat::fuzz {

// The first line is an expression, the rest what the fields hold.
inline void fuzz_expr(std::string_view input) {
  expr::testing::fuzz_expression(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace leat::fuzz
