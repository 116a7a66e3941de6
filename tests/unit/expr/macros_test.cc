#include <gtest/gtest.h>

#include <array>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

struct Case {
  std::string_view text;
  std::string_view gives;
};

const Fields& fields() {
  static const Fields kFields{
      {"i", Value::integer(2)},
      {"z", Value::integer(0)},
      {"n", Value::null()},
      {"s", Value::string("abc")},
      {"xs", Value::json("[1, 2, 3]")},
      {"mixed", Value::json("[1, \"a\", 3]")},
      {"empty", Value::json("[]")},
      {"m", Value::json(R"({"a":1,"b":2})")},
      {"m.a", Value::integer(1)},
      {"items", Value::json(R"([{"sku":"a","q":2,"tags":["x","y"]},{"sku":"b","q":5,"tags":[]}])")},
      {"broken", Value::json("[1, tru]")},
  };
  return kFields;
}

template <std::size_t kCount>
void expect_all(const std::array<Case, kCount>& cases) {
  for (const Case& one : cases) EXPECT_EQ(evaluate(one.text, fields()), one.gives) << one.text;
}

TEST(Macros, AllAndExistsAbsorbErrors) {
  expect_all(std::to_array<Case>({
      {"xs.all(x, x > 0)", "true"},
      {"xs.all(x, x > 1)", "false"},
      {"empty.all(x, x > 1)", "true"},
      {"[1, i].all(x, x > 0)", "true"},
      {"mixed.all(x, x > 1)", "false"},
      {"mixed.all(x, x > 0)", "error NO_SUCH_OVERLOAD"},
      {"xs.all(x, x / 0 > 0)", "error DIVIDE_BY_ZERO"},
      {"xs.all(x, 6 / (x - 2) == 6)", "false"},
      {"xs.all(x, x)", "error NO_SUCH_OVERLOAD"},
      {"xs.exists(x, x > 2)", "true"},
      {"xs.exists(x, x > 3)", "false"},
      {"empty.exists(x, true)", "false"},
      {"mixed.exists(x, x == 'a')", "true"},
      {"mixed.exists(x, x > 2)", "true"},
      {"mixed.exists(x, x > 5)", "error NO_SUCH_OVERLOAD"},
      {"m.exists(k, k == 'b')", "true"},
      {"m.all(k, m[k] > 0)", "true"},
      {"n.all(x, true)", "error NO_SUCH_OVERLOAD"},
      {"nope.all(x, true)", "error NO_SUCH_FIELD"},
      {"i.all(x, true)", "error NO_SUCH_OVERLOAD"},
      {"broken.all(x, true)", "error INVALID_JSON"},
  }));
}

TEST(Macros, ExistsOneDoesNotAbsorbErrors) {
  expect_all(std::to_array<Case>({
      {"xs.exists_one(x, x > 2)", "true"},
      {"xs.existsOne(x, x > 1)", "false"},
      {"xs.exists_one(x, x > 5)", "false"},
      {"mixed.exists_one(x, x == 'a')", "true"},
      {"mixed.exists_one(x, x > 2)", "error NO_SUCH_OVERLOAD"},
  }));
}

TEST(Macros, MapAndFilterMakeLists) {
  expect_all(std::to_array<Case>({
      {"xs.map(x, x * i)", "[int 2, int 4, int 6]"},
      {"xs.map(x, x > 1, x * i)", "[int 4, int 6]"},
      {"empty.map(x, x)", "[]"},
      {"xs.map(x, 1)", "[int 1, int 1, int 1]"},
      {"xs.map(x, i)", "[int 2, int 2, int 2]"},
      {"m.map(k, k)", "[string a, string b]"},
      {"xs.map(x, 1 / (x - 2))", "error DIVIDE_BY_ZERO"},
      {"xs.map(x, x != 2, 1 / (x - 2))", "[int -1, int 1]"},
      {"xs.map(x, nope)", "error NO_SUCH_FIELD"},
      {"xs.filter(x, x != 2)", "[int 1, int 3]"},
      {"xs.filter(x, x)", "error NO_SUCH_OVERLOAD"},
      {"m.filter(k, m[k] == 2)", "[string b]"},
      {"mixed.filter(x, type(x) == string)", "[string a]"},
      {"items.map(x, x.sku)", "[string a, string b]"},
      {"items.filter(x, x.q > i).map(x, x.sku)", "[string b]"},
      {"items.map(x, has(x.nope))", "[false, false]"},
      {"items.map(x, x.nope ?? 0)", "[int 0, int 0]"},
      {"items.map(x, x.tags[0] ?? 'none')", "[string x, string none]"},
      {"xs.map(x, {'v': x})[1].v", "int 2"},
  }));
}

