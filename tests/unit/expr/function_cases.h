#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "unit/expr/rows.h"

namespace leat::expr::testing {

// An expression and the text of its value (see show()).
struct FunctionCase {
  std::string_view text;
  std::string_view gives;
};

inline void expect_values(std::initializer_list<FunctionCase> cases, const Fields& fields = {}) {
  for (const FunctionCase& one : cases)
    EXPECT_EQ(evaluate(one.text, fields), one.gives) << one.text;
}

}  // namespace leat::expr::testing
