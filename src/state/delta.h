#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace leat::state {

// One keyed step of a pipeline; given out by the store, the same as long as its state is kept.
using StoreId = base::Id<struct StoreTag, std::uint32_t>;

// What one slice of one step changed in an epoch: the last value of every key, as bytes. A value;
// made by the task, read by the checkpoint thread.
class Delta {
 public:
  explicit Delta(StoreId store) : store_(store) {}

  void put(std::uint32_t group, std::string_view key, std::string_view value);
  void erase(std::uint32_t group, std::string_view key);
  // How far the operator's time is for the group.
  void mark(std::uint32_t group, std::int64_t time_us);

  StoreId store() const noexcept { return store_; }
  bool empty() const noexcept { return bytes_.empty(); }
  std::size_t bytes() const noexcept { return bytes_.size(); }
  const std::string& data() const noexcept { return bytes_; }

 private:
  StoreId store_;
  std::string bytes_;
};

}  // namespace leat::state
