#include "operators/keyed/lookback_value.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/mutant.h"
#include "operators/aggregates/packed.h"

namespace leat::operators {

using record::RowError;
using record::Value;

namespace {

constexpr std::uint64_t kAllStale = ~std::uint64_t{0};

Status damaged() { return Status(Code::data_loss, "the rows of a key are damaged"); }

}  // namespace

std::size_t LookbackValue::after(std::int64_t time_us) const noexcept {
  if (!empty() && rows.back().time_us <= time_us) return rows.size();
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
  const auto found =
      std::upper_bound(begin, rows.end(), time_us,
                       [](std::int64_t t, const SeenRow& row) { return t < row.time_us; });
  return static_cast<std::size_t>(found - rows.begin());
}

const record::Origin* LookbackValue::own(const record::Origin* origin) {
  if (origin == nullptr) return nullptr;
  for (const auto& known : origins)
    if (known->partition == origin->partition && known->topic == origin->topic) return known.get();
  auto made = std::make_unique<record::Origin>();
  made->topic = origin->topic;
  made->partition = origin->partition;
  origins.push_back(std::move(made));
  return origins.back().get();
}

void LookbackValue::insert(std::size_t index, SeenRow row) {
  rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(index), std::move(row));
}

void LookbackValue::forget(std::size_t index) {
  for (; first < index; ++first) rows[first].arguments = {};
  // Half of the memory at most is of rows that are gone.
  if (2 * first < rows.size()) return;
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
  first = 0;
}

LookbackRows::LookbackRows(const AggregateWork& work, const CallStates& states)
    : states_(states), size_us_(work.window.size_us), back_(states) {
  std::size_t sum = 0;
  for (const AggregateWork::Call& call : work.calls) {
    firsts_.push_back(sum);
    counts_.push_back(call.arguments.size());
    sum += call.arguments.size();
  }
  unpacked_.resize(sum);
}

void LookbackRows::unpack(const SeenRow& row) {
  arena_.clear();
  Unpacker in(row.arguments);
  for (Value& value : unpacked_) value = in.value(arena_);
}

const RowError* LookbackRows::redo(const LookbackValue& value, std::size_t call, void* state,
                                   std::size_t from, std::size_t to) {
  const AggregateFunction& function = states_.function(call);
  function.destroy(state);
  function.make(state);
  for (std::size_t i = from; i < to; ++i) {
    const SeenRow& row = value.rows[i];
    unpack(row);
    if (const RowError* error = function.check(state, arguments_of(call))) return error;
    function.add(state, arguments_of(call), {row.time_us, row.origin, row.offset, row.ordinal});
  }
  return nullptr;
}

void LookbackRows::move_on(LookbackValue& value, std::int64_t from_us) {
  if (from_us < value.from_us) value.stale = kAllStale;
  const std::size_t from = value.after(value.from_us);
  const std::size_t to = value.after(from_us);
  value.from_us = from_us;
  if (from >= to || base::is_planted(base::Mutant::lookback_keeps_what_is_over)) return;
  for (std::size_t c = 0; c < states_.size(); ++c)
    if (!states_.retracts(c)) value.stale |= bit(c);
  for (std::size_t i = from; i < to; ++i) {
    unpack(value.rows[i]);
    for (std::size_t c = 0; c < states_.size(); ++c)
      if ((value.stale & bit(c)) == 0)
        states_.function(c).retract(states_.of(value.block(), c), arguments_of(c));
  }
}

void* LookbackRows::span_of(LookbackValue& value, std::int64_t time_us, const RowError*& fails) {
  const std::int64_t from_us = time_us - size_us_;
  in_order_ = value.empty() || time_us >= value.newest_us();
  fails = nullptr;
  if (in_order_) move_on(value, from_us);
  void* const block = in_order_ ? value.block() : back_.get();
  const std::size_t from = value.after(from_us);
  const std::size_t to = value.after(time_us);
  for (std::size_t c = 0; fails == nullptr && c < states_.size(); ++c)
    if (!in_order_ || (value.stale & bit(c)) != 0)
      fails = redo(value, c, states_.of(block, c), from, to);
  if (in_order_) value.stale = fails == nullptr ? 0 : kAllStale;
  return fails == nullptr ? block : nullptr;
}

void LookbackRows::add(LookbackValue& value, Arguments& arguments, std::size_t row,
                       const RowPlace& place) {
  SeenRow seen{place.event_time_us, place.offset, place.ordinal, value.own(place.origin), {}};
  for (std::size_t c = 0; c < states_.size(); ++c)
    for (const Value& argument : arguments.of(c, row)) put_value(argument, seen.arguments);
  const bool behind = !in_order_;
  if (behind) add_row(states_, back_.get(), arguments, row, place);
  // The states that follow the newest row see it too, if they can take it.
  for (std::size_t c = 0; c < states_.size(); ++c) {
    void* const state = states_.of(value.block(), c);
    const auto values = arguments.of(c, row);
    if (behind && (place.event_time_us <= value.from_us || (value.stale & bit(c)) != 0)) continue;
    if (behind && states_.function(c).check(state, values) != nullptr)
      value.stale |= bit(c);
    else
      states_.function(c).add(state, values, place);
  }
  value.insert(value.after(place.event_time_us), std::move(seen));
}

