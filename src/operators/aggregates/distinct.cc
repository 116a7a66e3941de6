#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "operators/aggregates/function_over.h"
#include "operators/aggregates/held_value.h"
#include "operators/aggregates/makers.h"
#include "operators/aggregates/row_errors.h"
#include "operators/aggregates/value_order.h"

namespace leat::operators {
namespace {

using record::Entry;
using record::RowError;
using record::Type;
using record::Value;

// How often a value came; numbers as a double and otherwise, so that rows can be taken out again.
struct Seen {
  std::uint64_t plain = 0;
  std::uint64_t reals = 0;

  std::uint64_t times() const noexcept { return plain + reals; }
};

// Equal numbers are one: whole ones as int, beyond as uint, else a double. -0.0 is 0.
Value one_form(const Value& value) noexcept {
  if (value.is(Type::unsigned_integer) && value.as_integer() >= 0)
    return Value::integer(value.as_integer());
  if (!value.is(Type::real)) return value;
  const double real = value.as_real();
  if (std::trunc(real) != real) return value;
  if (real >= -9223372036854775808.0 && real < 9223372036854775808.0)
    return Value::integer(static_cast<std::int64_t>(real));
  if (real >= 9223372036854775808.0 && real < 18446744073709551616.0)
    return Value::unsigned_integer(static_cast<std::uint64_t>(real));
  return value;
}

// A number of which all that came were doubles is given as one.
Value given(const HeldValue& value, const Seen& seen, base::Arena& arena) {
  if (seen.plain != 0) return value.give(arena);
  if (value.flat().is(Type::integer))
    return Value::real(static_cast<double>(value.flat().as_integer()));
  if (value.flat().is(Type::unsigned_integer))
    return Value::real(static_cast<double>(value.flat().as_unsigned()));
  return value.give(arena);
}

struct Less {
  using is_transparent = void;
  bool operator()(const HeldValue& a, const HeldValue& b) const noexcept {
    return compare_values(a.flat(), b.flat()) < 0;
  }
  bool operator()(const HeldValue& a, const Value& b) const noexcept {
    return compare_values(a.flat(), b) < 0;
  }
  bool operator()(const Value& a, const HeldValue& b) const noexcept {
    return compare_values(a, b.flat()) < 0;
  }
};

// Different values in their order, and how often each came.
struct Distinct {
  std::map<HeldValue, Seen, Less> values;
  std::size_t text_bytes = 0;

  void add(const Value& value, const Seen& times) {
    const Value form = one_form(value);
    auto at = values.find(form);
    if (at == values.end()) {
      at = values.emplace(HeldValue(form), Seen()).first;
      text_bytes += at->first.heap_bytes();
    }
    at->second.plain += times.plain;
    at->second.reals += times.reals;
  }
  void remove(const Value& value, const Seen& times) {
    const auto at = values.find(one_form(value));
    if (at == values.end()) return;
    at->second.plain -= times.plain;
    at->second.reals -= times.reals;
    if (at->second.times() != 0) return;
    text_bytes -= at->first.heap_bytes();
    values.erase(at);
  }
  std::size_t heap_bytes() const noexcept {
    constexpr std::size_t kTreeBytes = 4 * sizeof(void*);  // of each item, beside the item
    return text_bytes + values.size() * (kTreeBytes + sizeof(*values.begin()));
  }
  void pack(std::string& out) const {
    put_varint(values.size(), out);
    for (const auto& [value, seen] : values) {
      value.pack(out);
      put_varint(seen.plain, out);
      put_varint(seen.reals, out);
    }
  }
  void unpack(Unpacker& in) {
    constexpr std::size_t kItemBytesMin = 3;
    for (std::size_t left = in.count(kItemBytesMin); left > 0; --left) {
      const Value value = in.nested_next() ? Value() : in.flat_value();
      const Seen seen{in.varint(), in.varint()};
      if (!in.ok() || seen.times() == 0 || check_comparable(value) != nullptr) return in.fail();
      add(value, seen);
    }
  }
};

Seen once(const Value& value) noexcept { return value.is(Type::real) ? Seen{0, 1} : Seen{1, 0}; }

// What the three functions have alike: at most `most` different values.
class DistinctFunction : public FunctionOver<Distinct> {
 public:
  explicit DistinctFunction(std::size_t most) : most_(most) {}

