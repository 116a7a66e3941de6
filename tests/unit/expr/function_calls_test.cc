#include <gtest/gtest.h>
#include <algorithm>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

// What a function under test did.
struct Told {
  int opened = 0;
  int calls = 0;
  std::size_t rows = 0;
  Status failure;  // of the next calls
};

// far.twice(x: int) -> int, far.length(text: string?) -> int, far.next() -> int (not pure).
class Far final : public record::Function {
 public:
  Far(std::string name, std::vector<Parameter> parameters, bool pure, Told& told)
      : name_(std::move(name)), parameters_(std::move(parameters)), pure_(pure), told_(told) {}

  std::string_view name() const noexcept override { return name_; }
  std::span<const Parameter> parameters() const noexcept override { return parameters_; }
  const Parameter& result() const noexcept override { return result_; }
  bool pure() const noexcept override { return pure_; }
  Result<std::unique_ptr<record::FunctionInstance>> open(std::string_view with) const override {
    EXPECT_EQ(with, "{}");
    ++told_.opened;
    return std::unique_ptr<record::FunctionInstance>(std::make_unique<Instance>(*this));
  }

 private:
  class Instance final : public record::FunctionInstance {
   public:
    explicit Instance(const Far& of) : of_(of) {}
    Status call(const record::CallScope&, std::span<const record::Argument> arguments,
                std::span<Value> out) override {
      ++of_.told_.calls;
      of_.told_.rows += out.size();
      if (!of_.told_.failure.ok()) return of_.told_.failure;
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = answer(arguments, i);
      return {};
    }

   private:
    Value answer(std::span<const record::Argument> arguments, std::size_t i) {
      if (arguments.empty()) return Value::integer(++count_);
      const Value& given = arguments[0][i];
      if (given.is_error()) return given;
      if (given.is(Type::absent)) return Value::error(record::kAbsentArgument);
      if (given.is(Type::null)) return Value::null();
      if (given.is(Type::string)) return Value::integer(static_cast<int>(given.as_text().size()));
      return Value::integer(2 * given.as_integer());
    }
    const Far& of_;
    int count_ = 0;
  };

  const std::string name_;
  const std::vector<Parameter> parameters_;
  const Parameter result_{"", Type::integer, false};
  const bool pure_;
  Told& told_;
};

class WithFar final : public Names {
 public:
  std::optional<FoundFunction> find_function(std::string_view name) const override {
    if (name == "far.sum")
      return FoundFunction{nullptr, Refusal{"NOT_AVAILABLE_YET", "it is an aggregate", {}}};
    for (const record::FunctionPtr& one : functions)
      if (one->name() == name) return FoundFunction{one, std::nullopt};
    return std::nullopt;
  }
  std::vector<std::string> further_functions() const override {
    return {"far.twice", "far.length", "far.next"};
  }
  std::vector<record::FunctionPtr> functions;
};

class FunctionCallsTest : public ::testing::Test {
 protected:
  FunctionCallsTest() {
    using Parameters = std::vector<record::Function::Parameter>;
    names.functions = {
        std::make_shared<Far>("far.twice", Parameters{{"x", Type::integer, false}}, true, told),
        std::make_shared<Far>("far.length", Parameters{{"text", Type::string, true}}, true, told),
        std::make_shared<Far>("far.next", Parameters{}, false, told)};
  }
  // The values for the rows, or the diagnostics.
  std::string run(std::string_view text, const std::vector<Fields>& rows = {{}}) {
    const Compiled compiled = compile(text, names, Limits());
    if (!compiled.ok()) return show(compiled.diagnostics);
    const RecordBatch batch = batch_of(rows, names);
    std::vector<Value> out(rows.size());
    compiled.program->run(batch, scratch, out);
    if (std::any_of(out.begin(), out.end(), is_nameless))
      compiled.program->name_absences(batch, scratch, out);
    failure = scratch.take_failure();
    std::string all;
    for (const Value& value : out) all += (all.empty() ? "" : ", ") + show(value);
    return all;
  }

  Told told;
  WithFar names;
  Scratch scratch;
  Status failure;
};