void LookbackRows::forget(LookbackValue& value, std::int64_t time_us) {
  if (time_us > value.from_us) move_on(value, time_us);
  value.forget(value.after(time_us));
}

LookbackValueType::LookbackValueType(const AggregateWork& work)
    : states_(work.calls), keep_us_(work.window.size_us + work.allowed_lateness_us) {
  for (const AggregateWork::Call& call : work.calls) counts_.push_back(call.arguments.size());
}

void LookbackValueType::make(void* at) const {
  states_.make((::new (at) LookbackValue())->block());
}

void LookbackValueType::destroy(void* value) const noexcept {
  auto* rows = static_cast<LookbackValue*>(value);
  states_.destroy(rows->block());
  rows->~LookbackValue();
}

std::size_t LookbackValueType::heap_bytes(const void* value) const noexcept {
  const auto* rows = static_cast<const LookbackValue*>(value);
  constexpr std::size_t kShort = 15;  // stand in the string itself
  std::size_t sum = rows->rows.capacity() * sizeof(SeenRow);
  for (const SeenRow& row : rows->rows)
    if (row.arguments.capacity() > kShort) sum += row.arguments.capacity() + 1;
  return sum + rows->origins.size() * sizeof(record::Origin) + states_.heap_bytes(rows->block());
}

std::int64_t LookbackValueType::due(const void* value) const noexcept {
  const auto* rows = static_cast<const LookbackValue*>(value);
  return rows->empty() ? state::kNeverDue : rows->rows[rows->first].time_us + keep_us_;
}

void LookbackValueType::encode(const void* value, std::string& out) const {
  const auto* rows = static_cast<const LookbackValue*>(value);
  states_.put_names(out);
  for (const std::size_t count : counts_) put_varint(count, out);
  put_varint(rows->origins.size(), out);
  for (const auto& origin : rows->origins) {
    put_text(origin->topic, out);
    put_signed(origin->partition.value(), out);
  }
  put_varint(rows->rows.size() - rows->first, out);
  std::int64_t before = 0;
  for (std::size_t i = rows->first; i < rows->rows.size(); ++i) {
    const SeenRow& row = rows->rows[i];
    put_signed(row.time_us - before, out);
    before = row.time_us;
    std::size_t origin = 0;  // 0 = none
    while (row.origin != nullptr && rows->origins[origin++].get() != row.origin) {}
    put_varint(origin, out);
    put_signed(row.offset, out);
    put_varint(row.ordinal, out);
    out.append(row.arguments);
  }
}

Status LookbackValueType::decode(std::string_view bytes, void* at) const {
  auto* value = ::new (at) LookbackValue();
  states_.make(value->block());
  Status status = decode_rows(bytes, *value);
  value->stale = kAllStale;
  if (!status.ok()) destroy(value);
  return status;
}

Status LookbackValueType::decode_rows(std::string_view bytes, LookbackValue& value) const {
  Arrangement written;
  LEAT_RETURN_IF_ERROR(states_.take_names(bytes, written.order));
  Unpacker in(bytes);
  const std::size_t calls = written.order.same ? counts_.size() : written.order.calls.size();
  for (std::size_t i = 0; i < calls; ++i) written.counts.push_back(in.varint());
  const std::size_t origins = in.count(2);
  for (std::size_t i = 0; i < origins && in.ok(); ++i) {
    auto origin = std::make_unique<record::Origin>();
    origin->topic = std::string(in.text());
    origin->partition = PartitionId(static_cast<std::int32_t>(in.signed_varint()));
    value.origins.push_back(std::move(origin));
  }
  const std::size_t count = in.count(4);
  std::int64_t before = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    SeenRow row;
    row.time_us = before += in.signed_varint();
    const std::uint64_t origin = in.varint();
    row.offset = in.signed_varint();
    row.ordinal = in.varint();
    if (origin > value.origins.size()) return damaged();
    if (origin != 0) row.origin = value.origins[origin - 1].get();
    if (!take_arguments(in, written, row.arguments)) return damaged();
    value.rows.push_back(std::move(row));
  }
  return in.ok() && in.rest().empty() ? Status() : damaged();
}

// Calls that were added since get absent arguments.
bool LookbackValueType::take_arguments(Unpacker& in, const Arrangement& written,
                                       std::string& out) const {
  base::Arena arena;
  std::vector<std::string_view> pieces(counts_.size());
  for (std::size_t i = 0; i < written.counts.size(); ++i) {
    const std::string_view before = in.rest();
    for (std::size_t k = 0; k < written.counts[i] && in.ok(); ++k) in.value(arena);
    if (!in.ok()) return false;
    const std::size_t call = written.order.same ? i : written.order.calls[i];
    if (written.counts[i] != counts_[call]) return false;
    pieces[call] = before.substr(0, before.size() - in.rest().size());
  }
  for (std::size_t c = 0; c < counts_.size(); ++c) {
    out.append(pieces[c]);
    if (pieces[c].empty())
      for (std::size_t k = 0; k < counts_[c]; ++k) put_value(Value(), out);
  }
  return true;
}

}  // namespace leat::operators
