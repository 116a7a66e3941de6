#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "reference/compare.h"
#include "reference/generator.h"

namespace leat::fuzz {

// The bytes choose an expression that mostly fits together, and rows for it: the batch program gives what
// the interpreter of tests/reference gives.
inline void fuzz_expr_tree(std::string_view input) {
  constexpr int kDepth = 4;
  reference::Generator generator(input);
  const std::string text = generator.expression(1 + static_cast<int>(generator.below(kDepth)));
  std::vector<reference::Row> rows;
  std::vector<reference::Form> forms;
  for (std::size_t i = 1 + generator.below(3); i > 0; --i) {
    forms.push_back(generator.below(2) == 0 ? reference::Form::json : reference::Form::computed);
    rows.push_back(generator.row());
  }
  std::size_t answers = 0;
  const std::string difference = reference::compare(text, rows, forms, answers);
  if (!difference.empty())
    std::fprintf(stderr, "%s\n%s%s\n", text.c_str(), difference.c_str(),
                 reference::show(rows).c_str());
  LEAT_CHECK(difference.empty());
}

}  // namespace leat::fuzz
