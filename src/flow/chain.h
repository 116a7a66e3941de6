#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "flow/error_route.h"
#include "flow/exchange.h"
#include "flow/operator.h"
#include "flow/sink.h"
#include "flow/tap.h"

namespace leat::flow {

// One place of a chain: an operator, a sink writer or an exchange sender (exactly one is set), and
// who reads it.
struct ChainNode {
  std::unique_ptr<Operator> op;
  std::unique_ptr<SinkWriter> writer;
  std::unique_ptr<ExchangeSender> sender;
  std::vector<std::size_t> next;       // indexes above its own; empty for writers and senders
  std::vector<std::size_t> side;       // the same: readers of an operator's side output
  StepStats* stats = nullptr;          // of the step, for operators
  SourceClock* clock = nullptr;        // of the source, for operators that work for one
  std::unique_ptr<ErrorRoute> errors;  // of an operator or writer; null = an operator's failed rows
                                       // are dropped
  TapPoint* tap = nullptr;             // shows what leaves the operator; null = no tap here
  std::unique_ptr<record::RowEncoder> tap_encoder;
};

// What keeps a chain from taking more.
enum class Blocked : std::uint8_t { none, sink, exchange };

// The operators of one stage in one task, called directly one after the other; nodes stand in
// topological order. Thread-confined.
class Chain {
 public:
  // Requires: exactly one of operator, writer and sender in each node, with the stats of its step
  // for an operator. `dead_letters` takes those of all nodes; it needs a route of its own, which
  // stops the pipeline when one cannot be written.
  explicit Chain(std::vector<ChainNode> nodes, std::unique_ptr<SinkWriter> dead_letters = nullptr,
                 std::unique_ptr<ErrorRoute> dead_letter_errors = nullptr);
  ~Chain();
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  // `state`: of the pipeline; null = no operator keeps any.
  Status open(SliceId slice, std::uint32_t slices, StateAccess* state = nullptr);
  // Sends a batch in at `node` and on to the end. Records go to `epoch`. An error is final: the
  // chain must not be used again.
  Status push(std::size_t node, record::RecordBatch batch, EpochId epoch);
  // A new input of `node` from outside of the chain, whose watermarks count from now on. Before the
  // first advance().
  std::size_t add_input(std::size_t node);
  // The watermark of an input of `node`: operators that it moves may emit rows, into `epoch`.
  Status advance(std::size_t node, std::size_t input, const Watermark& watermark, EpochId epoch);
  // When an operator wants on_timer(); kNoTimer = never.
  WallTime next_timer() const noexcept;
  // Fires the timers of processing time that are due, into `epoch`.
  Status fire_timers(WallTime now, EpochId epoch);
  // Whether operators have emitted rows since the last call.
  bool take_emitted() noexcept { return std::exchange(emitted_, false); }
  // The epoch ends here: operators flush, writers hand over, senders pass the barrier on.
  Status end_epoch(EpochId epoch);
  // True when every writer and every edge takes more: otherwise the task must not push.
  bool ready() { return blocked() == Blocked::none; }
  // The same with the reason. Moves what waits at the edges on as far as there is room.
  Blocked blocked();
  // Lets writers send and take acknowledgements; the earliest instant at which they want to be
  // called again.
  Instant serve(Instant now);
  // What writers met outside of push() and end_epoch(): final too.
  Status take_failure() { return std::exchange(failure_, Status()); }
  void close() noexcept;

 private:
  class NodeCollector;
  Status run(std::size_t node, record::RecordBatch& batch);
  void forward(std::size_t from, const std::vector<std::size_t>& readers,
               record::RecordBatch&& batch);
  void show(ChainNode& node, const record::RecordBatch& batch);
  // Writes the dead letters of the node.
  Status settle(ChainNode& node);
  Status pass(std::size_t node, std::size_t input, const Watermark& watermark);
  // Of both outputs, those of the main one first.
  std::vector<std::size_t> readers_of(std::size_t node) const;

  // How far event time is at a node: at its inputs, and what follows from them.
  struct Times {
    std::vector<Watermark> inputs;
    Watermark out;
    std::vector<std::size_t> next_inputs;  // which input of each reader it is
  };

  std::unique_ptr<ErrorRoute> dead_letter_errors_;
  std::unique_ptr<SinkWriter> dead_letters_;
  std::vector<ChainNode> nodes_;
  std::vector<Times> times_;        // by node
  std::vector<std::size_t> timed_;  // operators with timers of processing time
  EpochId epoch_;
  Status broken_;  // the first error below an operator that was emitting
  Status failure_;
  bool emitted_ = false;
  bool open_ = false;
};

}  // namespace leat::flow
