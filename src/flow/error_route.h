#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/ref.h"
#include "base/status.h"
#include "flow/stats.h"
#include "record/batch.h"
#include "record/layout.h"
#include "spec/pipeline.h"

namespace leat::flow {

class SinkWriter;

// Where dead letters go that the definition names no topic for.
inline std::string default_dead_letter_topic(const std::string& pipeline) {
  return pipeline + "-dead-letter";
}

// Where rows fail, and what becomes of them there. A value, made from the definition.
struct ErrorPlace {
  static constexpr const char* kDecode = "VALUE_CONVERTER";  // a source's bytes cannot be read
  static constexpr const char* kRecord = "TRANSFORMATION";   // a step or sink cannot take a row

  spec::ErrorAction action = spec::ErrorAction::skip;
  std::string stage = kRecord;
  std::string kind;        // what failed: the format of a source, the verb of a step, `sink`
  std::uint32_t task = 0;  // over the whole pipeline
};

// Knows which records became dead letters of a step, over all tasks of a run. Thread-safe.
class LetterLog {
 public:
  virtual ~LetterLog() = default;
  // True for the first that asks of a record and step in its epoch. `step` and `origin` outlive the
  // epoch.
  virtual bool first(std::string_view step, const record::Origin* origin, std::int64_t offset,
                     EpochId epoch) = 0;
};

// Takes the rows that fail at one place of a chain: counts them and, by the place's action, drops
// them, writes their source records as dead letters, or tells the chain to stop. A record is
// written once however many of its rows fail here while one batch is pushed through the chain;
// with a shared log, however many do in its epoch.
// Thread-confined to the worker of its task.
class ErrorRoute {
 public:
  // `stats` of the source, step or sink whose rows these are.
  ErrorRoute(ErrorPlace place, StepStats& stats) : place_(std::move(place)), stats_(stats) {}
  ErrorRoute(const ErrorRoute&) = delete;
  ErrorRoute& operator=(const ErrorRoute&) = delete;

  // Where dead letters go from now on; without one they are only counted.
  void connect(SinkWriter* dead_letters) noexcept { dead_letters_ = dead_letters; }
  // Rows that come here were made of several records: `encoder` writes what their dead letters hold.
  void encode_by(std::unique_ptr<record::RowEncoder> encoder) noexcept {
    encoder_ = std::move(encoder);
  }
  // Rows of one record may fail in several tasks, or in several pushes: `log` knows of all.
  void share(LetterLog& log) noexcept { log_ = &log; }
  bool wants_dead_letters() const noexcept {
    return place_.action == spec::ErrorAction::dead_letter;
  }

  // A batch of `epoch` comes.
  void begin(EpochId epoch) noexcept {
    epoch_ = epoch;
    written_.clear();
  }
  // The row of the batch at hand fails.
  void fail(const record::RecordBatch& batch, std::size_t row, const record::RowError& error);
  // The row, of the batch at hand or of an earlier one, fails. `memory` holds what it views, and gets
  // what its dead letter needs besides.
  void fail(const base::Ref<record::BatchMemory>& memory, const record::Row& row,
            const record::RowError& error);
  // Rows failed that flush() has something to do for.
  bool pending() const noexcept { return !letters_.empty() || !status_.ok(); }
  // A row asked the pipeline to stop, or dead letters cannot be written: nothing may leave here.
  bool stopped() const noexcept { return !status_.ok(); }
  // Writes dead letters that wait, into the epoch of the batch. Not ok: the pipeline must stop. The
  // field `stop` = "true" says that trying again is of no use.
  Status flush() { return flush(epoch_); }
  // The same for rows of an earlier batch: they belong to `epoch`, which is not acknowledged yet.
  Status flush(EpochId epoch);

 private:
  using Identity = std::pair<const record::Origin*, std::int64_t>;

  bool is_written(const record::Row& row);
  void add_letter(const base::Ref<record::BatchMemory>& memory, const record::Row& row,
                  const record::RowError& error);
  Status stop_status(const record::Row& row, const record::RowError& error) const;

  const ErrorPlace place_;
  StepStats& stats_;
  std::unique_ptr<record::RowEncoder> encoder_;  // null = rows are those of records
  SinkWriter* dead_letters_ = nullptr;
  LetterLog* log_ = nullptr;
  EpochId epoch_;
  record::RecordBatch letters_;
  std::vector<Identity> written_;  // by this push
  Status status_;
};

// Writes the records of dead letters as they came: the encoder of every dead-letter sink.
class SourceEncoder final : public record::RowEncoder {
 public:
  void encode(const record::RecordBatch& batch, std::span<std::string_view> out,
              std::span<const record::RowError*> errors) override;
};

}  // namespace leat::flow
