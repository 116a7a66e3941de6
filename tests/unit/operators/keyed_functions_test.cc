// The functions of a definition inside keyed steps: what comes out is what each function gives for
// exactly the rows that are in, added one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <utility>

#include "codec/json_text.h"
#include "unit/operators/keyed_rows.h"

namespace leat::operators {
namespace {

using record::Value;

constexpr std::size_t kFirstResult = 20;

struct Called {
  std::string_view name;
  std::vector<std::size_t> arguments;
  std::vector<Value> constants;
};

std::vector<Called> all_calls() {
  return {{"count", {}, {}},
          {"sum", {kValue}, {}},
          {"avg", {kValue}, {}},
          {"min", {kValue}, {}},
          {"max", {kValue}, {}},
          {"first", {kId}, {}},
          {"last", {kId}, {}},
          {"min_by", {kId, kValue}, {}},
          {"max_by", {kId, kValue}, {}},
          {"stddev", {kValue}, {}},
          {"count_distinct", {kValue}, {}},
          {"approx_count_distinct", {kId}, {}},
          {"collect_list", {kId}, {Value::integer(5)}},
          {"collect_set", {kValue}, {Value::integer(100)}},
          {"top_k", {kValue}, {Value::integer(2)}},
          {"largest", {kValue}, {Value::integer(2)}}};
}

AggregateWork real_work(const Window& window) {
  AggregateWork work = keyed_work(window);
  std::size_t column = kFirstResult;
  for (const Called& called : all_calls()) {
    const std::size_t arguments = called.arguments.size() + called.constants.size();
    const AggregateDescription* description = find_aggregate(called.name, arguments);
    EXPECT_NE(description, nullptr) << called.name;
    auto function = make_aggregate(*description, called.constants, {});
    EXPECT_TRUE(function.ok()) << called.name;
    work.calls.push_back({*function, called.arguments, column++, std::string(called.name)});
  }
  return work;
}

std::string json(const Value& value) {
  codec::TextBuffer text;
  EXPECT_EQ(codec::append_value(text, value), nullptr);
  return std::string(text.view());
}

std::vector<std::size_t> ids_in(std::string_view text) {
  std::vector<std::size_t> ids;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t id = 0;
    at = static_cast<std::size_t>(
             std::from_chars(text.data() + at, text.data() + text.size(), id).ptr - text.data()) +
         1;
    ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());  // as they came
  return ids;
}

// What the function gives for these rows alone.
std::string recomputed(const AggregateWork::Call& call, const std::vector<KeyedRow>& rows,
                       const std::vector<std::size_t>& ids) {
  const record::Origin origin{"in", PartitionId(3)};
  std::vector<std::uint64_t> state(call.function->state_bytes() / 8 + 1);
  call.function->make(state.data());
  for (const std::size_t id : ids) {
    const std::string text = std::to_string(id);
    std::vector<Value> arguments;
    for (const std::size_t column : call.arguments)
      arguments.push_back(column == kId ? Value::string(text) : Value::integer(rows[id].value));
    EXPECT_EQ(call.function->check(state.data(), arguments), nullptr);
    call.function->add(state.data(), arguments,
                       {rows[id].time_us, &origin, static_cast<std::int64_t>(id), 0});
  }
  base::Arena arena;
  std::string text = json(call.function->result(state.data(), arena));
  call.function->destroy(state.data());
  return text;
}

class KeyedFunctions : public testing::TestWithParam<std::pair<const char*, Window>> {};

TEST_P(KeyedFunctions, GiveWhatTheRowsThatAreInGive) {
  const Window& window = GetParam().second;
  AggregateWork work = real_work(window);
  work.keep_row = window.kind == Window::Kind::lookback;
  if (work.keep_row)
    work.allowed_lateness_us = 200;
  else if (window.kind != Window::Kind::none)
    work.emit = Emit::on_close;
  RandomRows rules;
  rules.count = 400;
  rules.keys = 3;
  const Stream stream = make_stream(rules, 7);
  for (const std::size_t size : {3U, 256U}) {
    KeyedDriver driver(work, size == 3 ? FakeTable::Reload::each_batch : FakeTable::Reload::real);
    run(driver, stream, size);
    std::size_t compared = 0;
    for (const record::RecordBatch& batch : driver.batches)
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::vector<std::size_t> ids = ids_in(batch.column(kIds)[i].as_text());
        for (const AggregateWork::Call& call : work.calls) {
          if (call.column < kFirstResult) continue;
          ASSERT_EQ(json(batch.column(call.column)[i]), recomputed(call, stream.rows, ids))
              << call.name << " of " << ids.size() << " rows";
          ++compared;
        }
      }
    EXPECT_GT(compared, 300U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, KeyedFunctions,
    testing::Values(std::pair{"no_window", Window{}},
                    std::pair{"tumbling", Window{Window::Kind::tumbling, 400, 0, 0, false, false}},
                    std::pair{"hopping", Window{Window::Kind::hopping, 400, 150, 0, false, false}},
                    std::pair{"session", Window{Window::Kind::session, 50, 0, 0, false, false}},
                    std::pair{"lookback", Window{Window::Kind::lookback, 250, 0, 0, false, false}}),
    [](const auto& each) { return std::string(each.param.first); });

}  // namespace
}  // namespace leat::operators
