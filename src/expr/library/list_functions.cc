#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "expr/code_points.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

// ---- equal values among many

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  std::uint64_t x = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  x ^= x >> 29;
  return x * 0xBF58476D1CE4E5B9ULL ^ (x >> 32);
}

// Equal values have equal hashes: numbers that of their double; lists and maps have one for all.
std::uint64_t hash_of(const Value& value) {
  const std::uint64_t seed = is_number(value) ? 1 : static_cast<std::uint64_t>(value.type()) + 2;
  switch (value.type()) {
    case Type::boolean: return mix(seed, value.as_unsigned());
    case Type::integer:
    case Type::unsigned_integer:
    case Type::real: return mix(seed, std::bit_cast<std::uint64_t>(real_of(value) + 0.0));
    case Type::timestamp:
    case Type::duration: return mix(mix(seed, value.as_unsigned()), value.as_nanos());
    case Type::string:
    case Type::bytes:
    case Type::type_name: {
      std::uint64_t hash = seed;
      for (const char c : value.as_text())
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
      return mix(hash, value.as_text().size());
    }
    default: return 0;
  }
}

// The different values of a list, found by hash. Lists and maps in it are compared one by one, of
// which there may be kDeepMax.
class ValueSet {
 public:
  static constexpr std::size_t kDeepMax = 1'000'000;

  ValueSet(base::Arena& arena, std::size_t most)
      : arena_(arena),
        slots_(arena.array<std::uint32_t>(std::bit_ceil(most * 2 + 2))),
        values_(arena.array<Value>(most)) {}

  bool contains(const Value& value) { return slots_[slot_of(value)] != 0; }
  // False when it was there. Requires: fewer than `most` values.
  bool add(const Value& value) {
    const std::size_t slot = slot_of(value);
    if (slots_[slot] != 0) return false;
    values_[size_++] = value;
    slots_[slot] = static_cast<std::uint32_t>(size_);
    return true;
  }
  std::span<const Value> values() const { return values_.first(size_); }
  // Whether it gave up on comparing.
  bool exhausted() const { return compared_ > kDeepMax; }

 private:
  // Where the value is or belongs.
  std::size_t slot_of(const Value& value) {
    const std::size_t mask = slots_.size() - 1;
    const std::uint64_t hash = hash_of(value);
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      if (slots_[at] == 0) return at;
      if (hash == 0 && ++compared_ > kDeepMax) return at;
      if (same(values_[slots_[at] - 1], value, arena_)) return at;
    }
  }

  base::Arena& arena_;
  std::span<std::uint32_t> slots_;  // position + 1
  std::span<Value> values_;
  std::size_t size_ = 0;
  std::size_t compared_ = 0;
};

// ---- lists

// Numbers in their exact order, in which 2^53 + 1 comes behind 2^53 as a double: the order that
// compare() gives is no order for sorting, because numbers can equal a third and not each other.
int compare_exactly(const Value& a, const Value& b) {
  const int rough = compare(a, b);
  if (rough != 0 || a.is(Type::real) == b.is(Type::real)) return rough;
  if (b.is(Type::real)) return -compare_exactly(b, a);
  // Equal as doubles: a is whole, and beyond what its integer can be or equal to it.
  const double d = a.as_real();
  if (b.is(Type::integer)) {
    if (d >= 0x1p63) return 1;
    const auto whole = static_cast<std::int64_t>(d);
    return (whole > b.as_integer()) - (whole < b.as_integer());
  }
  if (d >= 0x1p64) return 1;
  const auto whole = static_cast<std::uint64_t>(d);
  return (whole > b.as_unsigned()) - (whole < b.as_unsigned());
}

// Whether all have an order among each other: all numbers, or all of one type that has one.
const RowError* check_order(std::span<const Value> keys) {
  for (const Value& key : keys) {
    const int order = compare(keys[0], key);
    if (order == kIncomparable) return &kNoSuchOverload;
    if (order == kUnordered) return &kNotANumber;
  }
  return nullptr;
}

