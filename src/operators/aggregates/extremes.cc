#include <algorithm>
#include <functional>
#include <vector>

#include "operators/aggregates/function_over.h"
#include "operators/aggregates/held_value.h"
#include "operators/aggregates/makers.h"
#include "operators/aggregates/row_errors.h"
#include "operators/aggregates/value_order.h"

namespace leat::operators {
namespace {

using record::RowError;
using record::Value;

// Why `value` has no order with those held, of which `held` is one; null for what is missing.
const RowError* check_order(const Value& value, const Value* held) noexcept {
  if (value.is_missing()) return nullptr;
  if (const RowError* const error = check_comparable(value)) return error;
  return held == nullptr || kind_of(*held) == kind_of(value) ? nullptr : &kMixedTypes;
}

// Reads a value that check_comparable() lets through.
void unpack_comparable(Unpacker& in, HeldValue& value) {
  value.unpack(in);
  if (value.empty() || check_comparable(value.flat()) != nullptr) in.fail();
}

// ---- min, max

struct Extreme {
  HeldValue best;

  const Value* held() const noexcept { return best.empty() ? nullptr : &best.flat(); }
  std::size_t heap_bytes() const noexcept { return best.heap_bytes(); }
  void pack(std::string& out) const {
    put_varint(best.empty() ? 0 : 1, out);
    if (!best.empty()) best.pack(out);
  }
  void unpack(Unpacker& in) {
    if (in.count(1) != 0) unpack_comparable(in, best);
  }
};

// Sign -1: the least, 1: the greatest. Of equal values the one whose form comes first.
template <int sign>
class ExtremeFunction final : public FunctionOver<Extreme> {
 public:
  const RowError* check(const void* state, Arguments arguments) const override {
    return check_order(arguments[0], of(state).held());
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (!arguments[0].is_missing()) take(of(state), arguments[0]);
  }
  const RowError* check_merge(const void* into, const void* from) const override {
    return of(from).best.empty() ? nullptr : check_order(of(from).best.flat(), of(into).held());
  }
  void merge(void* into, const void* from) const override {
    if (!of(from).best.empty()) take(of(into), of(from).best.flat());
  }
  Value result(const void* state, base::Arena& arena) const override {
    return of(state).best.give(arena);
  }

 private:
  static void take(Extreme& extreme, const Value& value) {
    if (extreme.best.empty()) return extreme.best.assign(value);
    const Value& held = extreme.best.flat();
    const int found = compare_values(value, held) * sign;
    if (found > 0 || (found == 0 && compare_forms(value, held) < 0)) extreme.best.assign(value);
  }
};

// ---- largest

struct Largest {
  std::vector<HeldValue> values;  // the greatest first

  const Value* held() const noexcept { return values.empty() ? nullptr : &values.front().flat(); }
  std::size_t heap_bytes() const noexcept {
    std::size_t bytes = values.capacity() * sizeof(HeldValue);
    for (const HeldValue& value : values) bytes += value.heap_bytes();
    return bytes;
  }
  void pack(std::string& out) const {
    put_varint(values.size(), out);
    for (const HeldValue& value : values) value.pack(out);
  }
  void unpack(Unpacker& in) {
    values.resize(in.count(1));
    for (HeldValue& value : values) {
      unpack_comparable(in, value);
      if (!in.ok() || kind_of(value.flat()) != kind_of(values.front().flat())) return in.fail();
    }
  }
};

class LargestFunction final : public FunctionOver<Largest> {
 public:
  explicit LargestFunction(std::size_t count) : count_(count) {}

  const RowError* check(const void* state, Arguments arguments) const override {
    return check_order(arguments[0], of(state).held());
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (!arguments[0].is_missing()) take(of(state), arguments[0]);
  }
  const RowError* check_merge(const void* into, const void* from) const override {
    const Value* const other = of(from).held();
    return other == nullptr ? nullptr : check_order(*other, of(into).held());
  }
  void merge(void* into, const void* from) const override {
    for (const HeldValue& value : of(from).values) take(of(into), value.flat());
  }
  Value result(const void* state, base::Arena& arena) const override {
    const std::vector<HeldValue>& values = of(state).values;
    if (values.empty()) return Value::null();
    const std::span<Value> items = arena.array<Value>(values.size());
    std::transform(values.begin(), values.end(), items.begin(),
                   [&](const HeldValue& value) { return value.give(arena); });
    return Value::list(items);
  }

 private:
  static bool before(const Value& a, const Value& b) noexcept {
    const int found = compare_values(a, b);
    return found != 0 ? found > 0 : compare_forms(a, b) < 0;
  }
  void take(Largest& largest, const Value& value) const {
    std::vector<HeldValue>& values = largest.values;
    if (values.size() >= count_ && !before(value, values.back().flat())) return;
    const auto at =
        std::upper_bound(values.begin(), values.end(), value,
                         [](const Value& a, const HeldValue& b) { return before(a, b.flat()); });
    if (values.size() < count_) {
      values.emplace(at, value);
      return;
    }
    std::rotate(at, values.end() - 1, values.end());
    at->assign(value);
  }

  std::size_t count_;
};

}  // namespace

MadeFunction make_min() { return std::make_shared<ExtremeFunction<-1>>(); }
MadeFunction make_max() { return std::make_shared<ExtremeFunction<1>>(); }
MadeFunction make_largest(std::size_t count) { return std::make_shared<LargestFunction>(count); }

}  // namespace leat::operators
