#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "state/delta.h"
#include "state/store.h"

namespace leat::state {

// What a store knows about itself beside values and epochs: the file `manifest.json` of its folder. A
// value.
struct Manifest {
  static constexpr std::uint32_t kForm = 1;

  struct Kept {
    StoreId id;
    StepState state;
  };
  std::string pipeline;
  std::uint32_t key_groups = 0;
  std::string state_id;
  StoreId next_store = StoreId(1);
  EpochId durable;               // the backing has at least this one
  std::vector<Kept> stores;      // in the order they were adopted
  std::vector<StoreId> dropped;  // no longer kept, perhaps still in the backing
  bool cleared = false;          // the backing and the changelog are to be emptied first

  bool keeps(StoreId id) const noexcept;
};

// 16 hexadecimal digits from the system's random source.
std::string make_state_id();

std::string write_manifest(const Manifest& manifest);
// data_loss when the text is none, wrong_state when its form is a later one.
Result<Manifest> read_manifest(std::string_view text);

}  // namespace leat::state
