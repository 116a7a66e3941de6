#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "base/wakeup.h"
#include "flow/error_route.h"
#include "flow/ledger.h"
#include "flow/stats.h"
#include "record/batch.h"
#include "record/layout.h"
#include "spec/pipeline.h"

namespace leat::flow {

// How a sink makes key, headers and timestamp of a row: the plan turned expressions into columns.
struct SinkBinding {
  struct FromRecord {};
  struct None {};
  struct Column {
    std::size_t index;
  };
  using Text = std::variant<FromRecord, None, std::string, Column>;
  struct HeaderRule {
    std::string name;
    std::variant<None, std::string, Column> value;  // None removes
  };
  std::unique_ptr<record::RowEncoder> encoder;
  Text key = FromRecord{};
  std::vector<HeaderRule> headers;
  std::optional<std::size_t> timestamp_column;  // timestamp (µs) or integer ms
  std::optional<std::size_t> topic_column;      // a valid name, for every row
};

struct WriterContext {
  SliceId slice;
  StepStats& stats;
  LatencyStats& latency;
  Ledger& ledger;
  base::Wakeup& worker;
  const base::Clock& clock;
  ErrorRoute& errors;  // takes the rows that cannot be written; outlives the writer
};

// One slice of one sink, on the worker thread of its task. Nothing blocks.
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;
  // False = back pressure: the task takes no more input until it is true again; the writer then
  // wakes the worker.
  virtual bool ready() = 0;
  // Takes the rows: each is counted in the ledger of `epoch` until it is acknowledged. A row that
  // cannot be written goes to the error route instead; when that shows only later, it stays in the
  // ledger until the route was flushed. Order per (origin, key) is kept.
  virtual Status write(record::RecordBatch& batch, EpochId epoch) = 0;
  // Hands everything written so far to the outside: the epoch ends.
  virtual Status on_epoch_end(EpochId epoch) = 0;
  // Called on every step of the worker: sends what waits, takes acknowledgements. Returns when it
  // must be called again at the latest (kNever = on wake-up only).
  virtual Instant serve(Instant now) = 0;
  virtual void close() noexcept {}
};

// What the coordinator learns from a sink; thread-safe, any thread.
class SinkListener {
 public:
  virtual ~SinkListener() = default;
  virtual void on_sink_connected(bool connected, std::string_view reason,
                                 std::string_view message) = 0;
  // A record can never be delivered, or the producer is broken: the pipeline restarts from its last
  // commit with back-off.
  virtual void on_sink_failed(Status status) = 0;
  // The sink would work better made anew: a restart behind a commit, when it suits.
  virtual void on_sink_outdated() {}
};

// Writes for one pipeline: all sinks of one kind (one producer for all Kafka sinks). Control
// thread; writers go before it.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status start(SinkListener& listener, base::Wakeup& control) = 0;
  // The writer of sink `sink` (index in the definition). Requires: after start().
  virtual Result<std::unique_ptr<SinkWriter>> make_writer(std::uint32_t sink, SinkBinding binding,
                                                          const WriterContext& context) = 0;
  virtual Instant serve(Instant now) = 0;
  // True once every destination was seen to be reachable; that of dead letters does not count.
  virtual bool connected() const noexcept = 0;
};

struct SinkContext {
  std::string application;
  std::string instance;
  std::string pipeline;
  const base::Clock& clock;
  // Of the sink that takes dead letters, when it is among those asked for: its records come with all
  // their headers, it takes a batch even when it is not ready and none waits, and the pipeline runs
  // while it is not connected.
  std::optional<std::uint32_t> dead_letters = {};
  std::string dead_letter_file = {};  // where they go without Kafka
};
using SinkFactory = std::function<Result<std::unique_ptr<Sink>>(
    const SinkContext&, std::vector<const spec::SinkSpec*> specs,
    std::vector<std::uint32_t> indexes)>;

}  // namespace leat::flow
