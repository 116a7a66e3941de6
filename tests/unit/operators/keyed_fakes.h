#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "flow/state_access.h"
#include "operators/aggregates/function.h"
#include "operators/aggregates/packed.h"
#include "record/key_hash.h"
#include "state/table.h"

namespace leat::operators {

// A table in a std::map that takes its values to bytes and back whenever it may, so that nothing
// that is not on disk can matter.
class FakeTable final : public state::Table {
 public:
  enum class Reload : std::uint8_t { each_batch, each_epoch, real };  // real: state::make_table()
  FakeTable(const state::ValueType& type, Reload reload) : type_(type), reload_(reload) {}
  ~FakeTable() override {
    take_dead();
    for (auto& [key, slot] : slots_) type_.destroy(slot->entry.value);
  }

  Status find(std::span<const state::Key> keys, bool make, std::span<state::Entry*> out) override {
    take_dead();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string key(keys[i].bytes);
      auto found = slots_.find(key);
      if (found == slots_.end() && make) found = add(key, keys[i].hash);
      out[i] = found == slots_.end() ? nullptr : &found->second->entry;
    }
    return {};
  }
  void changed(state::Entry& entry) override { changed_[std::string(entry.key)] = true; }
  void erase(state::Entry& entry) override {
    const auto found = slots_.find(std::string(entry.key));
    LEAT_CHECK(found != slots_.end());  // never twice
    changed_.erase(found->first);
    dead_.push_back(std::move(found->second));
    slots_.erase(found);
  }
  Status end_batch() override {
    if (reload_ == Reload::each_batch) reload();
    return {};
  }
  std::int64_t next_due() const noexcept override {
    std::int64_t first = state::kNeverDue;
    for (const auto& [key, slot] : slots_) first = std::min(first, type_.due(slot->entry.value));
    return first;
  }
  Status pop_due(std::int64_t up_to, std::int64_t& time, std::vector<state::Entry*>& out) override {
    take_dead();
    time = next_due();
    out.clear();
    if (time > up_to) return {};
    for (const auto& [key, slot] : slots_)
      if (type_.due(slot->entry.value) == time) out.push_back(&slot->entry);
    return {};
  }
  void set_mark(std::int64_t time_us) override { mark_ = std::max(mark_, time_us); }
  std::int64_t mark(std::uint64_t) const noexcept override { return mark_; }
  std::int64_t mark() const noexcept override { return mark_; }
  Status sweep(std::size_t, const std::function<bool(const state::Entry&)>& keep) override {
    std::vector<state::Entry*> gone;
    for (const auto& [key, slot] : slots_)
      if (!keep(slot->entry)) gone.push_back(&slot->entry);
    for (state::Entry* entry : gone) erase(*entry);
    return {};
  }
  Status visit(Which which, const std::function<void(const state::Entry&)>& visit) override {
    for (const auto& [key, slot] : slots_)
      if (which == Which::all || changed_.contains(key)) visit(slot->entry);
    return {};
  }
  Status walk(Walk& walk, std::size_t,
              const std::function<void(const state::Entry&)>& visit) override {
    walk.done = true;
    return this->visit(Which::all, visit);
  }
  state::Delta take_delta(EpochId) override {
    changed_.clear();
    reload();
    return state::Delta(state::StoreId(1));
  }
  void committed(EpochId) override {}
  std::size_t keys() const noexcept override { return slots_.size(); }
  std::size_t bytes() const noexcept override { return 0; }

 private:
  struct Slot {
    state::Entry entry;
    std::string key;
    std::vector<std::uint64_t> memory;
  };
  using Slots = std::map<std::string, std::unique_ptr<Slot>>;

  Slots::iterator add(const std::string& key, std::uint64_t hash) {
    auto slot = std::make_unique<Slot>();
    slot->key = key;
    slot->memory.resize(type_.inline_bytes() / 8);
    slot->entry = {hash, slot->key, slot->memory.data(), true};
    type_.make(slot->entry.value);
    return slots_.emplace(key, std::move(slot)).first;
  }
  void take_dead() {
    for (const auto& slot : dead_) type_.destroy(slot->entry.value);
    dead_.clear();
    for (auto& [key, slot] : slots_) slot->entry.made = false;
  }
  void reload() {
    for (auto& [key, slot] : slots_) {
      std::string bytes;
      type_.encode(slot->entry.value, bytes);
      const std::int64_t due = type_.due(slot->entry.value);
      type_.destroy(slot->entry.value);
      LEAT_CHECK(type_.decode(bytes, slot->entry.value).ok());
      std::string again;
      type_.encode(slot->entry.value, again);
      LEAT_CHECK(bytes == again);
      LEAT_CHECK(due == type_.due(slot->entry.value));
    }
  }

  const state::ValueType& type_;
  const Reload reload_;
  Slots slots_;
  std::vector<std::unique_ptr<Slot>> dead_;  // readable until the next find() or pop_due()
  std::map<std::string, bool> changed_;
  std::int64_t mark_ = record::kNoTime;
};

