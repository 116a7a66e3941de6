#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "codec/text_buffer.h"
#include "operators/keyed/call_states.h"
#include "record/batch.h"

namespace leat::operators {

// Of a window; microseconds.
struct WindowTimes {
  std::int64_t start_us = 0;
  std::int64_t end_us = 0;
};

// Writes what rows say that leave an aggregate: the values of the key, the window, the results, and
// by these the row's key, time and timestamp. Thread-confined.
class RowWriter {
 public:
  explicit RowWriter(const AggregateWork& work);

  // The rows of this batch are written from now on: makes the columns. Until rows are taken out.
  void bind(record::RecordBatch& rows);
  // The key of the row is `key` (see tell_key); it is of `window`, or without one of the
  // event time `event_us`.
  void identity(std::size_t row, std::span<const record::Value> key,
                const std::optional<WindowTimes>& window, std::int64_t event_us);
  // A tombstone of the row of that window.
  void tombstone(std::size_t row, std::span<const record::Value> key, const WindowTimes& window);
  void result(std::size_t row, std::size_t call, const record::Value& value) noexcept {
    results_[call][row] = value;
  }

 private:
  void write_key(record::Row& row, std::size_t index, std::span<const record::Value> key,
                 const std::optional<WindowTimes>& window);

  const KeyWork key_;
  const std::optional<std::size_t> start_column_;
  const std::optional<std::size_t> end_column_;
  const bool keep_row_;
  const bool key_has_start_;
  std::vector<std::size_t> result_columns_;

  record::RecordBatch* rows_ = nullptr;
  std::vector<record::Column> key_columns_;
  std::vector<record::Column> results_;
  record::Column starts_;
  record::Column ends_;
  record::Column texts_;
  codec::TextBuffer scratch_;
};

// Milliseconds that hold the time: rounded down.
constexpr std::int64_t floor_ms(std::int64_t us) noexcept {
  return us / 1000 - (us % 1000 < 0 ? 1 : 0);
}

}  // namespace leat::operators
