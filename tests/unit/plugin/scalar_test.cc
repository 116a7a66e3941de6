#include "plugin/calls/scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/plugin/loaded_library.h"

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;
using ::testing::HasSubstr;

// One function of the plugin, called with rows of arguments.
class Called {
 public:
  explicit Called(const std::string& function, const std::string& plugin = "calls")
      : function_(*loaded(plugin).find(function)) {
    auto opened = function_.open("{}");
    EXPECT_TRUE(opened.ok());
    instance_ = std::move(opened).value();
  }

  std::vector<Value> operator()(const std::vector<std::vector<Value>>& columns) {
    std::vector<record::Argument> arguments;
    std::size_t rows = 1;
    for (const auto& column : columns) rows = std::max(rows, column.size());
    for (const auto& column : columns)
      arguments.push_back({column.data(), column.size() == 1 && rows > 1 ? 0 : ~std::size_t{0}});
    std::vector<Value> out(rows);
    status = instance_->call({arena_, WallTime{5}}, arguments, out);
    return out;
  }
  Status status;

 private:
  const ScalarFunction function_;
  std::unique_ptr<record::FunctionInstance> instance_;
  base::Arena arena_;
};

Value integer(std::int64_t number) { return Value::integer(number); }

TEST(ScalarCall, RowsAreComputed) {
  Called clamp("clamp", "demo");
  const auto out = clamp({{integer(-5), integer(5), integer(50)}, {integer(0)}, {integer(9)}});
  ASSERT_TRUE(clamp.status.ok());
  EXPECT_EQ(out[0].as_integer(), 0);
  EXPECT_EQ(out[1].as_integer(), 5);
  EXPECT_EQ(out[2].as_integer(), 9);
}

TEST(ScalarCall, AFailedRowLeavesTheOthers) {
  Called clamp("clamp", "demo");
  const auto out = clamp({{integer(1), integer(2)}, {integer(0), integer(9)}, {integer(3)}});
  ASSERT_TRUE(clamp.status.ok());
  EXPECT_EQ(out[0].as_integer(), 1);
  ASSERT_TRUE(out[1].is_error());
  EXPECT_EQ(out[1].as_error().code, "PLUGIN_ERROR");
  EXPECT_EQ(out[1].as_error().message, "demo.clamp failed with 1: `low` must be at most `high`");
}

TEST(ScalarCall, NullReachesOnlyParametersThatTakeIt) {
  Called add("add");
  const auto out = add({{integer(1), Value::null(), integer(0), integer(2)},
                        {Value::null(), integer(1), Value::null(), integer(3)}});
  ASSERT_TRUE(add.status.ok());
  EXPECT_EQ(out[0].as_integer(), 1);
  EXPECT_EQ(out[1].as_error().code, "NULL_ARGUMENT");
  EXPECT_TRUE(out[2].is(Type::null));
  EXPECT_EQ(out[3].as_integer(), 5);
}

TEST(ScalarCall, OddRowsAmongManyPlainOnes) {
  Called add("add");
  std::vector<Value> x, y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(integer(i + 1));
    y.push_back(integer(1000));
  }
  const auto plain = add({x, y});
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(plain[static_cast<std::size_t>(i)].as_integer(), i + 1001);
  x[100] = Value::string("x");
  x[170] = integer(0);
  y[150] = y[170] = Value::null();
  const auto out = add({x, y});
  for (std::size_t i = 0; i < 200; ++i) {
    if (i == 100)
      EXPECT_EQ(out[i].as_error().code, "NO_SUCH_OVERLOAD");
    else if (i == 170)
      EXPECT_TRUE(out[i].is(Type::null));
    else
      EXPECT_EQ(out[i].as_integer(), static_cast<std::int64_t>(i) + (i == 150 ? 1 : 1001)) << i;
  }
}

