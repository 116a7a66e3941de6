#include "expr/functions.h"

#include <algorithm>
#include <set>

#include "expr/library/library.h"

namespace leat::expr {
namespace {

std::vector<Function> gather() {
  std::vector<Function> all;
  for (const std::span<const Function> table :
       {kCoreFunctions, kMacros, kConversions, kOptionalFunctions, kTextFunctions, kFormatFunctions,
        kRegexFunctions, kMathFunctions, kListFunctions, kTimeFunctions, kHashFunctions,
        kEncodingFunctions, kUrlFunctions, kJsonFunctions, kPlaceFunctions, kIdentityFunctions})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace

std::span<const Function> functions() noexcept {
  static const std::vector<Function> kAll = gather();
  return kAll;
}

std::span<const Function> functions_named(std::string_view name) noexcept {
  static const std::vector<Function> kByName = [] {
    std::vector<Function> all = gather();
    std::stable_sort(all.begin(), all.end(),
                     [](const Function& a, const Function& b) { return a.name < b.name; });
    return all;
  }();
  const auto [first, last] =
      std::equal_range(kByName.begin(), kByName.end(), Function{name, {}, 0, {}, {}, nullptr},
                       [](const Function& a, const Function& b) { return a.name < b.name; });
  return {first, last};
}

bool is_function_namespace(std::string_view name) noexcept {
  static const std::set<std::string_view> kNamespaces = [] {
    std::set<std::string_view> all;
    for (const Function& known : functions())
      if (const std::size_t dot = known.name.find('.'); dot != std::string_view::npos)
        all.insert(known.name.substr(0, dot));
    return all;
  }();
  return kNamespaces.count(name) > 0;
}

}  // namespace leat::expr
