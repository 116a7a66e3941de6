#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/operator.h"

namespace leat::test {

inline constexpr std::size_t kKeyColumn = 0;

// Keeps the rows for which `keep` is true.
class KeepRows final : public flow::Operator {
 public:
  using Predicate = std::function<bool(const record::Row&)>;
  explicit KeepRows(Predicate keep) : keep_(std::move(keep)) {}
  Status open(const flow::OperatorContext& context) override {
    stats_ = &context.stats;
    return {};
  }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    stats_->in.add(batch.size());
    std::vector<std::uint8_t> keep;
    for (const record::Row& row : batch.rows()) keep.push_back(keep_(row) ? 1 : 0);
    const std::size_t before = batch.size();
    batch.retain(keep);
    stats_->dropped(flow::DropReason::filter).add(before - batch.size());
    stats_->out.add(batch.size());
    out.emit(std::move(batch));
    return {};
  }

 private:
  Predicate keep_;
  flow::StepStats* stats_ = nullptr;
};

inline std::unique_ptr<flow::Operator> keep_all() {
  return std::make_unique<KeepRows>([](const record::Row&) { return true; });
}

// Puts the record's key into column kKeyColumn: what an exchange needs.
class KeyToColumn final : public flow::Operator {
 public:
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    const record::Column column = batch.make_column(kKeyColumn);
    for (std::size_t i = 0; i < batch.size(); ++i)
      column[i] = record::Value::string(batch.rows()[i].key);
    out.emit(std::move(batch));
    return {};
  }
};

// Appends a text to every value.
class AppendText final : public flow::Operator {
 public:
  explicit AppendText(std::string text) : text_(std::move(text)) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    for (record::Row& row : batch.rows())
      row.value = batch.arena().copy(std::string(row.value) + text_);
    out.emit(std::move(batch));
    return {};
  }

 private:
  const std::string text_;
};

// Counts rows per epoch and emits one row with the count when the epoch ends.
class CountPerEpoch final : public flow::Operator {
 public:
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector&) override {
    count_ += batch.size();
    return {};
  }
  Status on_epoch_end(EpochId, flow::Collector& out) override {
    record::RecordBatch batch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
    record::Row row;
    row.value = batch.arena().copy(std::to_string(std::exchange(count_, 0)));
    row.flags = record::Row::kNullKey;
    batch.rows().push_back(row);
    out.emit(std::move(batch));
    return {};
  }

 private:
  std::size_t count_ = 0;
};

// Fails the pipeline at the first row with this value.
class FailAt final : public flow::Operator {
 public:
  explicit FailAt(std::string value) : value_(std::move(value)) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    for (const record::Row& row : batch.rows())
      if (row.value == value_) return Status(Code::internal, "a bad row");
    out.emit(std::move(batch));
    return {};
  }

 private:
  const std::string value_;
};

// Writes the raw value.
class RawEncoder final : public record::RowEncoder {
 public:
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      out[i] = batch.rows()[i].value;
      errors[i] = nullptr;
    }
  }
};

// Sends rows for which `aside` is true to the side output.
class SplitRows final : public flow::Operator {
 public:
  explicit SplitRows(KeepRows::Predicate aside) : aside_(std::move(aside)) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    std::vector<std::uint32_t> side;
    std::vector<std::uint8_t> keep(batch.size(), 1);
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      if (!aside_(batch.rows()[i])) continue;
      side.push_back(i);
      keep[i] = 0;
    }
    if (!side.empty()) out.emit_side(batch.gather(side));
    batch.retain(keep);
    out.emit(std::move(batch));
    return {};
  }

 private:
  KeepRows::Predicate aside_;
};

// Emits one row, "tick <n>", each time the wall clock passes a multiple of `every_us`.
class Ticker final : public flow::Operator {
 public:
  explicit Ticker(std::int64_t every_us) : every_us_(every_us), next_us_(every_us) {}
  Status open(const flow::OperatorContext&) override { return {}; }
  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    out.emit(std::move(batch));
    return {};
  }
  bool has_timers() const noexcept override { return true; }
  WallTime next_timer() const noexcept override { return WallTime{next_us_}; }
  Status on_timer(WallTime now, flow::Collector& out) override {
    while (next_us_ <= now.us) next_us_ += every_us_;
    record::RecordBatch batch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
    record::Row row;
    row.value = batch.arena().copy("tick " + std::to_string(++ticks_));
    row.flags = record::Row::kNullKey;
    batch.rows().push_back(row);
    out.emit(std::move(batch));
    return {};
  }

 private:
  const std::int64_t every_us_;
  std::int64_t next_us_;
  int ticks_ = 0;
};

}  // namespace leat::test
