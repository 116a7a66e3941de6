#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string refused(std::string_view text) {
  Names names;
  const Compiled compiled = compile(text, names, Limits());
  return compiled.ok() ? "ok" : show(compiled.diagnostics);
}

struct Case {
  std::string_view text;
  std::string_view gives;
};

template <std::size_t kCount>
void expect_all(const std::array<Case, kCount>& cases) {
  for (const Case& one : cases) EXPECT_EQ(refused(one.text), one.gives) << one.text;
}

TEST(Compile, RefusesByNameWhatIsNotThereYet) {
  expect_all(std::to_array<Case>({
      {"T{a: 1}", "0-7 NOT_AVAILABLE_YET: a message value is not available yet\n"},
      {"google.protobuf.Int64Value{value: 1}",
       "0-36 NOT_AVAILABLE_YET: a message value is not available yet\n"},
      {"meta", "0-4 NOT_AVAILABLE_YET: `meta` as a value is not available yet\n"},
      {"meta['a' + 'b']",
       "0-15 NOT_AVAILABLE_YET: `meta` with a computed or optional name is not available yet\n"},
  }));
}

TEST(Compile, ToldMistakes) {
  expect_all(std::to_array<Case>({
      {"lenght(a)", "0-6 UNKNOWN_FUNCTION: there is no function `lenght`: write size(x)\n"},
      {"fraud.score(a)", "6-11 UNKNOWN_FUNCTION: there is no function `fraud.score`\n"},
      {"size(a, b)",
       "0-10 WRONG_ARGUMENTS: `size` does not take this number of arguments"
       ": it is `size(string | bytes | list | map) -> int`\n"},
      {"size()",
       "0-6 WRONG_ARGUMENTS: `size` does not take this number of arguments"
       ": it is `size(string | bytes | list | map) -> int`\n"},
      {"startsWith(a, b)",
       "0-16 WRONG_ARGUMENTS: `startsWith` is a method: write x.startsWith(…)\n"},
      {"a.int()", "0-7 WRONG_ARGUMENTS: `int` is no method: write int(x)\n"},
      {"has(1)", "0-6 WRONG_ARGUMENTS: has() takes one field: has(a), has(a.b)\n"},
      {"has(this)", "0-9 WRONG_ARGUMENTS: has() takes one field: has(a), has(a.b)\n"},
      {"has(1.a)", "4-7 WRONG_ARGUMENTS: int has no members or items\n"},
      {"has('x'.a)", "4-9 WRONG_ARGUMENTS: string has no members or items\n"},
      {"has(a, b)", "0-9 WRONG_ARGUMENTS: has() takes one field: has(a), has(a.b)\n"},
      {"has(a + 1)", "0-10 WRONG_ARGUMENTS: has() takes one field: has(a), has(a.b)\n"},
      {"unknown_a + unknown_b",
       "0-9 UNKNOWN_FIELD: no such field\n12-21 UNKNOWN_FIELD: no such field\n"},
      {"meta.topics", "0-11 UNKNOWN_FIELD: `meta` has no `topics`\n"},
      {"1 + 'a'",
       "0-7 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n"},
      {"a + 1 > 'x' + 1",
       "8-15 WRONG_ARGUMENTS: `+` does not take string and int: write string(…) of the int\n"},
      {"'a' > 1",
       "0-7 WRONG_ARGUMENTS: `>` does not take string and int: write int(…) of the string, or "
       "string(…) of the other\n"},
      {"a && 'x'", "0-8 WRONG_ARGUMENTS: `&&` does not take dyn and string\n"},
      {"!1", "0-2 WRONG_ARGUMENTS: `!` does not take int\n"},
      {"-'a'", "0-4 WRONG_ARGUMENTS: `-` does not take string\n"},
      {"1.5 % 2", "0-7 WRONG_ARGUMENTS: `%` does not take double and int\n"},
      {"1 ? a : b", "0-1 WRONG_ARGUMENTS: the condition before `?` is int, not bool\n"},
      {"s.startsWith(1)",
       "13-14 WRONG_ARGUMENTS: `startsWith` does not take int here: it is "
       "`string.startsWith(string) -> bool`\n"},
      {"size(1)",
       "5-6 WRONG_ARGUMENTS: `size` does not take int here"
       ": it is `size(string | bytes | list | map) -> int`\n"},
      {"meta.timestamp + meta.timestamp",
       "0-31 WRONG_ARGUMENTS: `+` does not take timestamp and timestamp\n"},
      {"'a'.b", "0-5 WRONG_ARGUMENTS: string has no members or items\n"},
      {"'a' in 'abc'", "0-12 WRONG_ARGUMENTS: `in` does not take string and string\n"},
      {"regex.replace(a, '(', 'b')",
       "17-20 INVALID_PATTERN: this regular expression (RE2) is not valid: missing ): (\n"},
      {"a.matches('(')",
       "10-13 INVALID_PATTERN: this regular expression (RE2) is not valid: missing ): (\n"},
      {"1 + 1u", "0-6 WRONG_ARGUMENTS: `+` does not take int and uint\n"},
      {"[1] + 1", "0-7 WRONG_ARGUMENTS: `+` does not take list and int\n"},
      {"[1] < [2]", "0-9 WRONG_ARGUMENTS: `<` does not take list and list\n"},
      {"{1.5: 1}", "1-4 WRONG_ARGUMENTS: a key is bool, int, uint or string, not double\n"},
      {"[?1]", "2-3 WRONG_ARGUMENTS: behind `?` stands an optional, not int\n"},
      {"1.all(x, x)", "0-1 WRONG_ARGUMENTS: int has no elements\n"},
      {"a.all(x, 1)", "9-10 WRONG_ARGUMENTS: the condition is int, not bool\n"},
      {"a.filter(x, 'a')", "12-15 WRONG_ARGUMENTS: the condition is string, not bool\n"},
      {"a.all(x)",
       "0-8 WRONG_ARGUMENTS: `all` is written x.all(name, condition) or x.all(index or key, "
       "value, condition)\n"},
      {"a.filter(x.y, true)",
       "0-19 WRONG_ARGUMENTS: `filter` is written x.filter(name, condition)\n"},
      {"a.exists(x, x, true)",
       "0-20 WRONG_ARGUMENTS: `exists` is written x.exists(name, condition) or x.exists(index or "
       "key, value, condition)\n"},
      {"cel.bind(1, 2, 3)",
       "0-17 WRONG_ARGUMENTS: `cel.bind` is written cel.bind(name, value, result)\n"},
      {"'a'.optMap(x, x)", "0-3 WRONG_ARGUMENTS: string is no optional\n"},
      {"a.optFlatMap(x, 1)", "16-17 WRONG_ARGUMENTS: `optFlatMap` needs an optional, not int\n"},
      {"a.map(x, unknown)", "9-16 UNKNOWN_FIELD: no such field\n"},
      {"math.nope(1)", "5-9 UNKNOWN_FUNCTION: there is no function `math.nope`\n"},
      {"optional.nope(1)", "9-13 UNKNOWN_FUNCTION: there is no function `optional.nope`\n"},
      {"1.orValue(2)",
       "0-1 WRONG_ARGUMENTS: `orValue` does not take int here: it is "
       "`optional.orValue(any) -> dyn`\n"},
  }));
}