TEST_F(FunctionCallsTest, AllRowsOfABatchAreOneCall) {
  EXPECT_EQ(run("far.twice(n) + 1", {{{"n", Value::integer(1)}}, {{"n", Value::integer(20)}}}),
            "int 3, int 41");
  EXPECT_EQ(told.calls, 1);
  EXPECT_EQ(told.rows, 2u);
}

TEST_F(FunctionCallsTest, ATaskOpensAnInstanceOnce) {
  EXPECT_EQ(run("far.next()"), "int 1");
  EXPECT_EQ(run("far.next()"), "int 2");
  EXPECT_EQ(told.opened, 1);
}

TEST_F(FunctionCallsTest, ItWinsOverAFieldOfThatName) {
  EXPECT_EQ(run("far.twice(this.far.x)", {{{"far.x", Value::integer(4)}}}), "int 8");
}

TEST_F(FunctionCallsTest, ArgumentsAreChecked) {
  EXPECT_EQ(run("far.twice('a')"),
            "10-13 WRONG_ARGUMENTS: `far.twice` takes int for `x`, not string\n");
  EXPECT_EQ(run("far.twice(1, 2)"), "0-15 WRONG_ARGUMENTS: `far.twice` takes (x: int)\n");
  EXPECT_EQ(run("far.length(1)"),
            "11-12 WRONG_ARGUMENTS: `far.length` takes string for `text`, not int\n");
  EXPECT_EQ(run("far.twice(1) + 'a'"),
            "0-18 WRONG_ARGUMENTS: `+` does not take int and string: write string(…) of the int\n");
}

TEST_F(FunctionCallsTest, WhatCannotBeCalledIsTold) {
  EXPECT_EQ(run("far.sum(1)"), "4-7 NOT_AVAILABLE_YET: it is an aggregate\n");
  const Compiled compiled = compile("far.twise(1)", names, Limits());
  ASSERT_EQ(compiled.diagnostics.size(), 1u);
  EXPECT_EQ(compiled.diagnostics[0].code, "UNKNOWN_FUNCTION");
  ASSERT_FALSE(compiled.diagnostics[0].did_you_mean.empty());
  EXPECT_EQ(compiled.diagnostics[0].did_you_mean[0], "far.twice");
}

TEST_F(FunctionCallsTest, AnAbsentFieldIsNamedAndFailsItsRowAlone) {
  const Compiled compiled = compile("far.twice(n)", names, Limits());
  const RecordBatch batch = batch_of({{{"n", Value::integer(1)}}, {}}, names);
  std::vector<Value> out(2);
  compiled.program->run(batch, scratch, out);
  EXPECT_EQ(show(out[0]), "int 2");
  ASSERT_TRUE(is_nameless(out[1]));
  compiled.program->name_absences(batch, scratch, out);
  EXPECT_EQ(show(out[0]), "int 2");
  ASSERT_TRUE(out[1].is_error());
  EXPECT_EQ(out[1].as_error().code, "NO_SUCH_FIELD");
  EXPECT_NE(out[1].as_error().message.find("`n`"), std::string_view::npos)
      << out[1].as_error().message;
}

TEST_F(FunctionCallsTest, OneThatIsNotPureIsNotCalledAgainForNames) {
  EXPECT_EQ(run("far.next() + n", {{{"n", Value::integer(1)}}, {}}), "int 2, error NO_SUCH_FIELD");
  EXPECT_EQ(told.calls, 1);
}

TEST_F(FunctionCallsTest, ItIsCalledForEachElementOfAList) {
  EXPECT_EQ(run("[1, 2, 3].map(x, far.twice(x))"), "[int 2, int 4, int 6]");
  EXPECT_EQ(told.calls, 1);
  EXPECT_EQ(told.rows, 3u);
}

TEST_F(FunctionCallsTest, AFailureAsAWholeIsKeptAndNothingMoreIsCalled) {
  told.failure = Status(leat::Code::internal, "it is broken");
  EXPECT_EQ(run("far.twice(n) + far.length('a')", {{{"n", Value::integer(1)}}}),
            "error FUNCTION_FAILED");
  EXPECT_EQ(failure.message(), "it is broken");
  EXPECT_EQ(told.calls, 1);
  told.failure = {};
  EXPECT_EQ(run("far.twice(n)", {{{"n", Value::integer(1)}}}), "int 2");
  EXPECT_TRUE(failure.ok());
}

}  // namespace
}  // namespace leat::expr::testing
