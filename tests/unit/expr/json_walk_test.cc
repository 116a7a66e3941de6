#include "expr/json_walk.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

std::string member(std::string_view json, std::string_view name) {
  base::Arena arena;
  return show(json_member(json, name, arena));
}
std::string item(std::string_view json, std::uint64_t index) {
  base::Arena arena;
  return show(json_item(json, index, arena));
}

TEST(JsonWalk, FindsTheFirstMemberOfAName) {
  EXPECT_EQ(member(R"({"a":1,"b":2})", "b"), "int 2");
  EXPECT_EQ(member(R"({"a":1,"a":2})", "a"), "int 1");
  EXPECT_EQ(member(R"( { "x" : {"a":[1,"}"]} , "a" : "]" } )", "a"), "string ]");
  EXPECT_EQ(member(R"({"\u0061":1})", "a"), "int 1");
  EXPECT_EQ(member(R"({"a\"b":1})", "a\"b"), "int 1");
  EXPECT_EQ(member(R"({"a":{"b":[1, 2]}})", "a"), R"(json {"b":[1, 2]})");
  EXPECT_EQ(member("{}", "a"), "absent");
  EXPECT_EQ(member(R"({"":1})", ""), "int 1");
  EXPECT_EQ(member("[1]", "a"), "error NO_SUCH_OVERLOAD");
  EXPECT_EQ(member("", "a"), "error NO_SUCH_OVERLOAD");
}

TEST(JsonWalk, ReadsEveryKindOfValue) {
  EXPECT_EQ(item("[null]", 0), "null");
  EXPECT_EQ(item("[true, false]", 1), "false");
  EXPECT_EQ(item("[-0]", 0), "int 0");
  EXPECT_EQ(item("[9223372036854775807]", 0), "int 9223372036854775807");
  EXPECT_EQ(item("[9223372036854775808]", 0), "double 9.223372036854776e+18");
  EXPECT_EQ(item("[1e2]", 0), "double 100");
  EXPECT_EQ(item("[1e-999]", 0), "double 0");
  EXPECT_EQ(item("[1e999]", 0), "error OUT_OF_RANGE");
  EXPECT_EQ(item(R"(["\u00e4\ud83d\ude00\n\/\\"])", 0), "string ä😀\n/\\");
  EXPECT_EQ(item("[[1],[2]]", 1), "json [2]");
}

TEST(JsonWalk, MalformedTextIsAnError) {
  for (const std::string_view bad :
       {"[01]", "[+1]", "[1.]", "[.5]", "[1e]", "[nul]", "[tru]", "[\"\\q\"]", "[\"\\u12\"]",
        "[\"\\ud800\"]", "[\"\\ud800\\u0041\"]", "[\"\\udc00\"]", "[\"abc", "[{\"a\":1", "[1x]",
        "[,1]", "[-]"})
    EXPECT_EQ(item(bad, 0), "error INVALID_JSON") << bad;
  EXPECT_EQ(item("[1 2]", 1), "error INVALID_JSON");
  EXPECT_EQ(item("[1,", 1), "error INVALID_JSON");
  EXPECT_EQ(member(R"({"a" 1})", "a"), "error INVALID_JSON");
  EXPECT_EQ(member(R"({a:1})", "a"), "error INVALID_JSON");
  EXPECT_EQ(member(R"({"b":1,})", "a"), "error INVALID_JSON");
}

TEST(JsonWalk, ItemsAndEntriesAreReadOneLevelDeep) {
  base::Arena arena;
  std::span<const Value> items;
  EXPECT_EQ(json_items(R"( [1, "\u0061", [2], {"b":3}] )", arena, items), nullptr);
  EXPECT_EQ(show(Value::list(items)), R"([int 1, string a, json [2], json {"b":3}])");
  std::span<const record::Entry> entries;
  EXPECT_EQ(json_entries(R"({"a":1,"b":[2],"\u0061":3})", arena, entries), nullptr);
  EXPECT_EQ(show(Value::map(entries.data(), entries.size())),
            "{string a: int 1, string b: json [2]}");
  EXPECT_EQ(json_items("{}", arena, items)->code, "NO_SUCH_OVERLOAD");
  EXPECT_EQ(json_entries("[]", arena, entries)->code, "NO_SUCH_OVERLOAD");
  EXPECT_EQ(json_items("[1, tru]", arena, items)->code, "INVALID_JSON");
  EXPECT_EQ(json_items("[1, 2", arena, items)->code, "INVALID_JSON");
  EXPECT_EQ(json_entries(R"({"a":1,)", arena, entries)->code, "INVALID_JSON");
}

TEST(JsonWalk, OfManyEqualNamesTheFirstCounts) {
  std::string object = "{";
  for (int i = 0; i < 500; ++i)
    object += (i == 0 ? "" : ",") + fmt::format("\"k{}\":{}", i % 100, i);
  base::Arena arena;
  std::span<const record::Entry> entries;
  EXPECT_EQ(json_entries(object + "}", arena, entries), nullptr);
  ASSERT_EQ(entries.size(), 100u);
  EXPECT_EQ(show(json_size(object + "}", arena)), "int 100");
  EXPECT_EQ(show(json_size(R"({"a":1,"\u0061":2,"b":3})", arena)), "int 2");
  EXPECT_EQ(json_size(object, arena).as_error().code, "INVALID_JSON");
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(show(entries[i].value), fmt::format("int {}", i));
}

TEST(JsonWalk, DamagedTextNeverLeavesItsBounds) {
  const std::string whole =
      R"({"a":[1,{"b":"\u00e4\"x"},[[]]],"c":-1.5e3,"d":"\\","e":{"f":null}})";
  std::mt19937 random(7);
  base::Arena arena;
  for (int i = 0; i < 20000; ++i) {
    std::string text = whole.substr(0, random() % (whole.size() + 1));
    for (std::size_t k = random() % 3; k > 0 && !text.empty(); --k)
      text[random() % text.size()] = "{}[]\",:\\0e-u"[random() % 12];
    const std::vector<char> exact(text.begin(), text.end());  // no byte behind it
    const std::string_view view(exact.data(), exact.size());
    for (const std::string_view name : {"a", "c", "d", "e", "zz"}) json_member(view, name, arena);
    json_size(view, arena);
    json_contains(view, Value::integer(1), arena);
    std::span<const Value> items;
    std::span<const record::Entry> entries;
    EXPECT_TRUE(json_items(view, arena, items) != nullptr ||
                json_entries(view, arena, entries) != nullptr);
    const Value found = json_member(view, "d", arena);
    EXPECT_TRUE(!found.is(Type::string) || found.as_text().size() <= text.size());
    arena.clear();
  }
}

}  // namespace
}  // namespace leat::expr::testing
