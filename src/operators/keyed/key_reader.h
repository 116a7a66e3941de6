#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "codec/text_buffer.h"
#include "operators/keyed_work.h"
#include "operators/tally.h"
#include "record/batch.h"
#include "state/table.h"

namespace leat::operators {

// Names the keys of the rows of a batch. Thread-confined.
class KeyReader {
 public:
  explicit KeyReader(const KeyWork& work);

  // Takes the rows out that have no usable key (NULL_KEY, INVALID_KEY, or the error of a value),
  // and tombstones, which are dropped and counted. Hashes those that stay as exchanges do.
  void check(const record::RecordBatch& batch, Tally& tally);
  // Requires: the row is still kept.
  std::uint64_t hash(std::size_t row) const noexcept { return hashes_[row]; }

  // Names the keys of the rows that are kept now: `keys()[i]` is that of row `rows()[i]`.
  void name(const Tally& tally, std::size_t rows);
  std::span<const std::uint32_t> rows() const noexcept { return rows_; }
  std::span<const state::Key> keys() const noexcept { return keys_; }

  std::size_t fields() const noexcept { return columns_.size(); }
  // The values of a row's key as rows say them that leave the step.
  void values(std::size_t row, std::span<record::Value> out) const noexcept;

 private:
  const KeyWork work_;
  std::vector<record::Column> columns_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::size_t> ends_;  // of the keys in bytes_
  std::string bytes_;
  std::vector<record::Value> values_;
  std::vector<state::Key> keys_;
};

// The value as state::decode_key() gives it back: whole numbers as integers.
record::Value as_in_key(const record::Value& value) noexcept;

// Values of a key as rows say them that leave the step: doubles where `key` says so; else whole
// numbers as integers, and beyond int64 as doubles where they are doubles too, as they are read.
void tell_key(const KeyWork& key, std::span<record::Value> values) noexcept;

// The text of a key: of one field the value, else a JSON array of the values; with `start_us`
// always an array, and the time the last in it. Nothing: the only field is null. The text lies in
// the arena, or is the value's own. `scratch` is overwritten.
std::optional<std::string_view> key_text(std::span<const record::Value> values,
                                         std::optional<std::int64_t> start_us, base::Arena& arena,
                                         codec::TextBuffer& scratch);

}  // namespace leat::operators
