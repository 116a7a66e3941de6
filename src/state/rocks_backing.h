#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "state/backing.h"
#include "state/store.h"

namespace leat::state {

// A Backing in a RocksDB database of its own: one column family, no write-ahead log (the changelog
// is it). Small epochs go into the memtable and are durable when that is flushed; large ones become a
// sorted file that is taken in whole, and are durable at once. Every block is read under its checksum.
// Thread-safe as Backing says; open(), close() and copies belong to the checkpoint thread, without
// readers.
class RocksBacking final : public Backing {
 public:
  RocksBacking(std::string folder, const Store::Options& options);
  ~RocksBacking() override;

  // Makes the database if `create`. data_loss: it is damaged, or a file of it is missing; wrong_state:
  // somebody else has it open.
  Status open(bool create);
  void close();
  bool is_open() const noexcept { return db_ != nullptr; }

  EpochId durable_epoch() const override;
  EpochId epoch() const override;
  Status get(StoreId store, std::span<const Wanted> keys, std::span<std::string> values,
             std::span<bool> found) const override;
  Status scan(StoreId store, std::uint32_t group, std::string_view from,
              const Visit& visit) const override;
  Result<std::int64_t> mark(StoreId store, std::uint32_t group) const override;
  Status apply(EpochId epoch, std::span<const StoreChanges> changes) override;
  Status flush() override;
  Status start_flush() override;
  Status compact() override;
  Status drop(StoreId store) override;
  std::uint64_t bytes() const override;

  // A database in `folder` (not yet there) of what is durable, by hard links.
  Status copy_to(const std::string& folder);
  // Reads everything there is against its checksums.
  Status verify() const;

 private:
  struct Database;  // RocksDB's side

  Status apply_batch(EpochId epoch, std::span<const StoreChanges> changes);
  Status apply_file(EpochId epoch, std::span<const StoreChanges> changes);
  Status read_epoch();

  const std::string folder_;
  const Store::Options options_;
  std::unique_ptr<Database> db_;
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace leat::state
