#include <gtest/gtest.h>

#include <array>
#include <map>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

using spec::SchemaType;
using Kind = SchemaType::Kind;

SchemaType of(Kind kind) { return {kind, false, nullptr, {}}; }
SchemaType with(Kind kind, SchemaType element) {
  return {kind, false, std::make_shared<const SchemaType>(std::move(element)), {}};
}

// Fields with declared types; others are not there.
class Declared : public Names {
 public:
  Declared() {
    SchemaType item = of(Kind::object);
    item.members = {{"sku", of(Kind::string)}, {"price", of(Kind::real)}, {"q", of(Kind::integer)}};
    types_ = {{"amount", of(Kind::integer)},
              {"rate", of(Kind::real)},
              {"name", of(Kind::string)},
              {"ok", of(Kind::boolean)},
              {"at", of(Kind::timestamp)},
              {"raw", of(Kind::bytes)},
              {"any", of(Kind::json)},
              {"items", with(Kind::list, item)},
              {"item", item},
              {"rates", with(Kind::map, of(Kind::integer))},
              {"tags", with(Kind::list, of(Kind::string))},
              {"type", of(Kind::string)}};
  }
  Resolution resolve_field(const FieldPath& path) override {
    Resolution found = Names::resolve_field(path);
    if (const auto known = types_.find(format_path(path)); known != types_.end())
      found.declared = &known->second;
    return found;
  }
  bool hides_type(std::string_view name) const override {
    return types_.count(std::string(name)) > 0;
  }

 private:
  std::map<std::string, SchemaType> types_;
};

std::string refused(std::string_view text) {
  Declared names;
  const Compiled compiled = compile(text, names, Limits());
  return compiled.ok() ? "ok" : show(compiled.diagnostics);
}

struct Case {
  std::string_view text;
  std::string_view gives;
};

TEST(Schema, MistakesOfTypeAreFoundWhileCompiling) {
  constexpr auto kCases = std::to_array<Case>({
      {"amount + name",
       "0-13 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n"},
      {"name > 3",
       "0-8 WRONG_ARGUMENTS: `>` does not take string and int: write int(…) of the string, or "
       "string(…) of the other\n"},
      {"amount && ok", "0-12 WRONG_ARGUMENTS: `&&` does not take int and bool\n"},
      {"rate % 2", "0-8 WRONG_ARGUMENTS: `%` does not take double and int\n"},
      {"amount.startsWith('a')",
       "0-6 WRONG_ARGUMENTS: `startsWith` does not take int here: it is "
       "`string.startsWith(string) -> bool`\n"},
      {"at + at", "0-7 WRONG_ARGUMENTS: `+` does not take timestamp and timestamp\n"},
      {"amount ? 1 : 2", "0-6 WRONG_ARGUMENTS: the condition before `?` is int, not bool\n"},
      {"amount.all(x, true)", "0-6 WRONG_ARGUMENTS: int has no elements\n"},
      {"items.all(i, i.sku)", "13-18 WRONG_ARGUMENTS: the condition is string, not bool\n"},
      {"items.all(i, i.sku > 1)",
       "13-22 WRONG_ARGUMENTS: `>` does not take string and int: write int(…) of the string, or "
       "string(…) of the other\n"},
      {"items.exists(i, i.skuu == 'a')", "18-22 UNKNOWN_FIELD: the schema has no `skuu` here\n"},
      {"items[0].q + 'a'",
       "0-16 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n"},
      {"items.filter(i, i.q > 1)[0].nope", "28-32 UNKNOWN_FIELD: the schema has no `nope` here\n"},
      {"items.all(n, i, n + i.sku > 0)",
       "16-25 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n"},
      {"rates.all(k, k + 1 > 0)",
       "13-18 WRONG_ARGUMENTS: `+` does not take string and int: write string(…) of the int\n"},
      {"rates.all(k, v, v + k > 0)",
       "16-21 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n"},
      {"rates[name] + 'a'",
       "0-17 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n"},
      {"cel.bind(t, tags, t.map(x, x - 1))",
       "27-32 WRONG_ARGUMENTS: `-` does not take string and int\n"},
      {"tags + 1", "0-8 WRONG_ARGUMENTS: `+` does not take list or map and int\n"},
  });
  for (const Case& one : kCases) EXPECT_EQ(refused(one.text), one.gives) << one.text;
}

