#include "flow/chain.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace leat::flow {

class Chain::NodeCollector final : public Collector {
 public:
  NodeCollector(Chain& chain, std::size_t node) noexcept : chain_(chain), node_(node) {}
  void emit(record::RecordBatch&& batch) override {
    chain_.forward(node_, chain_.nodes_[node_].next, std::move(batch));
  }
  void emit_side(record::RecordBatch&& batch) override {
    chain_.forward(node_, chain_.nodes_[node_].side, std::move(batch));
  }

 private:
  Chain& chain_;
  const std::size_t node_;
};

Chain::Chain(std::vector<ChainNode> nodes, std::unique_ptr<SinkWriter> dead_letters,
             std::unique_ptr<ErrorRoute> dead_letter_errors)
    : dead_letter_errors_(std::move(dead_letter_errors)),
      dead_letters_(std::move(dead_letters)),
      nodes_(std::move(nodes)) {
  LEAT_CHECK((dead_letters_ == nullptr) == (dead_letter_errors_ == nullptr));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    ChainNode& node = nodes_[i];
    LEAT_CHECK((node.op != nullptr) + (node.writer != nullptr) + (node.sender != nullptr) == 1);
    LEAT_CHECK(node.op == nullptr || node.stats != nullptr);
    LEAT_CHECK(node.op != nullptr || (node.next.empty() && node.side.empty()));
    for (const std::size_t reader : readers_of(i)) LEAT_CHECK(reader > i && reader < nodes_.size());
    if (node.op != nullptr && node.errors == nullptr)
      node.errors = std::make_unique<ErrorRoute>(ErrorPlace(), *node.stats);
    if (node.errors != nullptr) node.errors->connect(dead_letters_.get());
  }
  times_.resize(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    for (const std::size_t reader : readers_of(i))
      times_[i].next_inputs.push_back(add_input(reader));
}

std::vector<std::size_t> Chain::readers_of(std::size_t node) const {
  std::vector<std::size_t> readers = nodes_[node].next;
  readers.insert(readers.end(), nodes_[node].side.begin(), nodes_[node].side.end());
  return readers;
}

Chain::~Chain() { close(); }

Status Chain::open(SliceId slice, std::uint32_t slices, StateAccess* state) {
  open_ = true;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    ChainNode& node = nodes_[i];
    if (node.op == nullptr) continue;
    const OperatorContext context{slice, slices, *node.stats, *node.errors, node.clock, state};
    node.stats->watermark_us.store(record::kNoTime, std::memory_order_relaxed);
    node.stats->watermark_idle.store(false, std::memory_order_relaxed);
    if (Status status = node.op->open(context); !status.ok())
      return std::move(status).with("step", node.stats->step());
    if (node.op->has_timers()) timed_.push_back(i);
  }
  return {};
}

Status Chain::push(std::size_t node, record::RecordBatch batch, EpochId epoch) {
  LEAT_DCHECK(node < nodes_.size());
  if (batch.empty()) return {};
  epoch_ = epoch;
  for (ChainNode& each : nodes_)
    if (each.errors != nullptr) each.errors->begin(epoch);
  return run(node, batch);
}

Status Chain::settle(ChainNode& node) {
  if (node.errors != nullptr && node.errors->pending()) LEAT_RETURN_IF_ERROR(node.errors->flush());
  if (dead_letter_errors_ != nullptr && dead_letter_errors_->stopped())
    return dead_letter_errors_->flush();
  return {};
}

Status Chain::run(std::size_t index, record::RecordBatch& batch) {
  ChainNode& node = nodes_[index];
  if (node.writer != nullptr) {
    LEAT_RETURN_IF_ERROR(node.writer->write(batch, epoch_));
    return settle(node);
  }
  if (node.sender != nullptr) {
    node.sender->send(batch);
    return {};
  }
  NodeCollector collector(*this, index);
  if (Status status = node.op->process(batch, collector); !status.ok())
    return std::move(status).with("step", node.stats->step());
  LEAT_RETURN_IF_ERROR(settle(node));
  return std::move(broken_);
}

void Chain::forward(std::size_t from, const std::vector<std::size_t>& readers,
                    record::RecordBatch&& batch) {
  ChainNode& node = nodes_[from];
  if (batch.empty() || !broken_.ok() || node.errors->stopped()) return;
  LEAT_DCHECK(batch.size() <= record::RecordBatch::kRowsMax);
  emitted_ = true;
  const bool main_output = &readers == &node.next;
  if (main_output && node.tap != nullptr && node.tap->wanted()) show(node, batch);
  for (std::size_t i = 0; i < readers.size(); ++i) {
    Status status;
    if (i + 1 < readers.size()) {
      record::RecordBatch copy = batch.clone();
      status = run(readers[i], copy);
    } else {
      status = run(readers[i], batch);
    }
    if (!status.ok()) {
      broken_ = std::move(status);
      return;
    }
  }
}

