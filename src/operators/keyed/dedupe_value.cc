#include "operators/keyed/dedupe_value.h"

#include <algorithm>
#include <new>

#include "operators/aggregates/packed.h"

namespace leat::operators {

bool FirstRows::near(std::int64_t time_us, std::int64_t within_us) const noexcept {
  const auto all = times();
  const auto next = std::lower_bound(all.begin(), all.end(), time_us);
  if (next != all.end() && *next - time_us < within_us) return true;
  return next != all.begin() && time_us - *(next - 1) < within_us;
}

void FirstRows::add(std::int64_t time_us) {
  if (many_ == nullptr && count_ == 0) {
    one_ = time_us;
    count_ = 1;
    return;
  }
  if (many_ == nullptr || count_ == capacity_) {
    const std::uint32_t capacity = std::max<std::uint32_t>(4, 2 * capacity_);
    auto* larger = new std::int64_t[capacity];
    std::copy_n(times().data(), count_, larger);
    delete[] many_;
    many_ = larger;
    capacity_ = capacity;
  }
  std::uint32_t at = count_++;
  for (; at > 0 && many_[at - 1] > time_us; --at) many_[at] = many_[at - 1];
  many_[at] = time_us;
}

void FirstRows::forget(std::int64_t time_us) noexcept {
  const auto all = times();
  const auto gone =
      static_cast<std::uint32_t>(std::upper_bound(all.begin(), all.end(), time_us) - all.begin());
  if (many_ != nullptr) std::copy(many_ + gone, many_ + count_, many_);
  count_ -= gone;
}

void FirstRows::clear() noexcept {
  delete[] many_;
  many_ = nullptr;
  count_ = capacity_ = 0;
}

void DedupeValueType::make(void* at) const { ::new (at) FirstRows(); }

void DedupeValueType::destroy(void* value) const noexcept {
  static_cast<FirstRows*>(value)->clear();
}

std::size_t DedupeValueType::heap_bytes(const void* value) const noexcept {
  return static_cast<const FirstRows*>(value)->heap_bytes();
}

void DedupeValueType::encode(const void* value, std::string& out) const {
  const auto times = static_cast<const FirstRows*>(value)->times();
  put_varint(times.size(), out);
  for (const std::int64_t time : times) put_signed(time, out);
}

Status DedupeValueType::decode(std::string_view bytes, void* at) const {
  auto* rows = ::new (at) FirstRows();
  Unpacker in(bytes);
  const std::size_t count = in.count(1);
  for (std::size_t i = 0; i < count; ++i) rows->add(in.signed_varint());
  if (in.ok() && in.rest().empty()) return {};
  rows->clear();
  return Status(Code::data_loss, "the times of a key are damaged");
}

std::int64_t DedupeValueType::due(const void* value) const noexcept {
  const auto times = static_cast<const FirstRows*>(value)->times();
  return times.empty() ? state::kNeverDue : times.front() + keep_us_;
}

}  // namespace leat::operators
