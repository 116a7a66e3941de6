#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "operators/keyed_work.h"
#include "state/value_type.h"

namespace leat::operators {

// The first rows of a key that are remembered: their times in order, at least `within` apart. One
// stands in the object, more on the heap.
class FirstRows {
 public:
  std::span<const std::int64_t> times() const noexcept {
    return {many_ != nullptr ? many_ : &one_, count_};
  }
  bool empty() const noexcept { return count_ == 0; }
  // Whether one of them is less than `within` away.
  bool near(std::int64_t time_us, std::int64_t within_us) const noexcept;
  void add(std::int64_t time_us);
  // Forgets those that are not after `time_us`.
  void forget(std::int64_t time_us) noexcept;
  void clear() noexcept;
  std::size_t heap_bytes() const noexcept {
    return many_ != nullptr ? capacity_ * sizeof(std::int64_t) : 0;
  }

 private:
  std::int64_t one_ = 0;
  std::int64_t* many_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
};

// How long a first row is remembered behind its time: a row that is not late may be a duplicate of
// one that is nearly two `within` behind the watermark.
constexpr std::int64_t kept_us(const DedupeWork& work) noexcept { return 2 * work.within_us; }

// A first row is due when it is no longer remembered. On disk: how many, then the times. Immutable,
// thread-safe.
class DedupeValueType final : public state::ValueType {
 public:
  explicit DedupeValueType(const DedupeWork& work) : keep_us_(kept_us(work)) {}
  std::size_t inline_bytes() const noexcept override { return sizeof(FirstRows); }
  void make(void* at) const override;
  void destroy(void* value) const noexcept override;
  std::size_t heap_bytes(const void* value) const noexcept override;
  void encode(const void* value, std::string& out) const override;
  Status decode(std::string_view bytes, void* at) const override;
  std::int64_t due(const void* value) const noexcept override;

 private:
  const std::int64_t keep_us_;
};

}  // namespace leat::operators
