#include "plugin/calls/row_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "unit/plugin/loaded_library.h"

namespace leat::plugin {
namespace {

using record::Type;
using record::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Repeated {
 public:
  Repeated() : instance(opened("rows", "repeat")), out(instance.info().signature) {}

  std::vector<Value> operator()(const std::vector<Value>& column) {
    const record::Argument argument{column.data(), ~std::size_t{0}};
    std::vector<Value> failed(column.size());
    out.begin(arena);
    status = instance.rows({arena, WallTime{}}, {&argument, 1}, failed, out);
    return failed;
  }
  std::string broken(std::int64_t rule) {
    (*this)({Value::integer(rule)});
    return status.code() == Code::internal ? status.message() : "not fatal";
  }

  base::Arena arena;
  FlatMapInstance instance;
  EmittedRows out;
  Status status;
};

TEST(FlatMapCall, EmittedRowsKnowTheirOrigin) {
  Repeated repeat;
  repeat({Value::integer(1), Value::null(), Value::integer(0), Value::integer(2)});
  ASSERT_TRUE(repeat.status.ok()) << repeat.status.message();
  ASSERT_EQ(repeat.out.size(), 3u);
  EXPECT_THAT(repeat.out.origins(), ElementsAre(0, 3, 3));
  EXPECT_THAT(repeat.out.event_times(), ElementsAre(record::kNoTime, record::kNoTime, 77));
  EXPECT_EQ(repeat.out.column(0)[2].as_integer(), 1);
  // The plugin's own text is gone by now.
  EXPECT_EQ(repeat.out.column(1)[2].as_text(), "row 2");
}

TEST(FlatMapCall, RowsFailAlone) {
  Repeated repeat;
  const auto failed = repeat({Value::integer(-5), Value::string("x"), Value::integer(1)});
  ASSERT_TRUE(repeat.status.ok());
  EXPECT_EQ(failed[0].as_error().message, "rows.repeat failed with 9: five");
  EXPECT_EQ(failed[1].as_error().code, "NO_SUCH_OVERLOAD");
  EXPECT_TRUE(failed[2].is(Type::absent));
  EXPECT_THAT(repeat.out.origins(), ElementsAre(2));
}

TEST(FlatMapCall, EveryBrokenRuleIsFatal) {
  Repeated repeat;
  EXPECT_THAT(repeat.broken(-1), HasSubstr("emitted i as another type"));
  EXPECT_THAT(repeat.broken(-2), HasSubstr("origins"));
  EXPECT_THAT(repeat.broken(-3), HasSubstr("1 columns where its signature has 2"));
  EXPECT_THAT(repeat.broken(-4), HasSubstr("without rows"));
  EXPECT_THAT(repeat.broken(-6), HasSubstr("struct_size"));
  EXPECT_THAT(repeat.broken(-7), HasSubstr("more than 1048576 rows"));
  EXPECT_THAT(repeat.broken(-8), HasSubstr("without data"));
  EXPECT_THAT(repeat.broken(-9), HasSubstr("unknown flag"));
}

TEST(FlatMapCall, WhatIsKeptBackHasNoOrigin) {
  Repeated repeat;
  ASSERT_TRUE(repeat.instance.flushes());
  repeat.out.begin(repeat.arena);
  ASSERT_TRUE(
      repeat.instance.flush({repeat.arena, WallTime{}}, FlushReason::barrier, repeat.out).ok());
  EXPECT_THAT(repeat.out.origins(), ElementsAre(EmittedRows::kNoOrigin));
  EXPECT_EQ(repeat.out.column(0)[0].as_integer(), 2);
}

// Keyed state of one key, in maps.
class StateInMaps final : public KeyedState {
 public:
  std::optional<std::string_view> get(std::uint32_t slot, std::string_view sub) override {
    const auto found = entries[slot].find(std::string(sub));
    if (found == entries[slot].end()) return {};
    return found->second;
  }
  Status put(std::uint32_t slot, std::string_view sub, std::string_view value) override {
    entries[slot][std::string(sub)] = value;
    return {};
  }
  Status append(std::uint32_t slot, std::string_view value) override {
    lists[slot].emplace_back(value);
    return {};
  }
  Status remove(std::uint32_t slot, std::string_view sub) override {
    entries[slot].erase(std::string(sub));
    return {};
  }
  Status each(std::uint32_t slot, std::string_view from, Visitor& visitor) override {
    for (auto at = entries[slot].lower_bound(std::string(from)); at != entries[slot].end(); ++at)
      if (!visitor.visit(at->first, at->second)) break;
    return {};
  }
  Status set_timer(std::uint32_t domain, std::int64_t at_us, std::uint64_t tag) override {
    timers[{domain, tag}] = at_us;
    return {};
  }
  Status clear_timer(std::uint32_t domain, std::uint64_t tag) override {
    timers.erase({domain, tag});
    return {};
  }

