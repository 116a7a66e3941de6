#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "flow/exchange.h"
#include "flow/operator.h"
#include "flow/sink.h"
#include "flow/tap.h"

namespace leat::flow {

// One place of a chain: an operator, a sink writer or an exchange sender (exactly one is set), and who reads it.
struct ChainNode {
  std::unique_ptr<Operator> op;
  std::unique_ptr<SinkWriter> writer;
  std::unique_ptr<ExchangeSender> sender;
  std::vector<std::size_t> next;            // indexes above its own; empty for writers and senders
  StepStats* stats = nullptr;               // of the step, for operators
  TapPoint* tap = nullptr;                  // shows what leaves the operator; null = no tap here
  std::unique_ptr<record::RowEncoder> tap_encoder;
};

// The operators of one stage in one task, called directly one after the other; nodes stand in topological order. Thread-confined.
class Chain {
 public:
  explicit Chain(std::vector<ChainNode> nodes);
  ~Chain();

  Status open(SliceId slice, std::uint32_t slices);
  // Sends a batch in at `node` and on to the end. Records go to `epoch`.
  Status push(std::size_t node, record::RecordBatch batch, EpochId epoch);
  // The epoch ends here: operators flush, writers hand over, senders pass the barrier on.
  Status end_epoch(EpochId epoch);
  // True when every writer and every edge takes more: otherwise the task must not push.
  bool ready();
  // Lets writers send and take acknowledgements; the earliest instant at which they want to be called again.
  Instant serve(Instant now);
  void close() noexcept;

 private:
  class NodeCollector;
  Status run(std::size_t node, record::RecordBatch& batch);
  Status forward(std::size_t from, record::RecordBatch&& batch);

  std::vector<ChainNode> nodes_;
  EpochId epoch_;
};

}  // namespace leat::flow
