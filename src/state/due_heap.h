#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "state/value_type.h"

namespace leat::state {

// When rows want to be looked at, the earliest first. An item is a hint: whether the row still wants
// it is for the caller to know. Thread-confined.
class DueHeap {
 public:
  struct Item {
    std::int64_t time;
    std::uint32_t row;
  };

  bool empty() const noexcept { return items_.empty(); }
  std::int64_t earliest() const noexcept { return items_.empty() ? kNeverDue : items_[0].time; }
  // Requires: not empty.
  Item top() const noexcept { return items_[0]; }
  void push(Item item) {
    items_.push_back(item);
    std::push_heap(items_.begin(), items_.end(), later);
  }
  // Requires: not empty.
  void pop() {
    std::pop_heap(items_.begin(), items_.end(), later);
    items_.pop_back();
  }
  // Removes items of which `keep` is false.
  template <class Keep>
  void filter(Keep keep) {
    std::erase_if(items_, [&](const Item& item) { return !keep(item); });
    std::make_heap(items_.begin(), items_.end(), later);
  }
  std::size_t size() const noexcept { return items_.size(); }
  std::size_t bytes() const noexcept { return items_.capacity() * sizeof(Item); }

 private:
  static bool later(const Item& a, const Item& b) noexcept {
    return a.time > b.time || (a.time == b.time && a.row > b.row);
  }
  std::vector<Item> items_;
};

}  // namespace leat::state
