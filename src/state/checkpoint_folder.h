#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "state/manifest.h"
#include "state/store.h"

namespace leat::state {

// The copies of a store's folder, `checkpoints/<id>/`, each with `checkpoint.json`, `manifest.json`
// and the database `db/`. They are read and removed whether or not the store is open, or can be.
// Thread-confined to the checkpoint thread.
class CheckpointFolder {
 public:
  // Of a copy that is being made or removed: never listed.
  static constexpr std::string_view kUnfinished = ".unfinished";

  explicit CheckpointFolder(std::string place) : place_(std::move(place)) {}

  // By epoch. One that cannot be read is told in the log and has `damage`; its epoch is that of its id,
  // 0 when that says none.
  Result<std::vector<Store::Checkpoint>> list() const;
  // not_found; data_loss when it cannot be read.
  Result<Store::Checkpoint> find(const std::string& id) const;
  Result<Manifest> manifest_of(const std::string& id) const;
  // Frees what no other copy and no store links to. not_found.
  Status remove(const std::string& id) const;

  // A copy comes to be: files go to unfinished(), then finish() shows it, durably.
  std::string unfinished(const std::string& id) const {
    return path_of(id) + std::string(kUnfinished);
  }
  Status finish(const Store::Checkpoint& about, const Manifest& manifest) const;
  // Makes the folder, and removes what a crash left half-done.
  Status clean() const;

  std::string path_of(const std::string& id) const { return place_ + "/" + id; }

 private:
  const std::string place_;
};

}  // namespace leat::state
