#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/ref.h"
#include "record/value.h"

namespace leat::record {

// Where records come from: one partition of one topic of one source. Owned by the source, outlives
// every batch.
struct Origin {
  std::string topic;
  PartitionId partition;
  std::uint32_t source = 0;  // index of the source in the definition
  std::string header = {};   // of a csv file with one: its first line; set before the first row
};

// No event time was seen yet.
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

struct Header {
  std::string_view name;
  std::string_view value;
  bool null = false;
};

// Reads the headers of a record once somebody wants them: for records of Kafka that costs more than
// the rest of the row, and few pipelines look.
class HeaderReader {
 public:
  // On the thread of the memory that holds the record; what it gives lives as long.
  virtual std::span<const Header> read_headers(const void* record) noexcept = 0;

 protected:
  ~HeaderReader() = default;
};

// One row on its way, all bytes borrowed from the batch's memory.
struct Row {
  static constexpr std::uint32_t kNullValue = 1;  // a tombstone: passes stateless steps unevaluated
  static constexpr std::uint32_t kNullKey = 2;
  static constexpr std::uint32_t kKeyIsBytes = 4;  // `meta.key` is bytes
  // Made of several records: where it fails, its JSON tells what it was.
  static constexpr std::uint32_t kMade = 8;

  std::string_view
      value;  // the document or bytes as read; `padding` readable bytes behind it are not promised
  std::string_view key;
  const std::string_view* source = nullptr;  // the record's own value, once `value` is written anew
  // Of a row that no record brought (a closed window): what stands for its `leat-src`, and there is
  // no origin; else null.
  const std::string_view* made_as = nullptr;
  const Origin* origin = nullptr;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // of the record in Kafka
  std::uint32_t flags = 0;
  // Tells the rows apart that one record became, the same in every replay; 0 where it became one.
  std::uint64_t ordinal = 0;
  std::int64_t event_time_us = 0;
  // Of the record's own partition as it was before this record; kNoTime = none yet.
  std::int64_t watermark_us = kNoTime;

  bool tombstone() const noexcept { return (flags & kNullValue) != 0; }
  bool null_key() const noexcept { return (flags & kNullKey) != 0; }
  bool made() const noexcept { return (flags & kMade) != 0; }
  std::span<const Header> all_headers() const noexcept {
    if (reader_ != nullptr) headers_ = std::exchange(reader_, nullptr)->read_headers(record_);
    return headers_;
  }
  void set_headers(std::span<const Header> headers) noexcept {
    reader_ = nullptr;
    headers_ = headers;
  }
  // The headers are those of `record`, read when somebody wants them. The reader lives as long as
  // the batch's memory.
  void set_headers(HeaderReader& reader, const void* record) noexcept {
    reader_ = &reader;
    record_ = record;
  }
  // The value of the record as it came, whatever became of the row: what a dead letter holds.
  std::string_view source_value() const noexcept { return source != nullptr ? *source : value; }

 private:
  mutable std::span<const Header> headers_;
  mutable HeaderReader* reader_ = nullptr;  // not null: the headers were not read yet
  const void* record_ = nullptr;
};

// Owns the bytes that a batch views: the arena for bytes made on the way, and in a subclass the
// messages themselves. The arena belongs to one thread; a batch that goes to another thread gets a
// child() of its own, which keeps its parent alive.
class BatchMemory : public base::RefCounted {
 public:
  BatchMemory() = default;
  base::Arena& arena() noexcept { return arena_; }
  static base::Ref<BatchMemory> child(const base::Ref<BatchMemory>& parent) {
    base::Ref<BatchMemory> made(new BatchMemory());
    made->parent_ = parent;
    return made;
  }

 protected:
  ~BatchMemory() override = default;

 private:
  base::Arena arena_;
  base::Ref<BatchMemory> parent_;
};

// One column: a value for each row of the batch, in arena memory. Empty until somebody computes it.
using Column = std::span<Value>;

// 1…kRowsMax rows, the columns computed for them so far, and the memory they view. Thread-confined;
// moves between threads as a whole. What the columns mean is fixed by the plan (see Layout).
class RecordBatch {
 public:
  static constexpr std::size_t kRowsMax = 256;

  RecordBatch() = default;
  explicit RecordBatch(base::Ref<BatchMemory> memory) : memory_(std::move(memory)) {}
  RecordBatch(RecordBatch&&) noexcept = default;
  RecordBatch& operator=(RecordBatch&&) noexcept = default;

  std::size_t size() const noexcept { return rows_.size(); }
  bool empty() const noexcept { return rows_.empty(); }
  std::vector<Row>& rows() noexcept { return rows_; }
  const std::vector<Row>& rows() const noexcept { return rows_; }
  const base::Ref<BatchMemory>& memory() const noexcept { return memory_; }
  base::Arena& arena() const noexcept { return memory_->arena(); }

  // The column `index`; empty when nobody computed it.
  Column column(std::size_t index) const noexcept {
    return index < columns_.size() ? columns_[index] : Column();
  }
  // Makes column `index` with size() absent values, or returns it when it is there.
  Column make_column(std::size_t index);
  std::size_t columns() const noexcept { return columns_.size(); }
  void clear_columns() noexcept { columns_.clear(); }
  // Forgets all columns but these.
  void keep_columns(std::span<const std::size_t> indexes);

  // Keeps the rows whose flag is not 0, in order, with their columns. Requires: keep.size() ==
  // size().
  void retain(std::span<const std::uint8_t> keep);
  // Another batch with the same rows and columns, sharing the memory: for a second branch on the
  // same thread.
  RecordBatch clone() const;
  // The rows at `indexes`, with their columns, for another thread: child memory, columns copied
  // into it.
  RecordBatch gather(std::span<const std::uint32_t> indexes) const;

  // Gives the batch memory of its own that keeps the present one alive, without copying: before it
  // goes whole to another thread.
  void move_to_child_memory() {
    for (const Row& row : rows_) row.all_headers();
    memory_ = BatchMemory::child(memory_);
  }

  // Bytes of keys and values: what credit and limits count.
  std::size_t bytes() const noexcept;

  // The time that now() gives: sampled once when the batch entered the chain.
  WallTime now;

 private:
  std::vector<Row> rows_;
  std::vector<Column> columns_;
  base::Ref<BatchMemory> memory_;
};

}  // namespace leat::record