TEST(Compile, AllMistakesOfOneExpressionAreTold) {
  EXPECT_EQ(refused("lenght(unknown) > 1u && [a] == null || !3"),
            "0-6 UNKNOWN_FUNCTION: there is no function `lenght`: write size(x)\n"
            "7-14 UNKNOWN_FIELD: no such field\n"
            "39-41 WRONG_ARGUMENTS: `!` does not take int\n");
}

TEST(Compile, NamesOfOtherLanguagesAreToldWithWhatToWriteHere) {
  const auto told = [](std::string_view text) {
    Names names;
    const Compiled compiled = compile(text, names, Limits());
    if (compiled.ok()) return std::string("ok");
    const spec::Diagnostic& first = compiled.diagnostics.at(0);
    return first.message + (first.did_you_mean.empty() ? "" : " (" + first.did_you_mean[0] + ")");
  };
  EXPECT_EQ(told("length(s)"), "there is no function `length`: write size(x) (size)");
  EXPECT_EQ(told("s.length() > 1"), "there is no function `s.length`: write size(x) (size)");
  EXPECT_EQ(told("len(s)"), "there is no function `len`: write size(x) (size)");
  EXPECT_EQ(told("lower(s)"), "there is no function `lower`: write x.lowerAscii() (lowerAscii)");
  EXPECT_EQ(told("s.toUpperCase()"),
            "there is no function `s.toUpperCase`: write x.upperAscii() (upperAscii)");
  EXPECT_EQ(told("substr(s, 1)"),
            "there is no function `substr`: write x.substring(begin, end) (substring)");
  EXPECT_EQ(told("concat(a, b)"),
            "there is no function `concat`: write string(a) + string(b) (join)");
  EXPECT_EQ(told("isNull(a)"), "there is no function `isNull`: write x == null");
  EXPECT_EQ(told("COALESCE(a, 0)"), "there is no function `COALESCE`: write a ?? b");
  EXPECT_EQ(told("sha256(a)"), "there is no function `sha256` (hash.sha256)");
  EXPECT_EQ(told("round(a)"), "there is no function `round` (math.round)");
  EXPECT_EQ(told("avg(a)"),
            "there is no function `avg`: write it in the `compute` of an `aggregate` step");
  EXPECT_EQ(told("'abc'.length"), "string has no members or items: write size(x)");
  EXPECT_EQ(told("fraud.score(a)"), "there is no function `fraud.score`");
}