Value distinct(Frame& frame, const Value& list) {
  std::span<const Value> items;
  if (const RowError* error = items_of(list, frame.arena, items)) return fail(*error);
  ValueSet set(frame.arena, items.size());
  for (const Value& item : items) set.add(item);
  return set.exhausted() ? fail(kTooManySteps) : Value::list(set.values());
}

Value slice(Frame& frame, const Value& list, const Value& from, const Value& to) {
  if (!from.is(Type::integer) || !to.is(Type::integer)) return fail(kNoSuchOverload);
  std::span<const Value> items;
  if (const RowError* error = items_of(list, frame.arena, items)) return fail(*error);
  const std::int64_t begin = from.as_integer();
  const std::int64_t end = to.as_integer();
  if (begin < 0 || begin > end || end > static_cast<std::int64_t>(items.size()))
    return fail(kOutOfRange);
  return Value::list(
      items.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

// A list that grows in the arena.
class Items {
 public:
  explicit Items(base::Arena& arena) : arena_(arena) {}
  // False beyond kItemsMax.
  bool add(const Value& value) {
    if (size_ == all_.size()) {
      if (size_ == kItemsMax) return false;
      const std::span<Value> grown =
          arena_.array<Value>(std::min(kItemsMax, std::max<std::size_t>(8, size_ * 2)));
      std::copy(all_.begin(), all_.end(), grown.begin());
      all_ = grown;
    }
    all_[size_++] = value;
    return true;
  }
  Value list() const { return Value::list(all_.first(size_)); }

 private:
  base::Arena& arena_;
  std::span<Value> all_;
  std::size_t size_ = 0;
};

// A list that is being read.
struct Level {
  std::span<const Value> items;
  std::size_t at = 0;
};

Value flatten_deep(Frame& frame, const Value& list, std::int64_t depth) {
  if (depth < 0) return fail(kOutOfRange);
  const std::size_t most = static_cast<std::size_t>(
      std::min<std::int64_t>(depth, static_cast<std::int64_t>(kNestingMax)));
  const std::span<Level> levels = frame.arena.array<Level>(most + 1);
  if (const RowError* error = items_of(list, frame.arena, levels[0].items)) return fail(*error);
  Items flat(frame.arena);
  std::size_t steps = 0;
  for (std::size_t deep = 0;;) {
    Level& level = levels[deep];
    if (level.at == level.items.size()) {
      if (deep == 0) return flat.list();
      --deep;
      continue;
    }
    const Value& item = level.items[level.at++];
    if (++steps > 2 * kItemsMax) return fail(kTooLarge);
    if (deep < most && is_list(item)) {
      Level& inner = levels[++deep];
      inner.at = 0;
      if (const RowError* error = items_of(item, frame.arena, inner.items)) return fail(*error);
    } else if (!flat.add(item)) {
      return fail(kTooLarge);
    }
  }
}
Value flatten(Frame& frame, const Value& list) { return flatten_deep(frame, list, 1); }
Value flatten_levels(Frame& frame, const Value& list, const Value& depth) {
  if (!depth.is(Type::integer)) return fail(kNoSuchOverload);
  return flatten_deep(frame, list, depth.as_integer());
}

Value sort(Frame& frame, const Value& list) {
  std::span<const Value> items;
  if (const RowError* error = items_of(list, frame.arena, items)) return fail(*error);
  return sorted_by(frame.arena, items, items);
}

Value reverse_text(Frame& frame, std::string_view text) {
  char* const begin = frame.arena.allocate(text.size(), 1);
  char* out = begin + text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = rune_bytes(text, at);
    out -= size;
    std::copy_n(text.data() + at, size, out);
    at += size;
  }
  return Value::string({begin, text.size()});
}
Value reverse(Frame& frame, const Value& a) {
  if (a.is(Type::string)) return reverse_text(frame, a.as_text());
  std::span<const Value> items;
  if (const RowError* error = items_of(a, frame.arena, items)) return fail(*error);
  const std::span<Value> made = frame.arena.array<Value>(items.size());
  std::reverse_copy(items.begin(), items.end(), made.begin());
  return Value::list(made);
}

Value range(Frame& frame, const Value& end) {
  if (!end.is(Type::integer)) return fail(kNoSuchOverload);
  const std::int64_t count = std::max<std::int64_t>(0, end.as_integer());
  if (count > static_cast<std::int64_t>(kItemsMax)) return fail(kTooLarge);
  const std::span<Value> made = frame.arena.array<Value>(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) made[static_cast<std::size_t>(i)] = Value::integer(i);
  return Value::list(made);
}

// ---- text to lists and back

Value join_by(Frame& frame, const Value& list, std::string_view separator) {
  std::span<const Value> items;
  if (const RowError* error = items_of(list, frame.arena, items)) return fail(*error);
  TextBuilder text(frame.arena);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is(Type::string)) return fail(kNoSuchOverload);
    if (i > 0) text.put(separator);
    text.put(items[i].as_text());
  }
  return text.string();
}
Value join(Frame& frame, const Value& list) { return join_by(frame, list, ""); }
Value join_with(Frame& frame, const Value& list, const Value& separator) {
  if (!separator.is(Type::string)) return fail(kNoSuchOverload);
  return join_by(frame, list, separator.as_text());
}

