#include <algorithm>
#include <vector>

#include "operators/aggregates/function_over.h"
#include "operators/aggregates/held_place.h"
#include "operators/aggregates/held_value.h"
#include "operators/aggregates/makers.h"
#include "operators/aggregates/row_errors.h"
#include "operators/aggregates/value_order.h"

namespace leat::operators {
namespace {

using record::RowError;
using record::Value;

const RowError* check_holdable(const Value& value) noexcept {
  return nests_too_deep(value) ? &expr::kTooDeep : nullptr;
}

// A value and where it stood.
struct Placed {
  HeldPlace place;
  HeldValue value;

  bool empty() const noexcept { return value.empty(); }
  void assign(const Value& taken, const Place& at) {
    value.assign(taken);
    place.assign(at);
  }
  void assign(const Placed& other) {
    value.assign(other.value);
    place.assign(other.place.view());
  }
  std::size_t heap_bytes() const noexcept { return place.heap_bytes() + value.heap_bytes(); }
  void pack_after(const HeldPlace* before, std::string& out) const {
    place.pack(before, out);
    value.pack(out);
  }
  void unpack_after(const HeldPlace* before, Unpacker& in) {
    place.unpack(before, in);
    value.unpack(in);
    if (value.empty()) in.fail();
  }
  void pack(std::string& out) const {
    put_varint(empty() ? 0 : 1, out);
    if (!empty()) pack_after(nullptr, out);
  }
  void unpack(Unpacker& in) {
    if (in.count(1) != 0) unpack_after(nullptr, in);
  }
};

// ---- first, last

enum class End : std::uint8_t { first, last };

template <End end>
class EndFunction final : public FunctionOver<Placed> {
 public:
  const RowError* check(const void*, Arguments arguments) const override {
    return check_holdable(arguments[0]);
  }
  void add(void* state, Arguments arguments, const RowPlace& row) const override {
    const Place place = place_of(row);
    if (!arguments[0].is_missing() && wins(place, of(state))) of(state).assign(arguments[0], place);
  }
  void merge(void* into, const void* from) const override {
    if (!of(from).empty() && wins(of(from).place.view(), of(into))) of(into).assign(of(from));
  }
  Value result(const void* state, base::Arena& arena) const override {
    return of(state).value.give(arena);
  }

 private:
  static bool wins(const Place& place, const Placed& held) noexcept {
    if (held.empty()) return true;
    const int found = compare(place, held.place.view());
    return end == End::first ? found < 0 : found > 0;
  }
};

// ---- min_by, max_by

struct Best {
  HeldValue by;
  Placed taken;

  const Value* held() const noexcept { return by.empty() ? nullptr : &by.flat(); }
  std::size_t heap_bytes() const noexcept { return by.heap_bytes() + taken.heap_bytes(); }
  void pack(std::string& out) const {
    taken.pack(out);
    if (!taken.empty()) by.pack(out);
  }
  void unpack(Unpacker& in) {
    taken.unpack(in);
    if (taken.empty()) return;
    by.unpack(in);
    if (by.empty() || check_comparable(by.flat()) != nullptr) in.fail();
  }
};

template <int sign>
class BestFunction final : public FunctionOver<Best> {
 public:
  const RowError* check(const void* state, Arguments arguments) const override {
    const Value& by = arguments[1];
    if (!by.is_missing()) {
      if (const RowError* const error = check_comparable(by)) return error;
      const Value* const held = of(state).held();
      if (held != nullptr && kind_of(*held) != kind_of(by)) return &kMixedTypes;
    }
    return check_holdable(arguments[0]);
  }
  void add(void* state, Arguments arguments, const RowPlace& row) const override {
    if (arguments[0].is_missing() || arguments[1].is_missing()) return;
    Best& best = of(state);
    const Place place = place_of(row);
    if (!wins(arguments[1], place, best)) return;
    best.by.assign(arguments[1]);
    best.taken.assign(arguments[0], place);
  }
  const RowError* check_merge(const void* into, const void* from) const override {
    const Value* const a = of(into).held();
    const Value* const b = of(from).held();
    return a == nullptr || b == nullptr || kind_of(*a) == kind_of(*b) ? nullptr : &kMixedTypes;
  }
  void merge(void* into, const void* from) const override {
    const Best& other = of(from);
    Best& best = of(into);
    if (other.taken.empty() || !wins(other.by.flat(), other.taken.place.view(), best)) return;
    best.by.assign(other.by.flat());
    best.taken.assign(other.taken);
  }
  Value result(const void* state, base::Arena& arena) const override {
    return of(state).taken.value.give(arena);
  }

