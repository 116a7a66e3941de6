#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/keyed_work.h"
#include "unit/operators/keyed_fakes.h"

namespace leat::operators {

// A row for a keyed step; `id` tells it apart from all others.
struct KeyedRow {
  std::string key;
  std::int64_t time_us = 0;
  std::int64_t value = 0;
  std::int64_t watermark_us = record::kNoTime;
  std::int64_t id = 0;
  friend bool operator==(const KeyedRow&, const KeyedRow&) = default;
};

enum KeyedColumn : std::size_t { kKey, kValue, kId, kOutKey, kStart, kEnd, kSum, kCount, kIds };

// sum(value) up to a limit, count(), and which rows are in.
inline AggregateWork keyed_work(Window window = {},
                                std::int64_t limit = std::numeric_limits<std::int32_t>::max(),
                                bool retracts = true) {
  AggregateWork work;
  work.step = "step";
  work.key = {{kKey}, {kOutKey}};
  work.window = window;
  work.calls = {{std::make_shared<LimitedSum>(limit, retracts), {kValue}, kSum, "sum(value)"},
                {std::make_shared<LimitedSum>(1'000'000, retracts), {}, kCount, "count()"},
                {std::make_shared<RowList>(), {kId}, kIds, "ids(id)"}};
  if (window.kind != Window::Kind::none && window.kind != Window::Kind::lookback) {
    work.start_column = kStart;
    work.end_column = kEnd;
  }
  return work;
}

// Drives a keyed step and writes down what comes out.
class KeyedDriver final : public flow::Collector {
 public:
  template <class Work>
  explicit KeyedDriver(const Work& work, FakeTable::Reload reload = FakeTable::Reload::each_batch)
      : state(make_value_type(work), reload),
        step_(make_keyed_operator(std::make_shared<const Work>(work))) {
    const flow::OperatorContext context{SliceId(0), 1, stats, errors_, nullptr, &state};
    EXPECT_TRUE(step_->open(context).ok());
  }

  record::RecordBatch batch_of(const std::vector<KeyedRow>& rows) {
    record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
    batch.now = now;
    for (const KeyedRow& each : rows) {
      record::Row row;
      row.value = "{}";
      row.key = "source";
      row.origin = &origin_;
      row.offset = each.id;
      row.event_time_us = each.time_us;
      row.timestamp_ms = each.time_us / 1000;
      row.watermark_us = each.watermark_us;
      batch.rows().push_back(row);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      base::Arena& arena = batch.arena();
      batch.make_column(kKey)[i] = record::Value::string(arena.copy(rows[i].key));
      batch.make_column(kValue)[i] = record::Value::integer(rows[i].value);
      batch.make_column(kId)[i] = record::Value::string(arena.copy(std::to_string(rows[i].id)));
    }
    return batch;
  }
  void feed(const std::vector<KeyedRow>& rows) { feed(batch_of(rows)); }
  void feed(record::RecordBatch batch) { EXPECT_TRUE(step_->process(batch, *this).ok()); }
  void watermark(std::int64_t us) { EXPECT_TRUE(step_->on_watermark({us, false}, *this).ok()); }
  void timer(std::int64_t us) { EXPECT_TRUE(step_->on_timer(WallTime{us}, *this).ok()); }
  void end_epoch() { EXPECT_TRUE(step_->on_epoch_end(EpochId(++epoch_), *this).ok()); }
  flow::Operator& step() { return *step_; }

  void emit(record::RecordBatch&& batch) override {
    EXPECT_FALSE(batch.empty());
    EXPECT_LE(batch.size(), record::RecordBatch::kRowsMax);
    for (std::size_t i = 0; i < batch.size(); ++i) lines.push_back(line_of(batch, i));
    batches.push_back(std::move(batch));
  }
  void emit_side(record::RecordBatch&& batch) override {
    for (const record::Row& row : batch.rows()) {
      const auto header = row.all_headers().back();
      side.push_back(std::to_string(row.offset) + " " + std::string(header.name) + "=" +
                     std::string(header.value));
    }
  }
  // in, out, failed, and drops by reason that are not 0
  std::string counts() const {
    std::string text =
        std::to_string(stats.in.value()) + " in " + std::to_string(stats.out.value()) + " out";
    for (std::size_t r = 0; r < flow::kDropReasons; ++r) {
      const auto reason = static_cast<flow::DropReason>(r);
      if (const auto count = stats.dropped(reason).value(); count != 0)
        text += " " + std::to_string(count) + " " + std::string(to_string(reason));
    }
    return text;
  }
  const record::Row& last_row() const { return batches.back().rows().back(); }

  flow::StepStats stats{"p", "step"};
  FakeState state;
  WallTime now{1'000'000'000};
  std::vector<std::string> lines;
  std::vector<std::string> side;
  std::vector<record::RecordBatch> batches;

 private:
  static std::string text_of(const record::RecordBatch& batch, std::size_t column,
                             std::size_t row) {
    const record::Column values = batch.column(column);
    if (values.empty() || values[row].is_missing()) return "-";
    if (values[row].is(record::Type::string)) return std::string(values[row].as_text());
    return std::to_string(values[row].as_integer());
  }
  // "key start-end count sum [ids]", without the window where there is none.
  static std::string line_of(const record::RecordBatch& batch, std::size_t row) {
    if (batch.rows()[row].tombstone()) return std::string(batch.rows()[row].key) + " gone";
    std::string line = text_of(batch, kOutKey, row) + " ";
    if (!batch.column(kStart).empty())
      line += text_of(batch, kStart, row) + "-" + text_of(batch, kEnd, row) + " ";
    return line + text_of(batch, kCount, row) + " " + text_of(batch, kSum, row) + " [" +
           text_of(batch, kIds, row) + "]";
  }

  const record::Origin origin_{"in", PartitionId(3)};
  flow::ErrorRoute errors_{{}, stats};
  std::unique_ptr<flow::Operator> step_;
  std::uint64_t epoch_ = 0;
};

}  // namespace leat::operators
