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
      {"i", Value::integer(7)},
      {"n", Value::null()},
      {"user", Value::json(R"({"name":"Ada","n":null,"tags":["x"]})")},
      {"user.name", Value::string("Ada")},
      {"user.n", Value::null()},
      {"xs", Value::json("[1, 2]")},
      {"", Value::json(R"({"i":7})")},
  };
  return kFields;
}

template <std::size_t kCount>
void expect_all(const std::array<Case, kCount>& cases) {
  for (const Case& one : cases) EXPECT_EQ(evaluate(one.text, fields()), one.gives) << one.text;
}

TEST(Optionals, SelectionIsNoneWhereThereIsNothing) {
  expect_all(std::to_array<Case>({
      {"user.?name", "some string Ada"},
      {"user.?n", "some null"},
      {"user.?nope", "none"},
      {"user[?'name']", "some string Ada"},
      {"this.?i", "some int 7"},
      {"this.?nope", "none"},
      {"nope.?x", "error NO_SUCH_FIELD"},
      {"i.?x", "error NO_SUCH_OVERLOAD"},
      {"n.?x", "error NO_SUCH_OVERLOAD"},
      {"user.?tags[0]", "none"},
      {"user['ta' + 'gs'][?0]", "some string x"},
      {"user['ta' + 'gs'][?1]", "none"},
      {"xs[?1]", "some int 2"},
      {"xs[?2]", "none"},
      {"xs[?-1]", "none"},
      {"xs[?'a' + 'b']", "error NO_SUCH_OVERLOAD"},
      {"xs[?i / 0]", "error DIVIDE_BY_ZERO"},
      {"{'a': i}.?a", "some int 7"},
      {"{'a': i}.?b", "none"},
      {"{'a': i}[?'a']", "some int 7"},
      {"i[?0]", "error NO_SUCH_OVERLOAD"},
  }));
}

TEST(Optionals, WhatFollowsAnOptionalIsOptional) {
  expect_all(std::to_array<Case>({
      {"optional.of({'a': {'b': i}}).a.b", "some int 7"},
      {"optional.of({'a': {'b': i}}).a.c", "none"},
      {"optional.of({'a': i}).a.b", "error NO_SUCH_OVERLOAD"},
      {"optional.none().a.b[0]", "none"},
      {"optional.of(xs)[1]", "some int 2"},
      {"optional.of(xs)[5]", "none"},
      {"optional.of(xs)[?1]", "some int 2"},
      {"{'a': {'b': i}}.?a.b", "some int 7"},
      {"{'a': {'b': i}}.?c.b", "none"},
      {"has({'a': {'b': i}}.?a.b)", "true"},
      {"has({'a': {'b': i}}.?c.b)", "false"},
      {"has(user.?name)", "true"},
      {"has(user.?nope)", "false"},
  }));
}

TEST(Optionals, FunctionsOpenThem) {
  expect_all(std::to_array<Case>({
      {"optional.of(i)", "some int 7"},
      {"optional.of(n)", "some null"},
      {"optional.of(nope)", "error NO_SUCH_FIELD"},
      {"optional.none()", "none"},
      {"optional.ofNonZeroValue(i)", "some int 7"},
      {"optional.ofNonZeroValue(i - 7)", "none"},
      {"optional.ofNonZeroValue('')", "none"},
      {"optional.ofNonZeroValue([])", "none"},
      {"optional.ofNonZeroValue(n)", "none"},
      {"optional.of(i).value()", "int 7"},
      {"optional.none().value()", "error NO_VALUE"},
      {"optional.of(i).hasValue()", "true"},
      {"optional.none().hasValue()", "false"},
      {"optional.of(i).orValue(1 / 0)", "int 7"},
      {"optional.none().orValue(i)", "int 7"},
      {"optional.none().orValue(i / 0)", "error DIVIDE_BY_ZERO"},
      {"optional.none().orValue(nope)", "error NO_SUCH_FIELD"},
      {"optional.of(i).or(optional.of(1))", "some int 7"},
      {"optional.none().or(optional.of(1))", "some int 1"},
      {"optional.none().or(i)", "error NO_SUCH_OVERLOAD"},
      {"i.orValue(1)", "error NO_SUCH_OVERLOAD"},
      {"nope.orValue(1)", "error NO_SUCH_FIELD"},
      {"user.?nope.orValue('-') + user.?name.orValue('-')", "string -Ada"},
      {"xs.first()", "some int 1"},
      {"xs.last()", "some int 2"},
      {"[].first()", "none"},
      {"[optional.of(i), optional.none()].unwrapOpt()", "[int 7]"},
      {"optional.unwrap([xs.first(), [].first()])", "[int 1]"},
      {"[i].unwrapOpt()", "error NO_SUCH_OVERLOAD"},
      {"optional.of(1) == optional.of(1.0)", "true"},
      {"optional.of(1) == optional.none()", "false"},
      {"optional.none() == optional.none()", "true"},
  }));
}

TEST(Optionals, PartsOfListsAndMapsAreLeftOut) {
  expect_all(std::to_array<Case>({
      {"[i, ?optional.none(), ?optional.of(1)]", "[int 7, int 1]"},
      {"[?user.?name, ?user.?nope]", "[string Ada]"},
      {"[?i]", "error NO_SUCH_OVERLOAD"},
      {"[?nope]", "error NO_SUCH_FIELD"},
      {"{?'a': optional.of(i), ?'b': optional.none(), 'c': 1}",
       "{string a: int 7, string c: int 1}"},
      {"{?'a': optional.none(), 'a': 1}", "{string a: int 1}"},
      {"{?'a': i}", "error NO_SUCH_OVERLOAD"},
      {"[optional.of(i)]", "[some int 7]"},
  }));
}

}  // namespace
}  // namespace leat::expr::testing