  std::map<std::uint32_t, std::map<std::string, std::string>> entries;
  std::map<std::uint32_t, std::vector<std::string>> lists;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::int64_t> timers;
};

TEST(StatefulCall, StateAndTimersAreOfTheKey) {
  StatefulInstance quiet(opened("demo", "quiet"));
  EmittedRows out(quiet.info().signature);
  StateInMaps state;
  base::Arena arena;
  const std::vector<std::int64_t> times{1'000'000, 2'000'000};
  std::vector<Value> failed(2);
  out.begin(arena);
  ASSERT_TRUE(quiet.rows({arena, WallTime{}, times}, "\"c1\"", {}, state, failed, out).ok());
  EXPECT_EQ(out.size(), 0u);
  ASSERT_EQ(state.timers.size(), 1u);
  EXPECT_EQ(state.timers.begin()->second, 62'000'000);
  ASSERT_TRUE(quiet.has_timers());
  ASSERT_TRUE(
      quiet.timer({arena, WallTime{}}, "\"c1\"", {LEAT_EVENT_TIME, 62'000'000, 1}, state, out)
          .ok());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out.column(0)[0].as_text(), "c1");
  EXPECT_EQ(out.column(1)[0].as_integer(), 2);
  EXPECT_THAT(out.event_times(), ElementsAre(62'000'000));
  EXPECT_THAT(out.origins(), ElementsAre(EmittedRows::kNoOrigin));
  EXPECT_TRUE(state.entries[0].empty());
}

class History {
 public:
  History() : instance(opened("rows", "history")), out(instance.info().signature) {}
  Status give(const std::vector<std::string>& texts) {
    std::vector<Value> column;
    for (const std::string& text : texts) column.push_back(Value::string(text));
    const record::Argument argument{column.data(), ~std::size_t{0}};
    std::vector<Value> failed(column.size());
    out.begin(arena);
    return instance.rows({arena, WallTime{}}, "1", {&argument, 1}, state, failed, out);
  }
  base::Arena arena;
  StatefulInstance instance;
  EmittedRows out;
  StateInMaps state;
};

TEST(StatefulCall, ListsAndMapsAreKept) {
  History history;
  ASSERT_TRUE(history.give({"a", "b", "a", "show"}).ok());
  EXPECT_THAT(history.state.lists[0], ElementsAre("a", "b", "a"));
  ASSERT_EQ(history.out.size(), 2u);
  EXPECT_EQ(history.out.column(1)[0].as_text(), "a");
  EXPECT_EQ(history.out.column(0)[0].as_integer(), 2);
  EXPECT_THAT(history.out.origins(), ElementsAre(3, 3));
}

TEST(StatefulCall, SlotsAreUsedAsTheyAreDeclared) {
  History history;
  EXPECT_THAT(history.give({"misuse"}).message(), HasSubstr("counts, which is no list"));
  EXPECT_THAT(history.give({"elsewhere"}).message(), HasSubstr("slot that it did not declare"));
}

TEST(StatefulCall, OldValuesAreBroughtUpToDate) {
  History history;
  ASSERT_TRUE(history.instance.info().upgrades);
  EXPECT_FALSE(history.instance.flushes());
  std::string value;
  ASSERT_TRUE(history.instance.upgrade(1, 1, "old", value).ok());
  EXPECT_EQ(value, "1:old");
}

}  // namespace
}  // namespace leat::plugin
