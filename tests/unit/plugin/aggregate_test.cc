#include "plugin/calls/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/plugin/loaded_library.h"

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;
using ::testing::HasSubstr;

// An aggregate with states of its own.
class Aggregated {
 public:
  Aggregated(const std::string& plugin, const std::string& function)
      : instance(opened(plugin, function)) {}
  ~Aggregated() {
    for (void* state : states_) instance.drop(state);
  }
  void* state() {
    states_.push_back(arena.allocate(instance.state_bytes(), instance.state_align()));
    EXPECT_TRUE(instance.init(states_.back()).ok());
    return states_.back();
  }
  std::vector<Value> update(const std::vector<void*>& state_of_row,
                            const std::vector<Value>& column) {
    const record::Argument argument{column.data(), ~std::size_t{0}};
    std::vector<Value> failed(column.size());
    EXPECT_TRUE(instance.update({arena, WallTime{}}, {&argument, 1}, state_of_row, failed).ok());
    return failed;
  }
  Value finish(const void* state) {
    Value out;
    EXPECT_TRUE(instance.finish({arena, WallTime{}}, {&state, 1}, {&out, 1}).ok());
    return out;
  }

  base::Arena arena;
  AggregateInstance instance;

 private:
  std::vector<void*> states_;
};

TEST(AggregateCall, EachRowGoesToItsState) {
  Aggregated mean("demo", "mean");
  void* const a = mean.state();
  void* const b = mean.state();
  mean.update({a, b, a, a}, {Value::real(1), Value::integer(10), Value::real(2), Value::null()});
  EXPECT_DOUBLE_EQ(mean.finish(a).as_real(), 1.5);
  EXPECT_DOUBLE_EQ(mean.finish(b).as_real(), 10);
  ASSERT_TRUE(mean.instance.merge(a, b).ok());
  EXPECT_DOUBLE_EQ(mean.finish(a).as_real(), 13.0 / 3);
  EXPECT_TRUE(mean.finish(mean.state()).is(Type::null));
}

TEST(AggregateCall, RowsThatDoNotFitFailAlone) {
  Aggregated longest("rows", "longest");
  void* const state = longest.state();
  const auto failed = longest.update({state, state, state},
                                     {Value::string("abc"), Value::integer(1), Value::null()});
  EXPECT_TRUE(failed[0].is(Type::absent));
  EXPECT_EQ(failed[1].as_error().code, "NO_SUCH_OVERLOAD");
  EXPECT_TRUE(failed[2].is(Type::absent));
  EXPECT_EQ(longest.finish(state).as_text(), "abc");
}

TEST(AggregateCall, PlainStatesAreSavedAsTheyAre) {
  Aggregated mean("demo", "mean");
  EXPECT_TRUE(mean.instance.plain());
  void* const state = mean.state();
  mean.update({state}, {Value::real(3)});
  std::string bytes;
  ASSERT_TRUE(mean.instance.save(state, bytes).ok());
  void* const again = mean.state();
  ASSERT_TRUE(mean.instance.load(again, 1, bytes).ok());
  EXPECT_DOUBLE_EQ(mean.finish(again).as_real(), 3);
  EXPECT_EQ(mean.instance.load(again, 2, bytes).code(), Code::invalid_argument);
  EXPECT_EQ(mean.instance.load(again, 1, bytes.substr(1)).code(), Code::invalid_argument);
}

TEST(AggregateCall, OwningStatesAreSavedByThePlugin) {
  Aggregated longest("rows", "longest");
  EXPECT_FALSE(longest.instance.plain());
  void* const state = longest.state();
  longest.update({state}, {Value::string("hello")});
  std::string bytes;
  ASSERT_TRUE(longest.instance.save(state, bytes).ok());
  EXPECT_EQ(bytes, "hello");
  void* const again = longest.state();
  ASSERT_TRUE(longest.instance.load(again, 1, bytes).ok());
  const Value text = longest.finish(again);
  // The result does not depend on the state any more.
  longest.update({again}, {Value::string("much longer")});
  EXPECT_EQ(text.as_text(), "hello");
  EXPECT_THAT(longest.instance.load(again, 3, bytes).message(), HasSubstr("4: a newer state"));
}

}  // namespace
}  // namespace leat::plugin
