#include "operators/aggregates/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace leat::operators {
namespace {

using record::Value;

constexpr double kLargest = 640;       // values of the highest level
constexpr double kShrink = 2.0 / 3.0;  // of each level below
constexpr double kSmallest = 8;
constexpr std::size_t kLevelsMax = 60;

bool before(const Value& a, const Value& b) noexcept { return compare_forms(a, b) < 0; }

void merge_into(std::vector<Value>& into, const std::vector<Value>& from) {
  const auto middle = static_cast<std::ptrdiff_t>(into.size());
  into.insert(into.end(), from.begin(), from.end());
  std::inplace_merge(into.begin(), into.begin() + middle, into.end(), before);
}

// splitmix64's finish.
bool coin(std::uint64_t values, std::uint64_t thinned) noexcept {
  std::uint64_t x = values * 0x9E3779B97F4A7C15ULL + thinned;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
  return ((x ^ x >> 31) & 1) != 0;
}

bool takes(const Value& value) noexcept {
  const Kind kind = kind_of(value);
  return (kind == Kind::number || kind == Kind::timestamp || kind == Kind::duration) &&
         check_comparable(value) == nullptr;
}

}  // namespace

Kind QuantileSketch::kind() const noexcept {
  for (const Level& level : levels_)
    if (!level.empty()) return kind_of(level.front());
  return Kind::none;
}

std::size_t QuantileSketch::capacity(std::size_t level) const noexcept {
  const auto depth = static_cast<double>(levels_.size() - 1 - level);
  return static_cast<std::size_t>(
      std::max(kSmallest, std::ceil(kLargest * std::pow(kShrink, depth))));
}

void QuantileSketch::add(const Value& value) {
  if (levels_.empty()) levels_.emplace_back();
  Level& lowest = levels_.front();
  lowest.insert(std::upper_bound(lowest.begin(), lowest.end(), value, before), value);
  ++values_;
  thin();
}

void QuantileSketch::merge(const QuantileSketch& other) {
  if (levels_.size() < other.levels_.size()) levels_.resize(other.levels_.size());
  for (std::size_t i = 0; i < other.levels_.size(); ++i) merge_into(levels_[i], other.levels_[i]);
  values_ += other.values_;
  thinned_ += other.thinned_;
  thin();
}

void QuantileSketch::thin() {
  while (values_ > kExactMax) {
    std::size_t held = 0;
    std::size_t room = 0;
    std::size_t full = levels_.size();
    for (std::size_t i = levels_.size(); i-- > 0;) {
      held += levels_[i].size();
      room += capacity(i);
      if (levels_[i].size() > capacity(i)) full = i;
    }
    if (held <= room) return;
    thin_level(full);
  }
}

// Half of the values of a level, every other one, go up and count twice. Of an odd number the least
// or the greatest stays.
void QuantileSketch::thin_level(std::size_t level) {
  if (level + 1 == levels_.size()) levels_.emplace_back();
  Level& from = levels_[level];
  const bool upper = coin(values_, thinned_++);
  const bool odd = from.size() % 2 != 0;
  const std::size_t first = odd && upper ? 1 : 0;
  const std::size_t pairs = from.size() / 2;
  Level promoted(pairs);
  for (std::size_t i = 0; i < pairs; ++i) promoted[i] = from[first + 2 * i + (upper ? 1 : 0)];
  const Value left = from[first == 1 ? 0 : from.size() - 1];
  if (from.capacity() > 2 * capacity(level))
    Level().swap(from);  // it was a higher one when it grew
  else
    from.clear();
  if (odd) from.push_back(left);
  merge_into(levels_[level + 1], promoted);
}

std::uint64_t QuantileSketch::rank_of(const Value& value) const noexcept {
  std::uint64_t rank = 0;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    const Level& level = levels_[i];
    const auto end = std::upper_bound(level.begin(), level.end(), value, before);
    rank += static_cast<std::uint64_t>(end - level.begin()) << i;
  }
  return rank;
}

Value QuantileSketch::at(double share) const noexcept {
  if (values_ == 0) return Value::null();
  const double wanted = std::ceil(share * static_cast<double>(values_));
  const std::uint64_t rank = wanted >= static_cast<double>(values_)
                                 ? values_
                                 : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  const Value* found = nullptr;
  for (const Level& level : levels_) {
    const auto reached = std::partition_point(
        level.begin(), level.end(), [&](const Value& value) { return rank_of(value) < rank; });
    if (reached != level.end() && (found == nullptr || before(*reached, *found))) found = &*reached;
  }
  return found != nullptr ? *found : Value::null();
}

void QuantileSketch::pack(std::string& out) const {
  put_varint(values_, out);
  put_varint(thinned_, out);
  put_varint(levels_.size(), out);
  for (const Level& level : levels_) {
    put_varint(level.size(), out);
    for (const Value& value : level) put_value(value, out);
  }
}

void QuantileSketch::unpack(Unpacker& in) {
  values_ = in.varint();
  thinned_ = in.varint();
  const std::size_t levels = in.count(1);
  if (levels > kLevelsMax) return in.fail();
  levels_.resize(levels);
  std::uint64_t weights = 0;
  const Value* first = nullptr;
  for (std::size_t i = 0; i < levels; ++i) {
    Level& level = levels_[i];
    level.resize(in.count(2));
    for (Value& value : level) {
      value = in.nested_next() ? Value() : in.flat_value();
      if (!in.ok() || !takes(value)) return in.fail();
      if (first == nullptr) first = &value;
      const bool ascends = &value == level.data() || !before(value, (&value)[-1]);
      if (!ascends || kind_of(value) != kind_of(*first)) return in.fail();
    }
    if (level.size() > values_ >> i) return in.fail();
    weights += static_cast<std::uint64_t>(level.size()) << i;
  }
  if (weights != values_) in.fail();
}

std::size_t QuantileSketch::heap_bytes() const noexcept {
  std::size_t bytes = levels_.capacity() * sizeof(Level);
  for (const Level& level : levels_) bytes += level.capacity() * sizeof(Value);
  return bytes;
}

}  // namespace leat::operators
