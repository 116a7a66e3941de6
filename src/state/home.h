#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "state/backing.h"
#include "state/changelog.h"
#include "state/manifest.h"
#include "state/store.h"

namespace leat::state {

// Where a store's parts lie: in a folder, or in memory. What a store decides is the same in both
// (JournaledStore). Thread-confined to the checkpoint thread.
class Home {
 public:
  virtual ~Home() = default;
  virtual Backing& backing() noexcept = 0;
  virtual Changelog& changelog() noexcept = 0;
  // Replaces the manifest, durably.
  virtual Status save(const Manifest& manifest) = 0;
  // Empties backing and changelog.
  virtual Status clear() = 0;

  // Copies of the backing. Requires for keep(): it is flushed.
  virtual Result<Store::Checkpoint> keep(Store::Checkpoint about, const Manifest& manifest) = 0;
  virtual Result<std::vector<Store::Checkpoint>> kept() const = 0;
  virtual Status remove_kept(const std::string& id) = 0;
  // The backing becomes the copy's, counted as epoch `as`, and the changelog empty; gives the copy's
  // manifest.
  virtual Result<Manifest> bring_back(const std::string& id, EpochId as) = 0;
};

// A home in memory, its manifest new.
std::unique_ptr<Home> make_memory_home();
// The home in a folder, and the manifest that it has; an empty state id = it was just made.
struct OpenedHome {
  std::unique_ptr<Home> home;
  Manifest manifest;
};
Result<OpenedHome> open_disk_home(const Store::Options& options);

}  // namespace leat::state
