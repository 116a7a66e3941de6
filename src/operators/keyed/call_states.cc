#include "operators/keyed/call_states.h"

#include <algorithm>

#include "base/check.h"
#include "operators/aggregates/packed.h"

namespace leat::operators {
namespace {

constexpr record::Value kAbsent;

// FNV-1a; names that stand twice are told apart by their place among their likes.
std::uint32_t hash_of(std::string_view name, std::uint32_t twin) noexcept {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  for (; twin != 0; --twin) hash = (hash ^ 0x100U) * 16777619U;
  return hash;
}

Status damaged(std::string_view what) {
  return Status(Code::data_loss, "the value of a key is damaged: " + std::string(what));
}

}  // namespace

CallStates::CallStates(const std::vector<AggregateWork::Call>& calls) {
  for (const AggregateWork::Call& call : calls) {
    std::uint32_t twin = 0;
    Place place{call.function.get(), bytes_, hash_of(call.name, twin)};
    const auto taken = [&](const Place& other) { return other.name == place.name; };
    while (std::any_of(places_.begin(), places_.end(), taken))
      place.name = hash_of(call.name, ++twin);
    functions_.push_back(call.function);
    places_.push_back(place);
    LEAT_CHECK(call.function->state_bytes() % 8 == 0);
    bytes_ += call.function->state_bytes();
    merges_ = merges_ && call.function->merges();
  }
  put_varint(size(), names_);
  for (const Place& place : places_)
    for (int shift = 0; shift < 32; shift += 8)
      names_.push_back(static_cast<char>(place.name >> shift & 0xFF));
}

void CallStates::make(void* block) const {
  for (const Place& place : places_) place.function->make(static_cast<char*>(block) + place.offset);
}

void CallStates::destroy(void* block) const noexcept {
  for (const Place& place : places_)
    place.function->destroy(static_cast<char*>(block) + place.offset);
}

std::size_t CallStates::heap_bytes(const void* block) const noexcept {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < size(); ++c) sum += function(c).heap_bytes(of(block, c));
  return sum;
}

const record::RowError* CallStates::check_merge(const void* into, const void* from) const {
  for (std::size_t c = 0; c < size(); ++c)
    if (const auto* error = function(c).check_merge(of(into, c), of(from, c))) return error;
  return nullptr;
}

void CallStates::merge(void* into, const void* from) const {
  for (std::size_t c = 0; c < size(); ++c) function(c).merge(of(into, c), of(from, c));
}

void CallStates::results(const void* block, base::Arena& arena,
                         std::span<record::Value> out) const {
  for (std::size_t c = 0; c < size(); ++c) out[c] = function(c).result(of(block, c), arena);
}

void CallStates::put_names(std::string& out) const { out.append(names_); }

Status CallStates::take_names(std::string_view& bytes, Order& order) const {
  Unpacker in(bytes);
  order.calls.clear();
  const std::size_t count = in.count(4);
  order.same = count == size();
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t name = 0;
    for (int shift = 0; shift < 32; shift += 8) name |= std::uint32_t{in.byte()} << shift;
    std::size_t c = i;
    if (c >= size() || places_[c].name != name) {
      c = 0;
      while (c < size() && places_[c].name != name) ++c;
    }
    if (c == size()) return damaged("it holds an aggregate that the step does not know");
    if (std::find(order.calls.begin(), order.calls.end(), c) != order.calls.end())
      return damaged("names stand twice");
    order.same = order.same && c == i;
    order.calls.push_back(c);
  }
  if (!in.ok()) return damaged("its head is cut short");
  bytes = in.rest();
  return {};
}

void CallStates::encode(const void* block, std::string& out) const {
  for (std::size_t c = 0; c < size(); ++c) function(c).encode(of(block, c), out);
}

Status CallStates::decode(std::string_view& bytes, const Order& order, void* block) const {
  const std::size_t held = order.same ? size() : order.calls.size();
  const auto call = [&](std::size_t i) { return order.same ? i : order.calls[i]; };
  for (std::size_t i = 0; i < held; ++i) {
    Status status = function(call(i)).decode(bytes, of(block, call(i)));
    if (status.ok()) continue;
    for (std::size_t k = 0; k < i; ++k) function(call(k)).destroy(of(block, call(k)));
    return status;
  }
  if (order.same) return {};
  for (std::size_t c = 0; c < size(); ++c)
    if (std::find(order.calls.begin(), order.calls.end(), c) == order.calls.end())
      function(c).make(of(block, c));
  return {};
}

Arguments::Arguments(const std::vector<AggregateWork::Call>& calls) {
  std::size_t most = 0;
  for (const AggregateWork::Call& call : calls) {
    calls_.push_back({indexes_.size(), call.arguments.size()});
    indexes_.insert(indexes_.end(), call.arguments.begin(), call.arguments.end());
    most = std::max(most, call.arguments.size());
  }
  columns_.resize(indexes_.size());
  several_.resize(most);
}

void Arguments::bind(const record::RecordBatch& batch) {
  for (std::size_t i = 0; i < indexes_.size(); ++i) columns_[i] = batch.column(indexes_[i]);
}

std::span<const record::Value> Arguments::of(std::size_t call, std::size_t row) noexcept {
  const Call& which = calls_[call];
  const auto at = [&](std::size_t i) -> const record::Value& {
    const record::Column column = columns_[which.first + i];
    return column.empty() ? kAbsent : column[row];
  };
  if (which.count == 0) return {};
  if (which.count == 1) return {&at(0), 1};
  for (std::size_t i = 0; i < which.count; ++i) several_[i] = at(i);
  return {several_.data(), which.count};
}

const record::RowError* Arguments::error(std::size_t row) const noexcept {
  for (const record::Column column : columns_)
    if (!column.empty() && column[row].is_error()) return &column[row].as_error();
  return nullptr;
}

const record::RowError* check_row(const CallStates& states, const void* block, Arguments& arguments,
                                  std::size_t row) {
  for (std::size_t c = 0; c < states.size(); ++c)
    if (const auto* error = states.function(c).check(states.of(block, c), arguments.of(c, row)))
      return error;
  return nullptr;
}

void add_row(const CallStates& states, void* block, Arguments& arguments, std::size_t row,
             const RowPlace& place) {
  for (std::size_t c = 0; c < states.size(); ++c)
    states.function(c).add(states.of(block, c), arguments.of(c, row), place);
}

}  // namespace leat::operators