TEST(Schema, MembersOfWhatHasNone) {
  constexpr auto kCases = std::to_array<Case>({
      {"items[0].price.x", "0-16 WRONG_ARGUMENTS: double has no members or items\n"},
      {"items.map(i, i.sku.length)",
       "13-25 WRONG_ARGUMENTS: string has no members or items: write size(x)\n"},
      {"items.filter(i, true).sku",
       "0-25 WRONG_ARGUMENTS: a list has no members: an item is written x[0]\n"},
      {"has(items.filter(i, true).sku)",
       "4-29 WRONG_ARGUMENTS: a list has no members: an item is written x[0]\n"},
      {"tags[name]", "5-9 WRONG_ARGUMENTS: a list is indexed by int, not string\n"},
      {"rates[5]",
       "6-7 WRONG_ARGUMENTS: its members have names: write a string between the brackets, not "
       "int\n"},
      {"rates[?amount]",
       "7-13 WRONG_ARGUMENTS: its members have names: write a string between the brackets, not "
       "int\n"},
      {"item[5]",
       "5-6 WRONG_ARGUMENTS: its members have names: write a string between the brackets, not "
       "int\n"},
  });
  for (const Case& one : kCases) EXPECT_EQ(refused(one.text), one.gives) << one.text;
  for (const std::string_view text :
       {"tags[amount]", "rates[name]", "rates[?name]", "any[5]", "any['x']", "tags[any]",
        "items[0].sku", "items.filter(i, true)[0].price", "item[name]", "unknwn[1][2]"})
    EXPECT_EQ(refused(text), "ok") << text;
}

TEST(Schema, ComparisonsOfWhatIsNeverEqual) {
  constexpr auto kCases = std::to_array<Case>({
      {"name == 5",
       "0-9 WRONG_ARGUMENTS: `==` does not take string and int: write int(…) of the string, or "
       "string(…) of the other\n"},
      {"name != amount",
       "0-14 WRONG_ARGUMENTS: `!=` does not take string and int: write int(…) of the string, or "
       "string(…) of the other\n"},
      {"at == '2026-01-01'",
       "0-18 WRONG_ARGUMENTS: `==` does not take timestamp and string: write timestamp('…') of "
       "the string\n"},
      {"ok == 1", "0-7 WRONG_ARGUMENTS: `==` does not take bool and int\n"},
      {"tags == 'a'", "0-11 WRONG_ARGUMENTS: `==` does not take list or map and string\n"},
      {"items.exists(i, i.q == 'a')",
       "16-26 WRONG_ARGUMENTS: `==` does not take int and string: write int(…) of the string, or "
       "string(…) of the other\n"},
      {"amount in ['a', 'b']",
       "0-20 WRONG_ARGUMENTS: `in` does not take int and a list of string\n"},
      {"amount in tags", "0-14 WRONG_ARGUMENTS: `in` does not take int and a list of string\n"},
      {"amount in rates",
       "0-15 WRONG_ARGUMENTS: `in` does not take int and a map with keys of string\n"},
  });
  for (const Case& one : kCases) EXPECT_EQ(refused(one.text), one.gives) << one.text;
  for (const std::string_view text : {"amount == rate",
                                      "rate != 1",
                                      "amount == 1u",
                                      "amount in [1.0, 2.0]",
                                      "amount in [1, 'a']",
                                      "name == null",
                                      "null != amount",
                                      "name in tags",
                                      "name in rates",
                                      "name in item",
                                      "null in tags",
                                      "any == 5",
                                      "5 in any",
                                      "any in tags",
                                      "this.?name == 'a'",
                                      "tags == ['a']",
                                      "item == {'q': 1}",
                                      "amount in []",
                                      "type(name) == string",
                                      "items[0].price == 1",
                                      "(ok ? name : null) == 5",
                                      "nowhere == 5 || nowhere == 'a'"})
    EXPECT_EQ(refused(text), "ok") << text;
}

TEST(Schema, WhatFitsPasses) {
  for (const std::string_view text :
       {"amount + 1 > rate", "name + 'x' == type", "at > timestamp('2026-01-01T00:00:00Z')",
        "items.all(i, i.price > 1 && i.price * 2 > 0.5)", "item['x'] == 1", "any + 1", "any.x.y[0]",
        "any.all(x, x > 1)", "rates.exists(k, rates[k] > 1)", "tags + ['a']", "amount ?? 'none'",
        "items[0].sku + 'x'", "string(amount) + name", "type(amount) == int", "amount == null",
        "tags.transformList(i, t, string(i) + t)"})
    EXPECT_EQ(refused(text), "ok") << text;
}

TEST(Schema, TypesOfProgramsAreKnown) {
  Declared names;
  const auto type = [&names](std::string_view text) {
    return compile(text, names, Limits()).program->type();
  };
  EXPECT_EQ(type("amount"), Type::integer);
  EXPECT_EQ(type("amount + 1"), Type::integer);
  EXPECT_EQ(type("amount * rate"), Type::real);
  EXPECT_EQ(type("items[0].q"), Type::integer);
  EXPECT_EQ(type("any"), std::nullopt);
}

}  // namespace
}  // namespace leat::expr::testing