 private:
  static bool wins(const Value& by, const Place& place, const Best& best) noexcept {
    if (best.taken.empty()) return true;
    const int found = compare_values(by, best.by.flat()) * sign;
    return found != 0 ? found > 0 : compare(place, best.taken.place.view()) < 0;
  }
};

// ---- collect_list

struct Collected {
  std::vector<Placed> items;  // in the order of their places

  std::size_t heap_bytes() const noexcept {
    std::size_t bytes = items.capacity() * sizeof(Placed);
    for (const Placed& item : items) bytes += item.heap_bytes();
    return bytes;
  }
  void pack(std::string& out) const {
    put_varint(items.size(), out);
    const HeldPlace* before = nullptr;
    for (const Placed& item : items) {
      item.pack_after(before, out);
      before = &item.place;
    }
  }
  void unpack(Unpacker& in) {
    constexpr std::size_t kItemBytesMin = 7;
    items.resize(in.count(kItemBytesMin));
    const HeldPlace* before = nullptr;
    for (Placed& item : items) {
      item.unpack_after(before, in);
      if (!in.ok()) return;
      before = &item.place;
    }
  }
};

class CollectFunction final : public FunctionOver<Collected> {
 public:
  explicit CollectFunction(std::size_t most) : most_(most) {}

  const RowError* check(const void*, Arguments arguments) const override {
    return check_holdable(arguments[0]);
  }
  void add(void* state, Arguments arguments, const RowPlace& row) const override {
    if (arguments[0].is_missing()) return;
    const Place place = place_of(row);
    if (Placed* const item = insert(of(state).items, place)) item->assign(arguments[0], place);
  }
  void merge(void* into, const void* from) const override {
    for (const Placed& other : of(from).items) {
      Placed* const item = insert(of(into).items, other.place.view());
      if (item == nullptr) return;
      item->assign(other);
    }
  }
  Value result(const void* state, base::Arena& arena) const override {
    const std::vector<Placed>& held = of(state).items;
    const std::span<Value> items = arena.array<Value>(held.size());
    std::transform(held.begin(), held.end(), items.begin(),
                   [&](const Placed& item) { return item.value.give(arena); });
    return Value::list(items);
  }

 private:
  // Where an item of this place goes; null when `most` stand before it.
  Placed* insert(std::vector<Placed>& items, const Place& place) const {
    const auto at = std::upper_bound(
        items.begin(), items.end(), place,
        [](const Place& a, const Placed& b) { return compare(a, b.place.view()) < 0; });
    if (items.size() < most_) return &*items.emplace(at);
    if (at == items.end()) return nullptr;
    std::rotate(at, items.end() - 1, items.end());
    return &*at;
  }

  std::size_t most_;
};

}  // namespace

MadeFunction make_first() { return std::make_shared<EndFunction<End::first>>(); }
MadeFunction make_last() { return std::make_shared<EndFunction<End::last>>(); }
MadeFunction make_min_by() { return std::make_shared<BestFunction<-1>>(); }
MadeFunction make_max_by() { return std::make_shared<BestFunction<1>>(); }
MadeFunction make_collect_list(std::size_t most) { return std::make_shared<CollectFunction>(most); }

}  // namespace leat::operators