  const RowError* check(const void* state, Arguments arguments) const override {
    const Value& value = arguments[0];
    if (value.is_missing()) return nullptr;
    if (const RowError* const error = check_comparable(value)) return error;
    const auto& values = of(state).values;
    if (values.size() < most_ || values.find(one_form(value)) != values.end()) return nullptr;
    return &kTooManyValues;
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (!arguments[0].is_missing()) of(state).add(arguments[0], once(arguments[0]));
  }
  const RowError* check_merge(const void* into, const void* from) const override {
    const auto& values = of(into).values;
    const auto& others = of(from).values;
    if (values.size() + others.size() <= most_) return nullptr;
    const auto is_new = [&](const auto& other) { return values.find(other.first) == values.end(); };
    const auto added = std::count_if(others.begin(), others.end(), is_new);
    return values.size() + static_cast<std::size_t>(added) <= most_ ? nullptr : &kTooManyValues;
  }
  void merge(void* into, const void* from) const override {
    for (const auto& [value, seen] : of(from).values) of(into).add(value.flat(), seen);
  }
  bool retracts() const noexcept override { return true; }
  void retract(void* state, Arguments arguments) const override {
    if (!arguments[0].is_missing()) of(state).remove(arguments[0], once(arguments[0]));
  }

 private:
  std::size_t most_;
};

class CountDistinctFunction final : public DistinctFunction {
 public:
  using DistinctFunction::DistinctFunction;
  Value result(const void* state, base::Arena&) const override {
    return Value::integer(static_cast<std::int64_t>(of(state).values.size()));
  }
};

class CollectSetFunction final : public DistinctFunction {
 public:
  using DistinctFunction::DistinctFunction;
  Value result(const void* state, base::Arena& arena) const override {
    const auto& values = of(state).values;
    const std::span<Value> items = arena.array<Value>(values.size());
    std::transform(values.begin(), values.end(), items.begin(),
                   [&](const auto& item) { return given(item.first, item.second, arena); });
    return Value::list(items);
  }
};

class TopFunction final : public DistinctFunction {
 public:
  TopFunction(std::size_t count, std::size_t most) : DistinctFunction(most), count_(count) {}

  Value result(const void* state, base::Arena& arena) const override {
    const auto& values = of(state).values;
    if (values.empty()) return Value::null();
    using Item = const std::pair<const HeldValue, Seen>*;
    const std::span<Item> ranked = arena.array<Item>(values.size());
    std::transform(values.begin(), values.end(), ranked.begin(),
                   [](const auto& item) { return &item; });
    const std::size_t count = std::min(count_, ranked.size());
    std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                      ranked.end(), [](Item a, Item b) {
                        if (a->second.times() != b->second.times())
                          return a->second.times() > b->second.times();
                        return Less()(a->first, b->first);
                      });
    const std::span<Value> items = arena.array<Value>(count);
    std::transform(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                   items.begin(), [&](Item item) { return entry_of(*item, arena); });
    return Value::list(items);
  }

 private:
  static Value entry_of(const std::pair<const HeldValue, Seen>& item, base::Arena& arena) {
    const std::span<Entry> entries = arena.array<Entry>(2);
    entries[0] = {Value::string("value"), given(item.first, item.second, arena)};
    entries[1] = {Value::string("count"),
                  Value::integer(static_cast<std::int64_t>(item.second.times()))};
    return Value::map(entries.data(), entries.size());
  }

  std::size_t count_;
};

}  // namespace

MadeFunction make_count_distinct(std::size_t most) {
  return std::make_shared<CountDistinctFunction>(most);
}
MadeFunction make_collect_set(std::size_t most) {
  return std::make_shared<CollectSetFunction>(most);
}
MadeFunction make_top_k(std::size_t count, std::size_t most) {
  return std::make_shared<TopFunction>(count, most);
}

}  // namespace leat::operators