TEST(ScalarCall, NullPropagatesWithoutACallWhereItIsDeclared) {
  Called doubled("doubled");
  const auto out = doubled({{Value::string("ab"), Value::null(), Value::string("c")}});
  EXPECT_EQ(out[0].as_text(), "abab");
  EXPECT_TRUE(out[1].is(Type::null));
  EXPECT_EQ(out[2].as_text(), "cc");
}

TEST(ScalarCall, ErrorsAndWrongTypesAreNotPassedOn) {
  constexpr record::RowError before{"BEFORE", "it failed before"};
  Called add("add");
  const auto out = add({{Value::error(before), integer(1), Value(), integer(4)},
                        {integer(1), Value::string("x"), integer(1), integer(4)}});
  EXPECT_EQ(out[0].as_error().code, "BEFORE");
  EXPECT_EQ(out[1].as_error().code, "NO_SUCH_OVERLOAD");
  EXPECT_EQ(out[2].as_error().code, "NO_SUCH_FIELD");
  EXPECT_EQ(out[3].as_integer(), 8);
}

TEST(ScalarCall, ABadConstantSettlesAllRows) {
  Called add("add");
  const auto out = add({{Value::string("x")}, {integer(1), integer(2), integer(3)}});
  ASSERT_TRUE(add.status.ok());
  for (const Value& value : out) EXPECT_EQ(value.as_error().code, "NO_SUCH_OVERLOAD");
}

TEST(ScalarCall, NumbersWidenAndTypesArrive) {
  Called same_double("same_double");
  const auto out = same_double({{integer(3), Value::unsigned_integer(4), Value::real(0.5)}});
  EXPECT_DOUBLE_EQ(out[0].as_real(), 3);
  EXPECT_DOUBLE_EQ(out[1].as_real(), 4);
  EXPECT_DOUBLE_EQ(out[2].as_real(), 0.5);
  Called same_bool("same_bool");
  EXPECT_TRUE(same_bool({{Value::boolean(true)}})[0].as_boolean());
  Called later("later");
  const auto times = later({{Value::timestamp(10)}, {integer(5), integer(INT64_MAX / 2)}});
  EXPECT_TRUE(times[0].is(Type::timestamp));
  EXPECT_EQ(times[0].as_integer(), 15);
  EXPECT_EQ(times[1].as_error().code, "OUT_OF_RANGE");
}

TEST(ScalarCall, JsonTakesEverythingThatHasAJsonText) {
  Called same("same_json");
  const Value items[] = {integer(1), Value::string("x")};
  const auto out = same({{Value::json("{\"a\":1}"), Value::list(items), Value::string("q"),
                          integer(7), Value::bytes("x")}});
  EXPECT_EQ(out[0].as_text(), "{\"a\":1}");
  EXPECT_EQ(out[1].as_text(), "[1,\"x\"]");
  EXPECT_TRUE(out[2].is(Type::string));
  EXPECT_EQ(out[3].as_integer(), 7);
  EXPECT_EQ(out[4].as_error().code, "NO_SUCH_OVERLOAD");
}

TEST(ScalarCall, AFilterGivesBooleansAndItsErrors) {
  Called even("even");
  std::vector<Value> column;
  for (int i = 0; i < 200; ++i) column.push_back(integer(i));
  column[7] = integer(-1);
  const auto out = even({column});
  ASSERT_TRUE(even.status.ok());
  for (std::size_t i = 0; i < 200; ++i) {
    if (i == 7)
      EXPECT_EQ(out[i].as_error().message, "calls.even failed with 3: negative");
    else
      EXPECT_EQ(out[i].as_boolean(), i % 2 == 0) << i;
  }
}

