#include "expr/values.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

struct Case {
  std::string_view text;
  std::string_view gives;
};

const Fields& fields() {
  static const Fields kFields{
      {"i", Value::integer(7)},
      {"u", Value::unsigned_integer(7)},
      {"umax", Value::unsigned_integer(std::numeric_limits<std::uint64_t>::max())},
      {"imax", Value::integer(std::numeric_limits<std::int64_t>::max())},
      {"d", Value::real(2.5)},
      {"nan", Value::real(std::nan(""))},
      {"s", Value::string("Köln")},
      {"b", Value::bytes("\x01\xff")},
      {"t", Value::boolean(true)},
      {"n", Value::null()},
      {"xs", Value::json("[1, 2.0, \"a\", null, [true], {\"k\": 1}]")},
      {"m", Value::json(R"({"a":1,"b":[1,2],"c":{"d":null}})")},
      {"m.a", Value::integer(1)},
      {"empty", Value::json("[]")},
      {"object", Value::json("{}")},
      {"twice", Value::json(R"({"a":1,"a":2})")},
      {"broken", Value::json("[1, tru")},
      {"ts", Value::timestamp(1767225600250000, 7)},
  };
  return kFields;
}

template <std::size_t kCount>
void expect_all(const std::array<Case, kCount>& cases) {
  for (const Case& one : cases) EXPECT_EQ(evaluate(one.text, fields()), one.gives) << one.text;
}

TEST(Values, UnsignedArithmeticStaysInItsRange) {
  expect_all(std::to_array<Case>({
      {"1u + 2u", "uint 3"},
      {"0x10u * 2U", "uint 32"},
      {"7u / 2u", "uint 3"},
      {"7u % 4u", "uint 3"},
      {"u - 7u", "uint 0"},
      {"u - 8u", "error OVERFLOW"},
      {"umax + 1u", "error OVERFLOW"},
      {"umax * 2u", "error OVERFLOW"},
      {"umax + 0u", "uint 18446744073709551615"},
      {"u / 0u", "error DIVIDE_BY_ZERO"},
      {"u % 0u", "error DIVIDE_BY_ZERO"},
      {"-u", "error NO_SUCH_OVERLOAD"},
      {"u + i", "error NO_SUCH_OVERLOAD"},
      {"u + 0.5", "error NO_SUCH_OVERLOAD"},
      {"u % i", "error NO_SUCH_OVERLOAD"},
      {"u == i", "true"},
      {"u == 7.0", "true"},
      {"umax > imax", "true"},
      {"umax == -1", "false"},
      {"-1 < u", "true"},
      {"umax < 18446744073709551616.0", "false"},
      {"umax == 18446744073709551616.0", "true"},
      {"9007199254740993u > 9007199254740992.0", "false"},
      {"u > -0.5", "true"},
      {"u < nan || u > nan || u == nan", "false"},
  }));
}

TEST(Values, ListsAndMapsAreMade) {
  expect_all(std::to_array<Case>({
      {"[]", "[]"},
      {"{}", "{}"},
      {"[1, 'a', i]", "[int 1, string a, int 7]"},
      {"[i, [i]]", "[int 7, [int 7]]"},
      {"[i,]", "[int 7]"},
      {"{'a': i, true: 2, 3: 'x', 4u: null}",
       "{string a: int 7, true: int 2, int 3: string x, uint 4: null}"},
      {"{s: i}", "{string Köln: int 7}"},
      {"[nope]", "error NO_SUCH_FIELD"},
      {"size(twice) == size(twice.transformMap(k, v, v)) && size(twice) == 1", "true"},
      {"[1, i / 0]", "error DIVIDE_BY_ZERO"},
      {"{'a': nope}", "error NO_SUCH_FIELD"},
      {"{nope: 1}", "error NO_SUCH_FIELD"},
      {"{'a': 1, 'a': 2}", "error DUPLICATE_KEY"},
      {"{i: 1, 7u: 2}", "error DUPLICATE_KEY"},
      {"{d: 1}", "error NO_SUCH_OVERLOAD"},
      {"{n: 1}", "error NO_SUCH_OVERLOAD"},
      {"{[1]: 1}", "error NO_SUCH_OVERLOAD"},
      {"[1] + [i]", "[int 1, int 7]"},
      {"[] + []", "[]"},
      {"empty + [1]", "[int 1]"},
      {"[i] + xs", "[int 7, int 1, double 2, string a, null, json [true], json {\"k\": 1}]"},
      {"broken + [1]", "error INVALID_JSON"},
      {"[1] + i", "error NO_SUCH_OVERLOAD"},
  }));
}

