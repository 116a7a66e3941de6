#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/mock.h"

namespace leat::plan {

// What answers calls of functions in place of the library, and which functions are called at all.
// Belongs to one call of build_plan.
class Mocks {
 public:
  explicit Mocks(std::vector<expr::MockPtr> mocks) : mocks_(std::move(mocks)) {}

  // For a call of `name`; null = nothing does.
  expr::MockPtr find(std::string_view name) {
    called_.emplace(name);
    for (const expr::MockPtr& mock : mocks_)
      if (mock->name() == name) return mock;
    return nullptr;
  }
  // The names that were looked for.
  const std::set<std::string, std::less<>>& called() const noexcept { return called_; }

 private:
  const std::vector<expr::MockPtr> mocks_;
  std::set<std::string, std::less<>> called_;
};

}  // namespace leat::plan
