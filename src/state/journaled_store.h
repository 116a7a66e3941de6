#pragma once

#include <memory>
#include <string>
#include <vector>

#include "state/home.h"
#include "state/store.h"

namespace leat::state {

// The Store there is: what is appended, folded, thrown away and refused, whatever its home.
class JournaledStore final : public Store {
 public:
  JournaledStore(std::unique_ptr<Home> home, Manifest manifest, const Options& options);

  const std::string& state_id() const noexcept override { return manifest_.state_id; }
  std::vector<StateChange> compare(std::span<const StepState> steps) const override;
  Result<std::vector<StoreId>> adopt(std::span<const StepState> steps) override;
  Status recover(EpochId committed, std::string_view state_id) override;
  Status append(EpochId epoch, std::span<const Delta> deltas) override;
  Status fold(EpochId epoch) override;
  Status flush() override;
  Status compact() override;
  Status reset() override;
  EpochId newest() const override;
  Result<Checkpoint> checkpoint(const std::string& name, const std::string& metadata) override;
  Result<std::vector<Checkpoint>> checkpoints() const override { return home_->kept(); }
  Status remove_checkpoint(const std::string& id) override { return home_->remove_kept(id); }
  Status restore(const std::string& id, EpochId as) override;
  EpochId folded() const override { return folded_; }
  Status pending(StoreId store,
                 const std::function<bool(std::string_view changes)>& visit) override;
  const Backing& backing() const noexcept override { return home_->backing(); }
  std::uint64_t changelog_bytes() const noexcept override { return home_->changelog().bytes(); }

  // Finishes what a crash interrupted; once, before all others.
  Status open();

 private:
  std::vector<const Manifest::Kept*> kept_of(std::span<const StepState> steps) const;
  Status mismatch(std::string why) const;
  Status save(Manifest manifest);
  Status find_chain(EpochId committed) const;
  Status apply_until(EpochId epoch);
  Status trim();
  Status drop_stores();
  std::uint64_t unfolded_bytes(EpochId until) const;

  const Options options_;
  std::unique_ptr<Home> home_;
  Manifest manifest_;
  EpochId folded_;    // given to fold(), perhaps not yet in the backing
  EpochId flushing_;  // durable when the flush that was started last is done
};

}  // namespace leat::state