TEST(Values, MembersAndItemsAreFoundByEqualKeys) {
  expect_all(std::to_array<Case>({
      {"[i, 8][0]", "int 7"},
      {"[i, 8][1u]", "int 8"},
      {"[i, 8][1.0]", "int 8"},
      {"[i, 8][0.1]", "error OUT_OF_RANGE"},
      {"[i, 8][2]", "error OUT_OF_RANGE"},
      {"[i, 8][-1]", "error OUT_OF_RANGE"},
      {"[i][umax]", "error OUT_OF_RANGE"},
      {"[i]['a']", "error NO_SUCH_OVERLOAD"},
      {"xs[1u]", "double 2"},
      {"xs[0.5]", "error OUT_OF_RANGE"},
      {"xs[umax]", "error OUT_OF_RANGE"},
      {"{'a': i}.a", "int 7"},
      {"{'a': i}['a']", "int 7"},
      {"{'a': i}.b", "error NO_SUCH_FIELD"},
      {"{'a': i}[1]", "error NO_SUCH_FIELD"},
      {"{1: i}[1.0]", "int 7"},
      {"{1: i}[1u]", "int 7"},
      {"{1: i}[1.5]", "error NO_SUCH_FIELD"},
      {"{7u: 'x'}[i]", "string x"},
      {"{true: i}[t]", "int 7"},
      {"{true: i}[n]", "error NO_SUCH_OVERLOAD"},
      {"{'a': {'b': [i]}}.a.b[0]", "int 7"},
      {"{'x y': i}.`x y`", "int 7"},
      {"has({'a': i}.a)", "true"},
      {"has({'a': i}.b)", "false"},
      {"has([i].b)", "error NO_SUCH_OVERLOAD"},
      {"i.b", "absent"},
      {"(i + 1).b", "error NO_SUCH_OVERLOAD"},
  }));
}

TEST(Values, InComparesByValue) {
  expect_all(std::to_array<Case>({
      {"i in [u, 8]", "true"},
      {"7.0 in [i]", "true"},
      {"[i] in [[7]]", "true"},
      {"i in [d]", "false"},
      {"i in [nope]", "error NO_SUCH_FIELD"},
      {"u in {7: 1}", "true"},
      {"7.0 in {7: 1}", "true"},
      {"7.5 in {7: 1}", "false"},
      {"null in {7: 1}", "false"},
      {"s in {'Köln': 1}", "true"},
      {"'a' in m", "true"},
      {"1u in xs", "true"},
      {"[true] in xs", "true"},
      {"{'k': 1.0} in xs", "true"},
      {"nan in [nan]", "false"},
      {"3 in s", "error NO_SUCH_OVERLOAD"},
      {"3 in broken", "error INVALID_JSON"},
  }));
}

TEST(Values, LongSetsAreSearchedByKey) {
  std::string words = "['k0'";
  std::string numbers = "[0";
  for (int i = 1; i < 200; ++i) {
    words += fmt::format(", 'k{}'", i);
    numbers += fmt::format(", {}{}", i, i % 2 == 0 ? "u" : "");
  }
  const Fields row{
      {"s", Value::string("k150")}, {"i", Value::integer(150)}, {"d", Value::real(151)}};
  EXPECT_EQ(evaluate("s in " + words + "]", row), "true");
  EXPECT_EQ(evaluate("(s + '0') in " + words + "]", row), "false");
  EXPECT_EQ(evaluate("i in " + words + "]", row), "false");
  EXPECT_EQ(evaluate("null in " + words + ", s]", row), "false");
  EXPECT_EQ(evaluate("i in " + numbers + "]", row), "true");
  EXPECT_EQ(evaluate("uint(i) in " + numbers + "]", row), "true");
  EXPECT_EQ(evaluate("d in " + numbers + "]", row), "true");
  EXPECT_EQ(evaluate("(d + 0.5) in " + numbers + "]", row), "false");
  EXPECT_EQ(evaluate("-i in " + numbers + "]", row), "false");
}

