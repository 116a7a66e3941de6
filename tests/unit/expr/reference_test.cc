#include "expr/library/reference.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "json/parse.h"

namespace leat::expr {
namespace {

TEST(FunctionReference, EveryFunctionIsDescribed) {
  for (const Function& function : functions()) {
    EXPECT_FALSE(function.text.category.empty()) << function.name;
    const std::string_view summary = function.text.summary;
    EXPECT_TRUE(summary.ends_with('.') || summary.ends_with("…")) << function.name;
    EXPECT_TRUE(function.text.signature.starts_with(std::string(function.name) + "("))
        << function.name << ": " << function.text.signature;
    EXPECT_NE(function.text.signature.find(") -> "), std::string_view::npos) << function.name;
  }
}

TEST(FunctionReference, ThereIsOneLineForEachNameStyleAndNumberOfArguments) {
  std::set<std::string> seen;
  for (const Function& function : functions()) {
    if (function.kernel == nullptr) continue;
    const std::string key = std::string(function.name) + "/" + std::to_string(function.arguments);
    EXPECT_TRUE(seen.insert(key).second) << key;
  }
}

TEST(FunctionReference, MethodsAreShownOnTheirTarget) {
  Function function{"charAt", CallStyle::method, 2, {}, std::nullopt, nullptr};
  function.text = {"strings", "charAt(string, int) -> string", "."};
  EXPECT_EQ(call_form(function), "string.charAt(int) -> string");
  function.text.signature = "reverse(string | list) -> string | list";
  EXPECT_EQ(call_form(function), "(string | list).reverse() -> string | list");
  function.style = CallStyle::global;
  function.text.signature = "math.abs(number) -> number";
  EXPECT_EQ(call_form(function), "math.abs(number) -> number");
}

TEST(FunctionReference, TheJsonListsThemAll) {
  const json::Parsed parsed = json::parse(functions_json(listed_functions()), json::ParseOptions());
  ASSERT_TRUE(parsed.ok());
  const json::Value* items = parsed.root().find("items");
  ASSERT_NE(items, nullptr);
  EXPECT_EQ(items->elements().size(), functions().size());
}

}  // namespace
}  // namespace leat::expr