// The end of the piece that begins at `at`; text.size() for the last one.
std::size_t piece_end(std::string_view text, std::string_view separator, std::size_t at) {
  if (separator.empty()) return at + rune_bytes(text, at);
  return std::min(text.find(separator, at), text.size());
}

Value split_most(Frame& frame, const Value& a, const Value& separator, std::int64_t most) {
  if (!a.is(Type::string) || !separator.is(Type::string)) return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  const std::string_view by = separator.as_text();
  Items pieces(frame.arena);
  if (most == 0 || (text.empty() && by.empty())) return pieces.list();
  for (std::size_t at = 0;; --most) {
    const std::size_t end = most == 1 ? text.size() : piece_end(text, by, at);
    if (!pieces.add(Value::string(text.substr(at, end - at)))) return fail(kTooLarge);
    if (end == text.size()) return pieces.list();
    at = end + by.size();
  }
}
Value split(Frame& frame, const Value& a, const Value& separator) {
  return split_most(frame, a, separator, -1);
}
Value split_limited(Frame& frame, const Value& a, const Value& separator, const Value& most) {
  if (!most.is(Type::integer)) return fail(kNoSuchOverload);
  return split_most(frame, a, separator, std::max<std::int64_t>(-1, most.as_integer()));
}

// ---- sets

struct TwoLists {
  std::span<const Value> first;
  std::span<const Value> second;
};
const RowError* lists_of(Frame& frame, const Value& a, const Value& b, TwoLists& out) {
  if (const RowError* error = items_of(a, frame.arena, out.first)) return error;
  return items_of(b, frame.arena, out.second);
}

// Whether `all` has all, or any, of `some`.
Value has_of(Frame& frame, std::span<const Value> all, std::span<const Value> some, bool any) {
  ValueSet set(frame.arena, all.size());
  for (const Value& item : all) set.add(item);
  const auto has = [&set](const Value& item) { return set.contains(item); };
  const bool found =
      any ? std::any_of(some.begin(), some.end(), has) : std::all_of(some.begin(), some.end(), has);
  return set.exhausted() ? fail(kTooManySteps) : Value::boolean(found);
}

Value set_contains(Frame& frame, const Value& a, const Value& b) {
  TwoLists lists;
  if (const RowError* error = lists_of(frame, a, b, lists)) return fail(*error);
  return has_of(frame, lists.first, lists.second, false);
}
Value set_equivalent(Frame& frame, const Value& a, const Value& b) {
  TwoLists lists;
  if (const RowError* error = lists_of(frame, a, b, lists)) return fail(*error);
  const Value forth = has_of(frame, lists.first, lists.second, false);
  if (forth.is_error() || !forth.as_boolean()) return forth;
  return has_of(frame, lists.second, lists.first, false);
}
Value set_intersects(Frame& frame, const Value& a, const Value& b) {
  TwoLists lists;
  if (const RowError* error = lists_of(frame, a, b, lists)) return fail(*error);
  return has_of(frame, lists.first, lists.second, true);
}