TEST(Values, EqualityIsDeepAndNeverAnError) {
  expect_all(std::to_array<Case>({
      {"[1, 2] == [1u, 2.0]", "true"},
      {"[i] == [8]", "false"},
      {"[i] == [i, i]", "false"},
      {"[i] != [i, i]", "true"},
      {"[nan] == [nan]", "false"},
      {"[i] == 7", "false"},
      {"{'a': i} == {'a': 7.0}", "true"},
      {"{1: i, 2: s} == {2u: s, 1: 7}", "true"},
      {"{'a': i} == {'b': i}", "false"},
      {"xs == [1, 2, 'a', null, [true], {'k': 1}]", "true"},
      {"xs == [1, 2, 'a', null, [true], {'k': 2}]", "false"},
      {"m == {'c': {'d': null}, 'b': [1, 2], 'a': 1}", "true"},
      {"m == xs", "false"},
      {"empty == []", "true"},
      {"object == {}", "true"},
      {"empty == object", "false"},
      {"broken == [1]", "error INVALID_JSON"},
      {"n == null", "true"},
      {"[null] == [n]", "true"},
      {"type(i) == int", "true"},
      {"type(i) != type(u)", "true"},
      {"type(i) == 'int'", "false"},
      {"b == b'\\x01\\xff'", "true"},
      {"ts == timestamp('2026-01-01T00:00:00.250000007Z')", "true"},
      {"ts == timestamp('2026-01-01T00:00:00.250000006Z')", "false"},
      {"ts > timestamp('2026-01-01T00:00:00.250000006Z')", "true"},
      {"[1] < [2]", "error NO_SUCH_OVERLOAD"},
      {"{} > {}", "error NO_SUCH_OVERLOAD"},
  }));
}

TEST(Values, NestingHasAnEnd) {
  const std::string open(300, '[');
  const std::string close(300, ']');
  const std::string deep = open + close;
  const std::string other = fmt::format("{}1{}", open, close);
  const Fields nested{{"a", Value::json(deep)}, {"b", Value::json(other)}};
  EXPECT_EQ(evaluate("a == b", nested), "error VALUE_TOO_DEEP");
  EXPECT_EQ(evaluate("a == a", nested), "true");
}

TEST(Values, LargeMapsAreComparedByKey) {
  std::string forth = "{";
  std::string back = "{";
  for (int i = 0; i < 3000; ++i) {
    forth += fmt::format("{}\"k{}\":{}", i == 0 ? "" : ",", i, i);
    back += fmt::format("{}\"k{}\":{}", i == 0 ? "" : ",", 2999 - i, 2999 - i);
  }
  const Fields large{{"a", Value::json(forth += "}")}, {"b", Value::json(back += "}")}};
  EXPECT_EQ(evaluate("a == b && a['k' + '77'] == 77 && size(b) == 3000", large), "true");
}

TEST(Values, TypesHaveNames) {
  expect_all(std::to_array<Case>({
      {"type(i)", "type int"},
      {"type(u)", "type uint"},
      {"type(d)", "type double"},
      {"type(s)", "type string"},
      {"type(b)", "type bytes"},
      {"type(t)", "type bool"},
      {"type(n)", "type null_type"},
      {"type(xs)", "type list"},
      {"type(m)", "type map"},
      {"type([i])", "type list"},
      {"type({})", "type map"},
      {"type(ts)", "type google.protobuf.Timestamp"},
      {"type(ts - ts)", "type google.protobuf.Duration"},
      {"type(optional.none())", "type optional_type"},
      {"type(type(i))", "type type"},
      {"type(nope)", "error NO_SUCH_FIELD"},
      {"type(ts) == google.protobuf.Timestamp", "true"},
      {"type(i) in [int, uint]", "true"},
      {"double == type(d)", "true"},
      {"type(type(i)) == type", "true"},
  }));
}

TEST(Values, ANameOfATypeIsAFieldElsewhere) {
  const Fields named{{"type", Value::string("purchase")}, {"list", Value::json("[1]")}};
  EXPECT_EQ(evaluate("type == 'purchase'", named), "true");
  EXPECT_EQ(evaluate("list[0] + 1", named), "int 2");
  EXPECT_EQ(evaluate("type(type) == string", named), "true");
  class Types : public Names {
    bool hides_type(std::string_view) const override { return false; }
  };
  Types names;
  const Compiled compiled = compile("[int, google.protobuf.Duration, type]", names, Limits());
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(show(*compiled.program->constant()),
            "[type int, type google.protobuf.Duration, type type]");
}

