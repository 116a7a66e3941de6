#include "flow/error_route.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/log.h"
#include "flow/sink.h"

namespace leat::flow {
namespace {

constexpr std::string_view kOriginHeader = "leat-src";
constexpr std::size_t kHeadersMax = 13;  // of our own

template <class Number>
char* put(char* at, Number number) {
  constexpr std::size_t kDigitsMax = 20;
  return std::to_chars(at, at + kDigitsMax, number).ptr;
}

template <class Number>
std::string_view text_of(Number number, base::Arena& arena) {
  std::array<char, 20> text{};
  const char* const end = put(text.data(), number);
  return arena.copy({text.data(), static_cast<std::size_t>(end - text.data())});
}

// "<topic>-<partition>-<offset>-0": a dead letter is the first output of its record.
std::string_view origin_of(const record::Row& row, base::Arena& arena) {
  const std::string& topic = row.origin->topic;
  constexpr std::size_t kNumbers = 2 * 21 + 2;
  char* const start = arena.allocate(topic.size() + kNumbers, 1);
  char* at = std::copy(topic.begin(), topic.end(), start);
  *at++ = '-';
  at = put(at, row.origin->partition.value());
  *at++ = '-';
  at = put(at, row.offset);
  *at++ = '-';
  *at++ = '0';
  const auto used = static_cast<std::size_t>(at - start);
  arena.shrink_last(start, used);
  return {start, used};
}

// What no JSON can say is null in a dead letter.
void blank_unwritable(const record::RecordBatch& alone) {
  constexpr std::int64_t kFirstYear = -62'135'596'800'000'000;  // 0001-01-01T00:00:00Z
  constexpr std::int64_t kBeyond = 253'402'300'800'000'000;     // 10000-01-01T00:00:00Z
  for (std::size_t c = 0; c < alone.columns(); ++c) {
    const record::Column column = alone.column(c);
    if (column.empty()) continue;
    record::Value& value = column.front();
    const bool number = value.is(record::Type::real) && !std::isfinite(value.as_real());
    const bool time = value.is(record::Type::timestamp) &&
                      (value.as_integer() < kFirstYear || value.as_integer() >= kBeyond);
    if (number || time || value.is(record::Type::error)) value = record::Value::null();
  }
}

class Headers {
 public:
  Headers(const record::Row& row, base::Arena& arena)
      : all_(arena.array<record::Header>(row.all_headers().size() + kHeadersMax)) {
    for (const record::Header& header : row.all_headers())
      if (header.name != kOriginHeader) all_[count_++] = header;
  }
  void add(std::string_view name, std::string_view value) { all_[count_++] = {name, value, false}; }
  void give(record::Row& row) const noexcept { row.set_headers(all_.first(count_)); }

 private:
  const std::span<record::Header> all_;
  std::size_t count_ = 0;
};

}  // namespace

void ErrorRoute::fail(const base::Ref<record::BatchMemory>& memory, const record::Row& row,
                      const record::RowError& error) {
  switch (place_.action) {
    case spec::ErrorAction::skip:
      stats_.row_skipped(
          place_.stage == ErrorPlace::kDecode ? DropReason::decode : DropReason::skip, error, row);
      return;
    case spec::ErrorAction::stop:
      stats_.row_failed("the pipeline stops", error, row);
      if (status_.ok()) status_ = stop_status(row, error);
      return;
    case spec::ErrorAction::dead_letter:
      stats_.row_failed("dead letter", error, row);
      if (is_written(row)) return;
      stats_.dead_lettered.add();
      if (dead_letters_ != nullptr) add_letter(memory, row, error);
      return;
  }
}

void ErrorRoute::fail(const record::RecordBatch& batch, std::size_t row,
                      const record::RowError& error) {
  const record::Row& failed = batch.rows()[row];
  if (!failed.made() || encoder_ == nullptr) return fail(batch.memory(), failed, error);
  record::Row told = failed;
  told.source = nullptr;
  told.value = {};
  for (const bool all : {true, false}) {
    const auto index = static_cast<std::uint32_t>(row);
    record::RecordBatch alone = batch.gather({&index, 1});
    if (!all) blank_unwritable(alone);
    std::string_view text;
    const record::RowError* unwritable = nullptr;
    encoder_->encode(alone, {&text, 1}, {&unwritable, 1});
    if (unwritable != nullptr) continue;
    told.value = batch.arena().copy(text);
    break;
  }
  fail(batch.memory(), told, error);
}

// Rows of one record follow each other, or come again when it takes two ways to this place.
bool ErrorRoute::is_written(const record::Row& row) {
  if (row.origin == nullptr || row.made()) return false;
  const Identity identity{row.origin, row.offset};
  if (std::find(written_.rbegin(), written_.rend(), identity) != written_.rend()) return true;
  written_.push_back(identity);
  return log_ != nullptr && !log_->first(stats_.step(), row.origin, row.offset, epoch_);
}

void ErrorRoute::add_letter(const base::Ref<record::BatchMemory>& memory, const record::Row& row,
                            const record::RowError& error) {
  if (letters_.size() == record::RecordBatch::kRowsMax ||
      (!letters_.empty() && letters_.memory().get() != memory.get())) {
    if (Status status = flush(); !status.ok()) return;
  }
  if (letters_.empty()) letters_ = record::RecordBatch(memory);
  base::Arena& arena = memory->arena();
  record::Row letter = row;
  letter.value = row.source_value();
  letter.source = nullptr;
  letter.ordinal = 0;
  Headers headers(row, arena);
  const bool of_record = row.origin != nullptr && !row.made();
  if (of_record) {
    headers.add("__connect.errors.topic", row.origin->topic);
    headers.add("__connect.errors.partition", text_of(row.origin->partition.value(), arena));
    headers.add("__connect.errors.offset", text_of(row.offset, arena));
  }
  headers.add("__connect.errors.connector.name", stats_.pipeline());
  headers.add("__connect.errors.task.id", text_of(place_.task, arena));
  headers.add("__connect.errors.stage", place_.stage);
  headers.add("__connect.errors.class.name", place_.kind);
  headers.add("__connect.errors.exception.class.name", error.code);
  headers.add("__connect.errors.exception.message", error.message);
  headers.add("leat-pipeline", stats_.pipeline());
  headers.add("leat-step", stats_.step());
  headers.add("leat-error", error.code);
  if (of_record) headers.add(kOriginHeader, origin_of(row, arena));
  headers.give(letter);
  letters_.rows().push_back(letter);
}

Status ErrorRoute::stop_status(const record::Row& row, const record::RowError& error) const {
  std::string place = "a record";
  if (row.origin != nullptr)
    place = row.origin->topic + "-" + std::to_string(row.origin->partition.value()) + "-" +
            std::to_string(row.offset);
  return Status(Code::invalid_argument, "STOPPED_BY_RECORD: `" + stats_.step() + "` cannot take " +
                                            place + ": " + std::string(error.code) + ", " +
                                            std::string(error.message))
      .with("stop", "true");
}

Status ErrorRoute::flush(EpochId epoch) {
  if (!letters_.empty()) {
    record::RecordBatch letters = std::exchange(letters_, {});
    Status status = dead_letters_->write(letters, epoch);
    if (!status.ok() && status_.ok())
      status_ = std::move(status).with("dead_letters_of", stats_.step());
  }
  return status_;
}

void SourceEncoder::encode(const record::RecordBatch& batch, std::span<std::string_view> out,
                           std::span<const record::RowError*> errors) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    out[i] = batch.rows()[i].value;
    errors[i] = nullptr;
  }
}

}  // namespace leat::flow
