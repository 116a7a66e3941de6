#include "expr/mock.h"

#include "json/parse.h"
#include "unit/expr/rows.h"

#include <gtest/gtest.h>

namespace leat::expr::testing {
namespace {

json::Value value(const std::string& text) { return json::parse(text).root(); }

spec::TestFunction table(std::string name) {
  spec::TestFunction function;
  function.name = std::move(name);
  return function;
}

void add(spec::TestFunction& function, const std::string& key, const std::string& result) {
  spec::TestFunction::Answer& answer = function.answers.emplace_back();
  answer.argument = key;
  answer.result = value(result);
  if (!key.starts_with('[')) return;
  const json::Value list = value(key);
  answer.arguments.emplace(list.elements().begin(), list.elements().end());
}

class Mocked final : public Names {
 public:
  MockPtr find_mock(std::string_view name) const override {
    for (const MockPtr& mock : mocks)
      if (mock->name() == name) return mock;
    return nullptr;
  }
  std::vector<MockPtr> mocks;
};

class MockTest : public ::testing::Test {
 protected:
  MockTest() {
    spec::TestFunction country = table("geo.country_of");
    add(country, "10.0.0.1", "\"DE\"");
    add(country, "7", "\"seven\"");
    add(country, "null", "\"nowhere\"");
    spec::TestFunction sum = table("sum");
    add(sum, "[]", "0");
    add(sum, "[1, 2.0]", "3");
    add(sum, "[[1], {\"a\": \"b\"}]", "{\"deep\": [true]}");
    spec::TestFunction size = table("size");
    add(size, "abc", "-1");
    for (const spec::TestFunction* one : {&country, &sum, &size})
      names_.mocks.push_back(std::make_shared<const Mock>(*one));
  }

  std::string evaluate(std::string_view text, const Fields& fields = {}) {
    names_.paths.clear();
    const Compiled compiled = compile(text, names_, Limits(), TypeCheck::strict);
    if (!compiled.ok()) return "refused: " + show(compiled.diagnostics);
    const RecordBatch batch = batch_of({fields}, names_);
    Scratch scratch;
    Value out;
    compiled.program->run(batch, scratch, Column(&out, 1));
    return show(out);
  }

  Mocked names_;
};

TEST_F(MockTest, ASingleArgumentIsFoundByItsText) {
  EXPECT_EQ(evaluate("geo.country_of(ip)", {{"ip", Value::string("10.0.0.1")}}), "string DE");
  EXPECT_EQ(evaluate("geo.country_of(3 + 4)"), "string seven");
  EXPECT_EQ(evaluate("geo.country_of(null)"), "string nowhere");
  EXPECT_EQ(names_.paths.size(), 0u);  // `geo` is no field
}

TEST_F(MockTest, ListsOfArgumentsAreEqualByValue) {
  EXPECT_EQ(evaluate("sum()"), "int 0");
  EXPECT_EQ(evaluate("sum(1.0, 2)"), "int 3");
  EXPECT_EQ(evaluate("sum([1], {'a': 'b'}).deep[0]"), "true");
}

TEST_F(MockTest, WithoutAnAnswerTheRowFails) {
  EXPECT_EQ(evaluate("geo.country_of('x')"), "error NO_MOCK_ANSWER");
  EXPECT_EQ(evaluate("geo.country_of('x') ?? 'ZZ'"), "string ZZ");
  EXPECT_EQ(evaluate("sum(1)"), "error NO_MOCK_ANSWER");
  EXPECT_EQ(evaluate("geo.country_of(absent)"), "error NO_SUCH_FIELD");
}

TEST_F(MockTest, TheLibraryIsNotAsked) {
  EXPECT_EQ(evaluate("size('abc')"), "int -1");
  EXPECT_EQ(evaluate("'abc'.size()"), "int -1");
  EXPECT_EQ(evaluate("size('abcd')"), "error NO_MOCK_ANSWER");
}

TEST_F(MockTest, WorksInsideMacros) {
  EXPECT_EQ(evaluate("['10.0.0.1', '7'].map(x, geo.country_of(x))"), "[string DE, string seven]");
}

TEST_F(MockTest, WhatNobodyMocksIsUnknown) {
  EXPECT_EQ(evaluate("geo.city_of('x')"),
            "refused: 4-11 UNKNOWN_FUNCTION: there is no function `geo.city_of`\n");
}

}  // namespace
}  // namespace leat::expr::testing