TEST(Values, SizeAndTry) {
  expect_all(std::to_array<Case>({
      {"size([i, i])", "int 2"},
      {"{1: i}.size()", "int 1"},
      {"size(xs)", "int 6"},
      {"size(u)", "error NO_SUCH_OVERLOAD"},
      {"try(i / 0, -1)", "int -1"},
      {"try(nope, 'x')", "string x"},
      {"try(n, 'x')", "null"},
      {"try(i, 1 / 0)", "int 7"},
      {"try(nope, nope)", "error NO_SUCH_FIELD"},
  }));
}

TEST(Values, TimesAreExactToTheNanosecond) {
  expect_all(std::to_array<Case>({
      {"string(ts)", "string 2026-01-01T00:00:00.250000007Z"},
      {"string(ts + duration('1ns'))", "string 2026-01-01T00:00:00.250000008Z"},
      {"string(ts - duration('8ns'))", "string 2026-01-01T00:00:00.249999999Z"},
      {"string(timestamp('1969-12-31T23:59:59.999999999Z'))",
       "string 1969-12-31T23:59:59.999999999Z"},
      {"int(timestamp('1969-12-31T23:59:59.5Z'))", "int -1"},
      {"string(timestamp('2026-02-28T23:30:00-01:00'))", "string 2026-03-01T00:30:00Z"},
      {"string(timestamp(1))", "string 1970-01-01T00:00:01Z"},
      {"timestamp('2026-02-29T00:00:00Z')", "error BAD_CONVERSION"},
      {"timestamp('2026-01-01T00:00:00')", "error BAD_CONVERSION"},
      {"timestamp('2026-01-01 00:00:00Z')", "error BAD_CONVERSION"},
      {"timestamp('2026-01-01T24:00:00Z')", "error BAD_CONVERSION"},
      {"timestamp('2026-01-01T00:00:00.Z')", "error BAD_CONVERSION"},
      {"timestamp('0000-01-01T00:00:00Z')", "error OVERFLOW"},
      {"timestamp('10000-01-01T00:00:00Z')", "error BAD_CONVERSION"},
      {"timestamp(253402300800)", "error OVERFLOW"},
      {"timestamp('9999-12-31T23:59:59.999999999Z') + duration('1ns')", "error OVERFLOW"},
      {"timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "error OVERFLOW"},
      {"timestamp('9999-12-31T00:00:00Z') - timestamp('0001-01-01T00:00:00Z')", "error OVERFLOW"},
      {"string(duration('1h30m'))", "string 5400s"},
      {"string(duration('1.5s'))", "string 1.5s"},
      {"string(duration('-1.5s'))", "string -1.5s"},
      {"string(duration('-0.000000001s'))", "string -0.000000001s"},
      {"string(duration('100us') + duration('1ns'))", "string 0.000100001s"},
      {"string(duration('1m') - duration('61s'))", "string -1s"},
      {"string(-duration('1ns'))", "string -0.000000001s"},
      {"string(duration('0'))", "string 0s"},
      {"duration('1')", "error BAD_CONVERSION"},
      {"duration('1d')", "error BAD_CONVERSION"},
      {"duration('')", "error BAD_CONVERSION"},
      {"duration('-')", "error BAD_CONVERSION"},
      {"duration('1s2')", "error BAD_CONVERSION"},
      {"duration('9223372037s')", "error OVERFLOW"},
      {"string(duration('9223372036.854775807s'))", "string 9223372036.854775807s"},
      {"duration('9223372036s') + duration('1s')", "error OVERFLOW"},
      {"duration('999999999999999999999999h')", "error OVERFLOW"},
      {"duration('1ns') < duration('2ns')", "true"},
      {"duration('-1ns') < duration('0s')", "true"},
      {"timestamp(ts) == ts && duration(duration('1s')) == duration('1s')", "true"},
  }));
}

TEST(Values, NumbersConvertInTheirRanges) {
  expect_all(std::to_array<Case>({
      {"uint(i)", "uint 7"},
      {"uint(-1)", "error OUT_OF_RANGE"},
      {"uint(2.9)", "uint 2"},
      {"uint(-0.5)", "error OUT_OF_RANGE"},
      {"uint(18446744073709551616.0)", "error OUT_OF_RANGE"},
      {"uint(nan)", "error OUT_OF_RANGE"},
      {"uint('18446744073709551615')", "uint 18446744073709551615"},
      {"uint('-1')", "error BAD_CONVERSION"},
      {"int(umax)", "error OUT_OF_RANGE"},
      {"int(u)", "int 7"},
      {"double(umax)", "double 1.8446744073709552e+19"},
      {"string(umax)", "string 18446744073709551615"},
  }));
}

}  // namespace
}  // namespace leat::expr::testing