TEST(Macros, TwoNamesAreIndexOrKeyAndValue) {
  expect_all(std::to_array<Case>({
      {"xs.all(i, x, x == i + 1)", "true"},
      {"xs.exists(i, x, i == 2 && x == 3)", "true"},
      {"xs.existsOne(i, x, i == x)", "false"},
      {"m.all(k, v, v == (k == 'a' ? 1 : 2))", "true"},
      {"xs.transformList(i, x, i * x)", "[int 0, int 2, int 6]"},
      {"xs.transformList(i, x, i != 1, x)", "[int 1, int 3]"},
      {"m.transformList(k, v, k + string(v))", "[string a1, string b2]"},
      {"m.transformMap(k, v, v * 10)", "{string a: int 10, string b: int 20}"},
      {"m.transformMap(k, v, v > 1, k)", "{string b: string b}"},
      {"xs.transformMap(i, x, x)", "{int 0: int 1, int 1: int 2, int 2: int 3}"},
      {"m.transformMapEntry(k, v, {v: k})", "{int 1: string a, int 2: string b}"},
      {"m.transformMapEntry(k, v, v > 1, {v: k, k: v})", "{int 2: string b, string b: int 2}"},
      {"m.transformMapEntry(k, v, {'same': k})", "error DUPLICATE_KEY"},
      {"m.transformMapEntry(k, v, [k])", "error NO_SUCH_OVERLOAD"},
      {"m.transformMapEntry(k, v, {})", "{}"},
      {"m.transformMap(k, v, v / 0)", "error DIVIDE_BY_ZERO"},
  }));
}

TEST(Macros, NestAndSeeTheNamesAround) {
  expect_all(std::to_array<Case>({
      {"xs.map(x, xs.map(y, x * y))",
       "[[int 1, int 2, int 3], [int 2, int 4, int 6], [int 3, int 6, int 9]]"},
      {"xs.map(x, xs.filter(y, y < x))", "[[], [int 1], [int 1, int 2]]"},
      {"xs.map(x, xs.map(x, x + i))",
       "[[int 3, int 4, int 5], [int 3, int 4, int 5], [int 3, int 4, int 5]]"},
      {"xs.all(x, xs.exists(y, xs.exists(z, x + y + z == 6)))", "true"},
      {"xs.map(x, xs.map(y, xs.map(z, x)))[2][0][1]", "int 3"},
      {"xs.map(x, xs.map(y, xs.map(z, y + i)))[2][0][1]", "int 3"},
      {"xs.map(a, xs.map(b, xs.map(c, a * 100 + b * 10 + c)))[1][2][0]", "int 231"},
      {"items.map(x, x.tags.map(t, x.sku + t))", "[[string ax, string ay], []]"},
      {"items.exists(x, x.tags.exists(t, t == 'y'))", "true"},
      {"xs.map(i, i)", "[int 1, int 2, int 3]"},
      {"xs.map(i, .i)", "[int 2, int 2, int 2]"},
      {"xs.map(i, `i`)", "[int 2, int 2, int 2]"},
      {"xs.map(x, x + i).map(x, x * x).filter(x, x > 9)", "[int 16, int 25]"},
      {"xs.map(x, xs.map(y, x).all(y, y == x)).all(x, x)", "true"},
      {"xs.exists(x, x in xs.map(y, y * 3))", "true"},
  }));
}

TEST(Macros, BindNamesAValue) {
  expect_all(std::to_array<Case>({
      {"cel.bind(x, i + 1, x * x)", "int 9"},
      {"cel.bind(x, i, cel.bind(y, x + 1, x * y))", "int 6"},
      {"cel.bind(x, 'a', x + x + x)", "string aaa"},
      {"cel.bind(x, i / z, 1)", "int 1"},
      {"cel.bind(x, i / z, x)", "error DIVIDE_BY_ZERO"},
      {"cel.bind(x, nope, x)", "error NO_SUCH_FIELD"},
      {"cel.bind(x, xs, x.map(y, x[0] + y))", "[int 2, int 3, int 4]"},
      {"xs.map(x, cel.bind(y, x * x, y + y))", "[int 2, int 8, int 18]"},
      {"xs.map(x, cel.bind(y, xs.filter(z, z < x), size(y)))", "[int 0, int 1, int 2]"},
      {"cel.bind(f, i > 1, f && f || !f)", "true"},
  }));
}