TEST(Compile, WhatIsToldToWriteCompiles) {
  for (const std::string_view text : {"size(x)",
                                      "x.lowerAscii()",
                                      "x.upperAscii()",
                                      "x.substring(begin, end)",
                                      "x.substring(0, n)",
                                      "x.substring(size(x) - n)",
                                      "string(a) + string(b)",
                                      "x == null",
                                      "x != null",
                                      "a ?? b",
                                      "a == b ? null : a",
                                      "condition ? a : b",
                                      "has(a.b)",
                                      "!x",
                                      "a && b",
                                      "a != b",
                                      "a % b",
                                      "a / b",
                                      "a + b",
                                      "low <= x && x <= high",
                                      "now()",
                                      "time.truncate(now(), duration('24h'))",
                                      "math.greatest(a, b)",
                                      "math.least(a, b)",
                                      "math.ceil(x)",
                                      "math.trunc(x)",
                                      "math.sign(x)",
                                      "int(x)",
                                      "double(x)",
                                      "string(x)",
                                      "bool(x)",
                                      "type(x) == string",
                                      "type(x) in [int, double]",
                                      "size(x) == 0",
                                      "x.contains(y)",
                                      "y in x",
                                      "x.indexOf(y)",
                                      "x.lastIndexOf(y)",
                                      "x.startsWith(y)",
                                      "x.endsWith(y)",
                                      "x.replace(a, b)",
                                      "regex.replace(x, pattern, by)",
                                      "regex.extract(x, pattern)",
                                      "regex.extract_all(x, pattern)",
                                      "x.matches(pattern)",
                                      "x.trim()",
                                      "x.split(',')",
                                      "x.join(',')",
                                      "x + [y]",
                                      "x[i]",
                                      "x[0]",
                                      "x[size(x) - 1]",
                                      "x.map(k, k)",
                                      "x.map(k, x[k])",
                                      "x.exists(i, condition)",
                                      "x.all(i, condition)",
                                      "x.filter(i, condition)",
                                      "x.map(i, expression)",
                                      "x.distinct()",
                                      "x.sort()",
                                      "lists.range(n)",
                                      "timestamp(x)",
                                      "time.parse(x, '%Y-%m-%d')",
                                      "time.format(t, '%Y-%m-%d')",
                                      "time.truncate(t, duration('1h'))",
                                      "time.epoch_ms(t)",
                                      "time.from_epoch_ms(x)",
                                      "t + duration('24h')",
                                      "t1 - t2",
                                      "duration('1h')",
                                      "t.getFullYear()",
                                      "t.getMonth() + 1",
                                      "t.getDate()",
                                      "t.getDayOfWeek()",
                                      "t.getHours()",
                                      "t.getMinutes()",
                                      "t.getSeconds()",
                                      "base64.encode(x)",
                                      "base64.decode(x)",
                                      "hex.encode(x)",
                                      "hex.decode(x)",
                                      "url.encode(x)",
                                      "url.decode(x)",
                                      "json.parse(x)",
                                      "json.print(x)",
                                      "uuid()",
                                      "hash.xxh64(x)",
                                      "hash.sha256(x)",
                                      "hash.md5(x)",
                                      "distance_km(lat1, lon1, lat2, lon2)",
                                      "net.in_cidr(ip, cidr)",
                                      "try(x, y)",
                                      "math.bitAnd(a, b)",
                                      "math.bitOr(a, b)",
                                      "math.bitXor(a, b)",
                                      "math.bitNot(a)",
                                      "this['größe']",
                                      "cel.bind(name, value, expression)",
                                      "!(a in b)",
                                      "a.matches('^x.*y$')"}) {
    Names names;
    const Compiled compiled = compile(text, names, Limits());
    EXPECT_TRUE(compiled.ok()) << text << "\n" << show(compiled.diagnostics);
  }
}

TEST(Compile, SuggestsNearNames) {
  Names names;
  EXPECT_THAT(compile("s.startWith('a')", names, Limits()).diagnostics.at(0).did_you_mean,
              ElementsAre("startsWith"));
  EXPECT_THAT(compile("meta.topics", names, Limits()).diagnostics.at(0).did_you_mean,
              ElementsAre("topic"));
  EXPECT_THAT(compile("unknown", names, Limits()).diagnostics.at(0).did_you_mean,
              ElementsAre("known"));
}

Program program(std::string_view text, Names& names) {
  Compiled compiled = compile(text, names, Limits());
  EXPECT_TRUE(compiled.ok()) << text << "\n" << show(compiled.diagnostics);
  return std::move(*compiled.program);
}

