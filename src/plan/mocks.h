#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/mock.h"
#include "plan/plugin_functions.h"

namespace leat::plan {

// What answers calls of functions in place of the library, and which functions are called at all.
// Belongs to one call of build_plan.
class Mocks {
 public:
  // `plugins` (may be null) outlives it.
  explicit Mocks(std::vector<expr::MockPtr> mocks, PluginFunctions* plugins = nullptr)
      : mocks_(std::move(mocks)), plugins_(plugins) {}

  // For a call of `name`; null = nothing does.
  expr::MockPtr find(std::string_view name) {
    called_.emplace(name);
    for (const expr::MockPtr& mock : mocks_)
      if (mock->name() == name) return mock;
    return nullptr;
  }
  // Functions of plugins; null = the definition has none.
  PluginFunctions* plugins() const noexcept { return plugins_; }
  // The names that were looked for.
  const std::set<std::string, std::less<>>& called() const noexcept { return called_; }

 private:
  const std::vector<expr::MockPtr> mocks_;
  PluginFunctions* const plugins_;
  std::set<std::string, std::less<>> called_;
};

}  // namespace leat::plan