TEST(Macros, OptionalsFlowThroughTheirMacros) {
  expect_all(std::to_array<Case>({
      {"optional.of(i).optMap(x, x + 1)", "some int 3"},
      {"optional.none().optMap(x, x / 0)", "none"},
      {"optional.of(z).optMap(x, i / x)", "error DIVIDE_BY_ZERO"},
      {"m.?a.optMap(x, x + 1).orValue(0)", "int 2"},
      {"m[?'q'].optMap(x, x + 1).orValue(0)", "int 0"},
      {"optional.of(m).optFlatMap(x, x.?a)", "some int 1"},
      {"optional.of(m).optFlatMap(x, x.?q)", "none"},
      {"optional.of(m).optFlatMap(x, i)", "error NO_SUCH_OVERLOAD"},
      {"i.optMap(x, x)", "error NO_SUCH_OVERLOAD"},
      {"items.map(x, x.tags[?0].orValue('-'))", "[string x, string -]"},
  }));
}

TEST(Macros, NestingHasALimit) {
  std::string text = "true";
  for (int i = 0; i < 17; ++i) text = fmt::format("xs.all(x{}, {})", i, text);
  EXPECT_NE(evaluate(text, fields()).find("EXPRESSION_TOO_DEEP"), std::string::npos);
}

TEST(Macros, ARowLooksAtABoundedNumberOfElements) {
  std::string list = "[0";
  for (int i = 1; i < 1500; ++i) list += fmt::format(",{}", i);
  const Fields wide{{"xs", Value::json(list += "]")}};
  EXPECT_EQ(evaluate("xs.all(x, xs.all(y, x + y >= 0))", wide), "error TOO_MANY_STEPS");
  EXPECT_EQ(evaluate("xs.map(x, x * 2).all(x, x % 2 == 0)", wide), "true");
}

TEST(Macros, TheMemoryOfOneRunIsBounded) {
  const std::string text(1024 * 1024, 'x');
  std::string list = "[0";
  for (int i = 1; i < 1000; ++i) list += fmt::format(",{}", i);
  const Fields wide{{"xs", Value::json(list += "]")}, {"s", Value::string(text)}};
  EXPECT_EQ(evaluate("xs.map(x, s + string(x))", wide), "error VALUE_TOO_LARGE");
  EXPECT_EQ(evaluate("xs.map(x, lists.range(1000000 - x))", wide), "error VALUE_TOO_LARGE");
}

// Rows of every size side by side: more elements than lanes, fewer, none, and errors between them.
TEST(Macros, RowsOfABatchDoNotMix) {
  Names names;
  const Compiled compiled = compile(
      "xs.filter(x, x % 2 == 0).map(x, ys.exists(y, y == x) ? x : -x + k)", names, Limits());
  ASSERT_TRUE(compiled.ok()) << show(compiled.diagnostics);
  std::vector<std::string> texts;
  std::vector<Fields> rows;
  std::vector<std::string> expected;
  for (int row = 0; row < 256; ++row) {
    const int size = row % 7 == 0 ? row * 3 : row % 5;
    std::string list = "[";
    std::string result = "[";
    for (int i = 0; i < size; ++i) {
      list += fmt::format("{}{}", i == 0 ? "" : ",", i);
      if (i % 2 != 0) continue;
      result += fmt::format("{}int {}", i == 0 ? "" : ", ", i == 2 ? 2 : row - i);
    }
    texts.push_back(list + "]");
    expected.push_back(row % 11 == 3 ? "error NO_SUCH_OVERLOAD" : result + "]");
  }
  for (int row = 0; row < 256; ++row)
    rows.push_back({{"xs", row % 11 == 3 ? Value::integer(1) : Value::json(texts[row])},
                    {"ys", Value::json("[1, 2, 3]")},
                    {"k", Value::integer(row)}});
  const RecordBatch batch = batch_of(rows, names);
  Scratch scratch;
  std::vector<Value> out(rows.size());
  for (int again = 0; again < 2; ++again) {
    compiled.program->run(batch, scratch, Column(out));
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(show(out[i]), expected[i]) << i;
  }
}

}  // namespace
}  // namespace leat::expr::testing
