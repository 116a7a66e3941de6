#include "flow/chain.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace leat::flow {

class Chain::NodeCollector final : public Collector {
 public:
  NodeCollector(Chain& chain, std::size_t node) noexcept : chain_(chain), node_(node) {}
  void emit(record::RecordBatch&& batch) override { chain_.forward(node_, std::move(batch)); }

 private:
  Chain& chain_;
  const std::size_t node_;
};

Chain::Chain(std::vector<ChainNode> nodes) : nodes_(std::move(nodes)) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const ChainNode& node = nodes_[i];
    LEAT_CHECK((node.op != nullptr) + (node.writer != nullptr) + (node.sender != nullptr) == 1);
    LEAT_CHECK(node.op == nullptr || node.stats != nullptr);
    LEAT_CHECK(node.op != nullptr || node.next.empty());
    for (const std::size_t reader : node.next) LEAT_CHECK(reader > i && reader < nodes_.size());
  }
}

Chain::~Chain() { close(); }

Status Chain::open(SliceId slice, std::uint32_t slices) {
  open_ = true;
  for (ChainNode& node : nodes_) {
    if (node.op == nullptr) continue;
    const OperatorContext context{slice, slices, *node.stats};
    if (Status status = node.op->open(context); !status.ok())
      return std::move(status).with("step", node.stats->step());
  }
  return {};
}

Status Chain::push(std::size_t node, record::RecordBatch batch, EpochId epoch) {
  LEAT_DCHECK(node < nodes_.size());
  if (batch.empty()) return {};
  epoch_ = epoch;
  return run(node, batch);
}

Status Chain::run(std::size_t index, record::RecordBatch& batch) {
  ChainNode& node = nodes_[index];
  if (node.writer != nullptr) return node.writer->write(batch, epoch_);
  if (node.sender != nullptr) {
    node.sender->send(batch);
    return {};
  }
  NodeCollector collector(*this, index);
  if (Status status = node.op->process(batch, collector); !status.ok())
    return std::move(status).with("step", node.stats->step());
  return std::move(broken_);
}

void Chain::forward(std::size_t from, record::RecordBatch&& batch) {
  if (batch.empty() || !broken_.ok()) return;
  LEAT_DCHECK(batch.size() <= record::RecordBatch::kRowsMax);
  ChainNode& node = nodes_[from];
  if (node.tap != nullptr && node.tap->wanted()) show(node, batch);
  for (std::size_t i = 0; i < node.next.size(); ++i) {
    Status status;
    if (i + 1 < node.next.size()) {
      record::RecordBatch copy = batch.clone();
      status = run(node.next[i], copy);
    } else {
      status = run(node.next[i], batch);
    }
    if (!status.ok()) {
      broken_ = std::move(status);
      return;
    }
  }
}

void Chain::show(ChainNode& node, const record::RecordBatch& batch) {
  if (node.tap_encoder != nullptr) node.tap->offer(batch, *node.tap_encoder);
}

Status Chain::end_epoch(EpochId epoch) {
  epoch_ = epoch;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    ChainNode& node = nodes_[i];
    if (node.writer != nullptr) {
      LEAT_RETURN_IF_ERROR(node.writer->on_epoch_end(epoch));
    } else if (node.sender != nullptr) {
      node.sender->send(Barrier{epoch});
    } else {
      NodeCollector collector(*this, i);
      if (Status status = node.op->on_epoch_end(epoch, collector); !status.ok())
        return std::move(status).with("step", node.stats->step());
      if (!broken_.ok()) return std::move(broken_);
    }
  }
  return {};
}

Blocked Chain::blocked() {
  Blocked reason = Blocked::none;
  for (ChainNode& node : nodes_) {
    if (node.sender != nullptr && !node.sender->clear() && reason == Blocked::none)
      reason = Blocked::exchange;
    if (node.writer != nullptr && !node.writer->ready()) reason = Blocked::sink;
  }
  return reason;
}

Instant Chain::serve(Instant now) {
  Instant again = base::kNever;
  for (ChainNode& node : nodes_)
    if (node.writer != nullptr) again = std::min(again, node.writer->serve(now));
  return again;
}

void Chain::close() noexcept {
  if (!std::exchange(open_, false)) return;
  for (ChainNode& node : nodes_) {
    if (node.op != nullptr) node.op->close();
    if (node.writer != nullptr) node.writer->close();
  }
}

}  // namespace leat::flow
