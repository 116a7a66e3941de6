#include "flow/exchange.h"

#include <utility>

#include "base/check.h"
#include "record/key_hash.h"

namespace leat::flow {

ExchangeEdge::ExchangeEdge(base::Wakeup& upstream, base::Wakeup& downstream,
                           std::size_t credit_bytes)
    : upstream_(upstream), downstream_(downstream), credit_bytes_(credit_bytes), ring_(kItemsMax) {
  LEAT_CHECK(credit_bytes > 0);
}

bool ExchangeEdge::fits(std::size_t bytes) const noexcept {
  const std::size_t items = items_.load(std::memory_order_seq_cst);
  if (items == 0) return true;
  return items < kItemsMax && bytes_.load(std::memory_order_seq_cst) + bytes <= credit_bytes_;
}

bool ExchangeEdge::below_low_mark() const noexcept {
  return bytes_.load(std::memory_order_seq_cst) <= credit_bytes_ / 2 &&
         items_.load(std::memory_order_seq_cst) <= kItemsMax / 2;
}

bool ExchangeEdge::can_resume() const noexcept {
  return below_low_mark() && (waiting_.empty() || fits(waiting_.front().bytes));
}

void ExchangeEdge::push(Item item) {
  Slot slot;
  if (const auto* batch = std::get_if<record::RecordBatch>(&item)) slot.bytes = batch->bytes();
  // Of watermarks that have to wait only the last one counts.
  if (std::holds_alternative<Watermark>(item) && !waiting_.empty() &&
      std::holds_alternative<Watermark>(waiting_.back().item))
    waiting_.pop_back();
  slot.item = std::move(item);
  waiting_.push_back(std::move(slot));
  if (!paused_) fill();
}

// Moves items while they fit; false when one has to wait or the credit is used up.
bool ExchangeEdge::fill() {
  bool pushed = false;
  while (!waiting_.empty() && fits(waiting_.front().bytes)) {
    Slot& slot = waiting_.front();
    // Counted before it can be seen, so that the downstream never takes away what is not counted
    // yet.
    bytes_.fetch_add(slot.bytes, std::memory_order_seq_cst);
    items_.fetch_add(1, std::memory_order_seq_cst);
    const bool done = ring_.try_push(slot);
    LEAT_CHECK(done);  // items_ is never less than what the ring holds
    waiting_.pop_front();
    pushed = true;
  }
  if (pushed) downstream_.wake();
  return waiting_.empty() && bytes_.load(std::memory_order_seq_cst) < credit_bytes_ &&
         items_.load(std::memory_order_seq_cst) < kItemsMax;
}

bool ExchangeEdge::clear() {
  if (!paused_) {
    if (fill()) return true;
    paused_ = true;
    pauses_.add();
  }
  for (;;) {
    // Pairs with pop(): either it sees that we wait, or we see the room it made.
    upstream_waits_.store(true, std::memory_order_seq_cst);
    if (!can_resume()) return false;
    upstream_waits_.store(false, std::memory_order_seq_cst);
    if (fill()) {
      paused_ = false;
      return true;
    }
  }
}

bool ExchangeEdge::pop(Item& out) {
  Slot slot;
  if (!ring_.try_pop(slot)) return false;
  bytes_.fetch_sub(slot.bytes, std::memory_order_seq_cst);
  items_.fetch_sub(1, std::memory_order_seq_cst);
  out = std::move(slot.item);
  if (upstream_waits_.load(std::memory_order_seq_cst) && below_low_mark() &&
      upstream_waits_.exchange(false, std::memory_order_seq_cst))
    upstream_.wake();
  return true;
}

ExchangeSender::ExchangeSender(std::vector<std::size_t> key_columns,
                               std::vector<ExchangeEdge*> edges)
    : key_columns_(std::move(key_columns)), edges_(std::move(edges)), picked_(edges_.size()) {
  LEAT_CHECK(!edges_.empty());
}

void ExchangeSender::send(record::RecordBatch& batch) {
  if (batch.empty()) return;
  if (edges_.size() == 1) {
    send_whole(batch, *edges_.front());
    return;
  }
  pick_slices(batch);
  for (std::size_t slice = 0; slice < edges_.size(); ++slice) {
    if (picked_[slice].empty()) continue;
    if (picked_[slice].size() == batch.size()) {
      send_whole(batch, *edges_[slice]);
      return;
    }
    edges_[slice]->push(batch.gather(picked_[slice]));
  }
}

void ExchangeSender::send_whole(record::RecordBatch& batch, ExchangeEdge& edge) {
  batch.move_to_child_memory();
  edge.push(std::move(batch));
}

void ExchangeSender::pick_slices(const record::RecordBatch& batch) {
  hashes_.assign(batch.size(), 0);
  for (const std::size_t index : key_columns_) {
    const record::Column column = batch.column(index);
    for (std::size_t i = 0; i < hashes_.size(); ++i)
      hashes_[i] = record::mix_key(hashes_[i], column.empty() ? record::Value() : column[i]);
  }
  for (std::vector<std::uint32_t>& picked : picked_) picked.clear();
  const auto slices = static_cast<std::uint32_t>(edges_.size());
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    const SliceId slice = record::slice_of_group(record::key_group(hashes_[i]), slices);
    picked_[slice.value()].push_back(static_cast<std::uint32_t>(i));
  }
}

void ExchangeSender::send(Barrier barrier) {
  for (ExchangeEdge* edge : edges_) edge->push(barrier);
}

void ExchangeSender::send(const Watermark& watermark) {
  for (ExchangeEdge* edge : edges_) edge->push(watermark);
}

bool ExchangeSender::clear() {
  bool all = true;
  for (ExchangeEdge* edge : edges_) all = edge->clear() && all;
  return all;
}

}  // namespace leat::flow
