#include "operators/keyed/made_rows.h"

#include <array>
#include <charconv>
#include <utility>

#include "operators/keyed/key_reader.h"
#include "record/key_hash.h"
#include "state/key_codec.h"

namespace leat::operators {

using record::RecordBatch;
using record::Value;

namespace {

// Rows without a record of one time are told apart by this in their place among others.
constexpr int kOrdinalBits = 24;

std::uint64_t identity_hash(const MadeRows::Row& row) noexcept {
  if (!row.epoch || !row.window) return row.hash;
  // An epoch may make several rows of one key.
  return record::mix_key(row.hash, Value::timestamp(row.window->start_us));
}

}  // namespace

MadeRows::MadeRows(const AggregateWork& work, const CallStates& states)
    : states_(states),
      step_(work.step),
      key_(work.key),
      key_encoder_(work.make_key_encoder ? work.make_key_encoder() : nullptr),
      writer_(work) {}

const std::string_view* MadeRows::name(const Row& row, base::Arena& arena) const {
  constexpr std::size_t kNumbers = 2 + 16 + 21;
  char* const start = arena.allocate(step_.size() + kNumbers, 1);
  char* at = start + step_.copy(start, step_.size());
  *at++ = '/';
  const std::uint64_t hash = identity_hash(row);
  for (int shift = 60; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[hash >> shift & 0xF];
  *at++ = '/';
  char* const end = start + step_.size() + kNumbers;
  if (row.epoch)
    at = std::to_chars(at, end, row.epoch->value()).ptr;
  else
    at = std::to_chars(at, end, row.window ? floor_ms(row.window->start_us) : 0).ptr;
  const auto used = static_cast<std::size_t>(at - start);
  arena.shrink_last(start, used);
  std::string_view* const text = arena.array<std::string_view>(1).data();
  *text = {start, used};
  return text;
}

Status MadeRows::add(const Row& row, flow::Collector& out) {
  if (!memory_) memory_ = base::Ref<record::BatchMemory>(new record::BatchMemory());
  base::Arena& arena = memory_->arena();
  const std::size_t fields = key_.columns.size();
  keys_.resize((staged_.size() + 1) * fields);
  const std::span<Value> key = std::span(keys_).last(fields);
  if (!state::decode_key(row.key, arena, key))
    return Status(Code::data_loss, "a key in the state is damaged").with("step", step_);
  tell_key(key_, key);
  results_.resize((staged_.size() + 1) * states_.size());
  if (row.block != nullptr)
    states_.results(row.block, arena, std::span(results_).last(states_.size()));
  staged_.push_back({row.window, row.event_us, row.watermark_us, row.hash, row.block == nullptr,
                     name(row, arena)});
  if (staged_.size() == RecordBatch::kRowsMax) flush(out);
  return {};
}

Status MadeRows::fail(const Row& row, const record::RowError& error, flow::ErrorRoute& errors) {
  RecordBatch rows(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  std::vector<Value> key(key_.columns.size());
  if (!state::decode_key(row.key, rows.arena(), key))
    return Status(Code::data_loss, "a key in the state is damaged").with("step", step_);
  tell_key(key_, key);
  rows.rows().emplace_back().watermark_us = row.watermark_us;
  writer_.bind(rows);
  writer_.identity(0, key, row.window, row.event_us);
  record::Row failed = rows.rows().front();
  std::string_view text;
  const record::RowError* unwritable = nullptr;
  if (key_encoder_ != nullptr) key_encoder_->encode(rows, {&text, 1}, {&unwritable, 1});
  if (unwritable == nullptr) failed.value = rows.arena().copy(text);
  errors.fail(rows.memory(), failed, error);
  return {};
}

void MadeRows::flush(flow::Collector& out) {
  if (staged_.empty()) return;
  RecordBatch rows(std::exchange(memory_, {}));
  rows.now = now_;
  for (const Staged& staged : staged_) {
    record::Row row;
    row.made_as = staged.made_as;
    row.watermark_us = staged.watermark_us;
    row.ordinal = staged.hash >> (64 - kOrdinalBits);
    rows.rows().push_back(row);
  }
  writer_.bind(rows);
  const std::size_t fields = key_.columns.size();
  for (std::size_t i = 0; i < staged_.size(); ++i) {
    const Staged& staged = staged_[i];
    const auto key = std::span<const Value>(keys_).subspan(i * fields, fields);
    if (staged.tombstone)
      writer_.tombstone(i, key, staged.window.value_or(WindowTimes()));
    else
      writer_.identity(i, key, staged.window, staged.event_us);
    for (std::size_t c = 0; !staged.tombstone && c < states_.size(); ++c)
      writer_.result(i, c, results_[i * states_.size() + c]);
  }
  staged_.clear();
  keys_.clear();
  results_.clear();
  stats_->out.add(rows.size());
  out.emit(std::move(rows));
}

SplitRows::SplitRows(const AggregateWork& work, const CallStates& states)
    : states_(states),
      fields_(work.key.columns.size()),
      keep_row_(work.keep_row),
      several_(work.several),
      writer_(work) {}

bool SplitRows::add(const RecordBatch& batch, std::uint32_t row, std::uint64_t position,
                    std::span<const Value> key, const WindowTimes& window, const void* block) {
  rows_.push_back(row);
  staged_.push_back({window, position, block == nullptr});
  keys_.insert(keys_.end(), key.begin(), key.end());
  results_.resize(staged_.size() * states_.size());
  if (block != nullptr)
    states_.results(block, batch.arena(), std::span(results_).last(states_.size()));
  return staged_.size() == RecordBatch::kRowsMax;
}

// Only rows that stay the record's need its columns.
RecordBatch SplitRows::pick(const RecordBatch& batch) const {
  if (keep_row_) return batch.gather(rows_);
  RecordBatch rows(record::BatchMemory::child(batch.memory()));
  rows.now = batch.now;
  for (const std::uint32_t row : rows_) rows.rows().push_back(batch.rows()[row]);
  return rows;
}

void SplitRows::flush(const RecordBatch& batch, flow::Collector& out) {
  if (staged_.empty()) return;
  RecordBatch rows = pick(batch);
  writer_.bind(rows);
  for (std::size_t i = 0; i < staged_.size(); ++i) {
    const Staged& staged = staged_[i];
    record::Row& row = rows.rows()[i];
    row.ordinal = (several_ ? row.ordinal << kBits : 0) | staged.position;
    const auto key = std::span<const Value>(keys_).subspan(i * fields_, fields_);
    if (staged.tombstone)
      writer_.tombstone(i, key, staged.window);
    else
      writer_.identity(i, key, staged.window, 0);
    for (std::size_t c = 0; !staged.tombstone && c < states_.size(); ++c)
      writer_.result(i, c, results_[i * states_.size() + c]);
  }
  rows_.clear();
  staged_.clear();
  keys_.clear();
  results_.clear();
  stats_->out.add(rows.size());
  out.emit(std::move(rows));
}

}  // namespace leat::operators
