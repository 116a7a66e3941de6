#pragma once

#include <map>
#include <shared_mutex>
#include <string>
#include <utility>

#include "state/backing.h"

namespace leat::state {

// A Backing in memory, for trials, simulations and tests: what was applied counts as durable as long
// as the object lives. Thread-safe as Backing says.
class MemoryBacking final : public Backing {
 public:
  // What it holds at one moment. A value.
  struct Contents {
    EpochId epoch;
    std::map<std::string, std::string, std::less<>> pairs;  // by stored key
    std::map<std::pair<StoreId, std::uint32_t>, std::int64_t> marks;
  };

  EpochId durable_epoch() const override { return epoch(); }
  EpochId epoch() const override;
  Status get(StoreId store, std::span<const Wanted> keys, std::span<std::string> values,
             std::span<bool> found) const override;
  Status scan(StoreId store, std::uint32_t group, std::string_view from,
              const Visit& visit) const override;
  Result<std::int64_t> mark(StoreId store, std::uint32_t group) const override;
  Status apply(EpochId epoch, std::span<const StoreChanges> changes) override;
  Status flush() override { return {}; }
  Status start_flush() override { return {}; }
  Status compact() override { return {}; }
  Status drop(StoreId store) override;
  std::uint64_t bytes() const override;

  Contents contents() const;
  void replace(Contents contents);

 private:
  mutable std::shared_mutex mutex_;
  Contents held_;
};

}  // namespace leat::state