constexpr CallStyle kMethod = CallStyle::method;
constexpr CallStyle kGlobal = CallStyle::global;
constexpr std::string_view kListsText = "lists";
constexpr std::string_view kStringsText = "strings";
constexpr std::string_view kSetsText = "sets";

constexpr Function of_sets(std::string_view name, Kernel kernel, std::string_view signature,
                           std::string_view summary) {
  return {
      name, kGlobal, 2, {kLists, kLists}, Type::boolean, kernel, {kSetsText, signature, summary}};
}

constexpr std::array kTable{
    Function{"split",
             kMethod,
             2,
             {kStrings, kStrings},
             Type::list,
             each<split>,
             {kStringsText, "split(string, string) -> list",
              "The pieces between the separators; an empty separator splits into characters."}},
    Function{"split",
             kMethod,
             3,
             {kStrings, kStrings, kInts},
             Type::list,
             each<split_limited>,
             {kStringsText, "split(string, string, int) -> list",
              "At most so many pieces, the last one with all the rest; all when it is negative."}},
    Function{"join",
             kMethod,
             1,
             {kLists},
             Type::string,
             each<join>,
             {kStringsText, "join(list) -> string", "The strings of a list behind each other."}},
    Function{"join",
             kMethod,
             2,
             {kLists, kStrings},
             Type::string,
             each<join_with>,
             {kStringsText, "join(list, string) -> string",
              "The strings of a list with a separator between them."}},
    Function{"reverse",
             kMethod,
             1,
             {kStrings | kLists},
             std::nullopt,
             each<reverse>,
             {kListsText, "reverse(string | list) -> string | list",
              "The characters or items in the other order."}},
    Function{"slice",
             kMethod,
             3,
             {kLists, kInts, kInts},
             Type::list,
             each<slice>,
             {kListsText, "slice(list, int, int) -> list",
              "The items from the first position to before the second."}},
    Function{
        "flatten",
        kMethod,
        1,
        {kLists},
        Type::list,
        each<flatten>,
        {kListsText, "flatten(list) -> list", "The items of the lists in a list, one level deep."}},
    Function{"flatten",
             kMethod,
             2,
             {kLists, kInts},
             Type::list,
             each<flatten_levels>,
             {kListsText, "flatten(list, int) -> list",
              "The items of the lists in a list, so many levels deep."}},
    Function{"sort",
             kMethod,
             1,
             {kLists},
             Type::list,
             each<sort>,
             {kListsText, "sort(list) -> list",
              "The items in ascending order; all numbers, or all of one type that has an order."}},
    Function{"distinct",
             kMethod,
             1,
             {kLists},
             Type::list,
             each<distinct>,
             {kListsText, "distinct(list) -> list", "Of equal items only the first."}},
    Function{"lists.range",
             kGlobal,
             1,
             {kInts},
             Type::list,
             each<range>,
             {kListsText, "lists.range(int) -> list", "The ints from 0 to before it."}},
    of_sets("sets.contains", each<set_contains>, "sets.contains(list, list) -> bool",
            "Whether the first list has every item of the second."),
    of_sets("sets.equivalent", each<set_equivalent>, "sets.equivalent(list, list) -> bool",
            "Whether each list has every item of the other."),
    of_sets("sets.intersects", each<set_intersects>, "sets.intersects(list, list) -> bool",
            "Whether the lists have an item in common."),
};

}  // namespace

Value sorted_by(base::Arena& arena, std::span<const Value> items, std::span<const Value> keys) {
  if (const RowError* error = check_order(keys)) return fail(*error);
  const std::span<std::uint32_t> order = arena.array<std::uint32_t>(items.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [keys](std::uint32_t a, std::uint32_t b) {
    const int by_key = compare_exactly(keys[a], keys[b]);
    return by_key != 0 ? by_key < 0 : a < b;
  });
  const std::span<Value> made = arena.array<Value>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) made[i] = items[order[i]];
  return Value::list(made);
}

const std::span<const Function> kListFunctions{kTable};

}  // namespace leat::expr