TEST(ScalarCall, EveryBrokenRuleIsFatalWithItsName) {
  Called rogue("rogue");
  const auto broken = [&rogue](std::int64_t what) {
    rogue({{integer(what)}});
    return rogue.status.code() == Code::internal ? rogue.status.to_string() : "not fatal";
  };
  EXPECT_THAT(broken(1), HasSubstr("not UTF-8"));
  EXPECT_THAT(broken(2), HasSubstr("no place"));
  EXPECT_THAT(broken(3), HasSubstr("unknown status 77"));
  EXPECT_THAT(broken(4), HasSubstr("not which"));
  EXPECT_THAT(broken(5), HasSubstr("row that is not there"));
  EXPECT_THAT(broken(7), HasSubstr("failed with 42: out of\\nluck"));
  EXPECT_THAT(broken(9), HasSubstr("exception"));
  EXPECT_THAT(broken(10), HasSubstr("null where"));
  EXPECT_THAT(broken(11), HasSubstr("code outside"));
  EXPECT_THAT(broken(12), HasSubstr("keyed state"));
  EXPECT_THAT(broken(13), HasSubstr("alignment"));
#ifdef LEAT_DCHECKS
  EXPECT_THAT(broken(8), HasSubstr("past its slots"));
  EXPECT_THAT(broken(14), HasSubstr("past its slots"));
#endif
  EXPECT_THAT(broken(3), HasSubstr("plugin=calls version=2.1.0 function=rogue"));
  Called unlike_bool("unlike_bool");
  unlike_bool({});
  EXPECT_THAT(unlike_bool.status.message(), HasSubstr("neither 0 nor 1"));
}

TEST(ScalarCall, RetryIsTold) {
  Called rogue("rogue");
  rogue({{integer(6)}});
  EXPECT_EQ(rogue.status.code(), Code::unavailable);
  rogue({{integer(0)}});
  EXPECT_TRUE(rogue.status.ok());
}

TEST(ScalarCall, OpenMayRefuse) {
  const ScalarFunction function(*loaded("calls").find("add"));
  const auto opened = function.open("{\"x\":1}");
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.status().message(), HasSubstr("failed with 5: no settings are taken"));
}

TEST(Listing, OfALoadedLibraryReadsBackTheSame) {
  for (const char* name : {"demo", "calls"}) {
    const auto& infos = loaded(name).infos();
    const auto read = read_listing(write_listing(infos));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, infos);
  }
  EXPECT_EQ(loaded("demo").find("mean")->info.kind, Kind::aggregate);
  EXPECT_EQ(loaded("demo").find("quiet")->info.slots.at(0).name, "seen");
  EXPECT_EQ(loaded("demo").find("none"), nullptr);
  for (const char* text : {"", "{}", "[1]", "[{}]", "[{\"name\":\"x\"}]"})
    EXPECT_EQ(read_listing(text).status().code(), Code::data_loss) << text;
}

TEST(Listing, FunctionsThatAreNoneAreRefused) {
  const leat_function good = *loaded("calls").find("add")->code;
  const auto code_of = [](const leat_function& function) {
    const auto read = read_function(&function);
    return read.ok() ? "ok" : std::string(to_string(read.refusal().code));
  };
  EXPECT_EQ(code_of(good), "ok");
  const auto with = [&good](auto change) {
    leat_function function = good;
    change(function);
    return function;
  };
  EXPECT_EQ(code_of(with([](auto& f) { f.struct_size -= 8; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.struct_size += 64; })), "ok");
  EXPECT_EQ(code_of(with([](auto& f) { f.kind = 0; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.kind = 8; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.flags = 64; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.name = "Add"; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.name = nullptr; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.signature = "(x: uint) -> int"; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.signature = nullptr; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.doc = "\xff"; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.ops = nullptr; })), "BAD_FUNCTION");
  EXPECT_EQ(code_of(with([](auto& f) { f.open = nullptr; })), "BAD_FUNCTION");
  const leat_scalar_ops no_eval{sizeof(leat_scalar_ops), 0, nullptr};
  EXPECT_EQ(code_of(with([&](auto& f) { f.ops = &no_eval; })), "BAD_FUNCTION");
  const leat_scalar_ops short_ops{8, 0, nullptr};
  EXPECT_EQ(code_of(with([&](auto& f) { f.ops = &short_ops; })), "BAD_FUNCTION");
  EXPECT_EQ(read_function(nullptr).refusal().code, RefusalCode::bad_function);
}

}  // namespace
}  // namespace leat::plugin