TEST(Compile, OnlyAPathIsAPath) {
  Names names;
  EXPECT_EQ(*program("user.address.city", names).path(), (FieldPath{"user", "address", "city"}));
  EXPECT_EQ(*program("this['x-y'].z", names).path(), (FieldPath{"x-y", "z"}));
  EXPECT_EQ(*program("( this.this )", names).path(), (FieldPath{"this"}));
  EXPECT_EQ(*program("this", names).path(), FieldPath{});
  EXPECT_FALSE(program("a[0]", names).is_path());
  EXPECT_FALSE(program("a + b", names).is_path());
  EXPECT_FALSE(program("true ? a : b", names).is_path());
  EXPECT_FALSE(program("meta.key", names).is_path());
  EXPECT_FALSE(program("1", names).is_path());
}

TEST(Compile, ColumnsAreThoseItReads) {
  Names names;
  names.paths = {"unused", "a", "b.c", "b"};
  EXPECT_THAT(program("a + a > 1", names).columns(), ElementsAre(1));
  EXPECT_THAT(program("has(b.c) || a", names).columns(), ElementsAre(1, 2, 3));
  EXPECT_THAT(program("true ? a : b.c", names).columns(), ElementsAre(1));
  EXPECT_THAT(program("meta.topic", names).columns(), IsEmpty());
  EXPECT_THAT(program("b.c.size()", names).columns(), ElementsAre(2));
  EXPECT_THAT(program("b[0].c", names).columns(), ElementsAre(3));
}

TEST(Compile, ConstantsAreFolded) {
  Names names;
  const Program sum = program("size('äb' + 'c') * 2", names);
  ASSERT_TRUE(sum.constant().has_value());
  EXPECT_EQ(show(*sum.constant()), "int 6");
  const Compiled failing = compile("1 / 0", names, Limits(), TypeCheck::dynamic);
  EXPECT_EQ(show(*failing.program->constant()), "error DIVIDE_BY_ZERO");
  EXPECT_EQ(show(*program("a > 1 && false", names).constant()), "false");
  EXPECT_EQ(show(*program("1 in [1, 2]", names).constant()), "true");
  EXPECT_EQ(show(*program("'abc'.matches('b')", names).constant()), "true");
  EXPECT_FALSE(program("a + 1", names).constant().has_value());
  EXPECT_FALSE(program("now()", names).constant().has_value());
  EXPECT_TRUE(program("now() > meta.timestamp", names).reads_clock());
  EXPECT_FALSE(program("meta.timestamp", names).reads_clock());
}

TEST(Compile, KnowsTypesWhereTheyAreFixed) {
  Names names;
  EXPECT_EQ(program("a > 1", names).type(), Type::boolean);
  EXPECT_EQ(program("a && b", names).type(), Type::boolean);
  EXPECT_EQ(program("a + 1", names).type(), std::nullopt);
  EXPECT_EQ(program("a + 1.5", names).type(), Type::real);
  EXPECT_EQ(program("a + 'x'", names).type(), Type::string);
  EXPECT_EQ(program("b ? 1 : 2", names).type(), Type::integer);
  EXPECT_EQ(program("b ? 1 : 'x'", names).type(), std::nullopt);
  EXPECT_EQ(program("meta.offset + 1", names).type(), Type::integer);
  EXPECT_EQ(program("now() - meta.timestamp", names).type(), Type::duration);
  EXPECT_EQ(program("a", names).type(), std::nullopt);
}

TEST(Compile, MetaCanBeRefusedByThePlace) {
  class NoMeta : public Names {
    std::optional<Refusal> refuse_meta(std::string_view member) override {
      return Refusal{"UNKNOWN_FIELD", fmt::format("no meta.{} here", member), {}};
    }
  };
  NoMeta names;
  EXPECT_EQ(show(compile("meta.topic + meta.headers['x']", names, Limits()).diagnostics),
            "0-10 UNKNOWN_FIELD: no meta.topic here\n13-30 UNKNOWN_FIELD: no meta.headers here\n");
}

TEST(Compile, LongChainsCostNoStack) {
  std::string sum = "a";
  for (int i = 0; i < 2000; ++i) sum += " + a";
  EXPECT_EQ(evaluate(sum, {{"a", Value::integer(1)}}), "int 2001");
  std::string path = "a";
  for (int i = 0; i < 4000; ++i) path += ".a";
  EXPECT_EQ(evaluate("has(" + path + ")", {}), "error NO_SUCH_FIELD");
  std::string alternatives = "false";
  for (int i = 0; i < 1500; ++i) alternatives += " || a";
  EXPECT_EQ(evaluate(alternatives, {{"a", Value::boolean(true)}}), "true");
}

}  // namespace
}  // namespace leat::expr::testing