class FakeState final : public flow::StateAccess {
 public:
  explicit FakeState(std::shared_ptr<const state::ValueType> type,
                     FakeTable::Reload reload = FakeTable::Reload::each_batch)
      : type_(std::move(type)), reload_(reload) {}
  Result<std::unique_ptr<state::Table>> take_table(const std::string&, SliceId) override {
    Result<std::unique_ptr<state::Table>> made(std::make_unique<FakeTable>(*type_, reload_));
    if (reload_ == FakeTable::Reload::real)
      made = state::make_table({state::StoreId(1), type_.get(), 0, record::kKeyGroups, 0, nullptr});
    table = made.ok() ? made->get() : nullptr;
    return made;
  }
  void deliver(EpochId epoch, state::Delta) override { delivered.push_back(epoch.value()); }
  EpochId committed() const noexcept override { return EpochId(); }

  state::Table* table = nullptr;  // owned by the operator
  std::vector<std::uint64_t> delivered;

 private:
  const std::shared_ptr<const state::ValueType> type_;
  const FakeTable::Reload reload_;
};

inline constexpr record::RowError kTooMuch{"TOO_MUCH", "the sum is over its limit"};

// The sum of integers up to a limit; null is skipped.
class LimitedSum final : public AggregateFunction {
 public:
  explicit LimitedSum(std::int64_t limit, bool retracts = true)
      : limit_(limit), retracts_(retracts) {}
  std::size_t state_bytes() const noexcept override { return 8; }
  void make(void* state) const override { of(state) = 0; }
  void encode(const void* state, std::string& out) const override { put_signed(of(state), out); }
  Status decode(std::string_view& bytes, void* state) const override {
    Unpacker in(bytes);
    of(state) = in.signed_varint();
    bytes = in.rest();
    return in.ok() ? Status() : Status(Code::data_loss, "cut short");
  }
  const record::RowError* check(const void* state,
                                std::span<const record::Value> arguments) const override {
    return of(state) + number(arguments) > limit_ ? &kTooMuch : nullptr;
  }
  void add(void* state, std::span<const record::Value> arguments, const RowPlace&) const override {
    of(state) += number(arguments);
  }
  const record::RowError* check_merge(const void* into, const void* from) const override {
    return of(into) + of(from) > limit_ ? &kTooMuch : nullptr;
  }
  void merge(void* into, const void* from) const override { of(into) += of(from); }
  bool retracts() const noexcept override { return retracts_; }
  void retract(void* state, std::span<const record::Value> arguments) const override {
    of(state) -= number(arguments);
  }
  record::Value result(const void* state, base::Arena&) const override {
    return record::Value::integer(of(state));
  }

 private:
  static std::int64_t number(std::span<const record::Value> arguments) {
    if (arguments.empty()) return 1;
    return arguments[0].is_missing() ? 0 : arguments[0].as_integer();
  }
  static std::int64_t& of(void* state) { return *static_cast<std::int64_t*>(state); }
  static std::int64_t of(const void* state) { return *static_cast<const std::int64_t*>(state); }
  const std::int64_t limit_;
  const bool retracts_;
};

// Which rows are in: the texts of their arguments by (event time, offset), on the heap.
class RowList final : public AggregateFunction {
 public:
  std::size_t state_bytes() const noexcept override { return sizeof(Rows*); }
  void make(void* state) const override { *static_cast<Rows**>(state) = new Rows(); }
  void destroy(void* state) const noexcept override { delete *static_cast<Rows**>(state); }
  void encode(const void* state, std::string& out) const override {
    put_varint(of(state).size(), out);
    for (const auto& [place, text] : of(state)) {
      put_signed(place.first, out);
      put_signed(place.second, out);
      put_text(text, out);
    }
  }
  Status decode(std::string_view& bytes, void* state) const override {
    make(state);
    Unpacker in(bytes);
    const std::size_t count = in.count(3);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      const std::int64_t time = in.signed_varint();
      const std::int64_t offset = in.signed_varint();
      of(state)[{time, offset}] = std::string(in.text());
    }
    bytes = in.rest();
    if (in.ok()) return {};
    destroy(state);
    return Status(Code::data_loss, "cut short");
  }
  const record::RowError* check(const void*, std::span<const record::Value>) const override {
    return nullptr;
  }
  void add(void* state, std::span<const record::Value> arguments,
           const RowPlace& place) const override {
    of(state)[{place.event_time_us, place.offset}] = std::string(arguments[0].as_text());
  }
  void merge(void* into, const void* from) const override {
    of(into).insert(of(from).begin(), of(from).end());
  }
  record::Value result(const void* state, base::Arena& arena) const override {
    std::string text;
    for (const auto& [place, id] : of(state)) text += (text.empty() ? "" : ",") + id;
    return record::Value::string(arena.copy(text));
  }

 private:
  using Rows = std::map<std::pair<std::int64_t, std::int64_t>, std::string>;
  static Rows& of(void* state) { return **static_cast<Rows**>(state); }
  static const Rows& of(const void* state) { return **static_cast<Rows* const*>(state); }
};

}  // namespace leat::operators