std::size_t Chain::add_input(std::size_t node) {
  times_[node].inputs.emplace_back();
  return times_[node].inputs.size() - 1;
}

Status Chain::advance(std::size_t node, std::size_t input, const Watermark& watermark,
                      EpochId epoch) {
  epoch_ = epoch;
  for (ChainNode& each : nodes_)
    if (each.errors != nullptr) each.errors->begin(epoch);
  return pass(node, input, watermark);
}

Status Chain::pass(std::size_t index, std::size_t input, const Watermark& watermark) {
  Times& times = times_[index];
  times.inputs[input] = watermark;
  const Watermark now = lowest(times.inputs, times.out);
  if (now == times.out) return {};
  const bool moved = now.us > times.out.us;
  times.out = now;
  ChainNode& node = nodes_[index];
  if (node.sender != nullptr) node.sender->send(now);
  if (node.op == nullptr) return {};
  node.stats->watermark_us.store(now.us, std::memory_order_relaxed);
  node.stats->watermark_idle.store(now.idle, std::memory_order_relaxed);
  if (moved) {
    NodeCollector collector(*this, index);
    if (Status status = node.op->on_watermark(now, collector); !status.ok())
      return std::move(status).with("step", node.stats->step());
    LEAT_RETURN_IF_ERROR(settle(node));
    if (!broken_.ok()) return std::move(broken_);
  }
  for (std::size_t i = 0; i < times.next_inputs.size(); ++i) {
    const std::size_t reader =
        i < node.next.size() ? node.next[i] : node.side[i - node.next.size()];
    LEAT_RETURN_IF_ERROR(pass(reader, times.next_inputs[i], now));
  }
  return {};
}

WallTime Chain::next_timer() const noexcept {
  WallTime next = Operator::kNoTimer;
  for (const std::size_t node : timed_) next = std::min(next, nodes_[node].op->next_timer());
  return next;
}

Status Chain::fire_timers(WallTime now, EpochId epoch) {
  epoch_ = epoch;
  for (ChainNode& each : nodes_)
    if (each.errors != nullptr) each.errors->begin(epoch);
  for (const std::size_t index : timed_) {
    ChainNode& node = nodes_[index];
    if (node.op->next_timer() > now) continue;
    NodeCollector collector(*this, index);
    if (Status status = node.op->on_timer(now, collector); !status.ok())
      return std::move(status).with("step", node.stats->step());
    LEAT_RETURN_IF_ERROR(settle(node));
    if (!broken_.ok()) return std::move(broken_);
  }
  return {};
}

void Chain::show(ChainNode& node, const record::RecordBatch& batch) {
  if (node.tap_encoder != nullptr) node.tap->offer(batch, *node.tap_encoder);
}

Status Chain::end_epoch(EpochId epoch) {
  epoch_ = epoch;
  for (ChainNode& each : nodes_)
    if (each.errors != nullptr) each.errors->begin(epoch);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    ChainNode& node = nodes_[i];
    if (node.writer != nullptr) {
      LEAT_RETURN_IF_ERROR(node.writer->on_epoch_end(epoch));
      LEAT_RETURN_IF_ERROR(settle(node));
    } else if (node.sender != nullptr) {
      node.sender->send(Barrier{epoch});
    } else {
      NodeCollector collector(*this, i);
      if (Status status = node.op->on_epoch_end(epoch, collector); !status.ok())
        return std::move(status).with("step", node.stats->step());
      LEAT_RETURN_IF_ERROR(settle(node));
      if (!broken_.ok()) return std::move(broken_);
    }
  }
  if (dead_letters_ == nullptr) return {};
  LEAT_RETURN_IF_ERROR(dead_letters_->on_epoch_end(epoch));
  return dead_letter_errors_->flush();
}

Blocked Chain::blocked() {
  Blocked reason = Blocked::none;
  for (ChainNode& node : nodes_) {
    if (node.sender != nullptr && !node.sender->clear() && reason == Blocked::none)
      reason = Blocked::exchange;
    if (node.writer != nullptr && !node.writer->ready()) reason = Blocked::sink;
  }
  if (dead_letters_ != nullptr && !dead_letters_->ready()) reason = Blocked::sink;
  return reason;
}

Instant Chain::serve(Instant now) {
  Instant again = base::kNever;
  for (ChainNode& node : nodes_) {
    if (node.writer == nullptr) continue;
    again = std::min(again, node.writer->serve(now));
    if (Status status = settle(node); !status.ok()) failure_ = std::move(status);
  }
  if (dead_letters_ == nullptr) return again;
  again = std::min(again, dead_letters_->serve(now));
  if (Status status = dead_letter_errors_->flush(); !status.ok()) failure_ = std::move(status);
  return again;
}

void Chain::close() noexcept {
  if (!std::exchange(open_, false)) return;
  for (ChainNode& node : nodes_) {
    if (node.op != nullptr) node.op->close();
    if (node.writer != nullptr) node.writer->close();
  }
  if (dead_letters_ != nullptr) dead_letters_->close();
}

}  // namespace leat::flow
