#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/mutant.h"
#include "runtime/state_desk.h"
#include "state/store.h"

namespace leat::test {

// The disk that holds a pipeline's state while processes come and go: a store in memory behind a
// window for each process. What a dead process asks for does not reach it. Thread-confined.
class StateDisk {
 public:
  // For PipelineParts: every call opens the same state.
  runtime::OpenStore opener() {
    return [this](const state::Store::Options& options) -> Result<std::unique_ptr<state::Store>> {
      ++opened;
      if (!open_answer.ok()) return open_answer;
      if (!store_) {
        state::Store::Options made = options;
        made.folder.clear();
        auto store = state::Store::open(made);
        if (!store.ok()) return std::move(store).status();
        store_ = *std::move(store);
      }
      return std::unique_ptr<state::Store>(std::make_unique<Window>(*this));
    };
  }
  // The process that lives has died.
  void begin_life() { ++life_; }
  // Somebody deletes the folder.
  void lose() { store_.reset(); }
  const state::Store& store() const { return *store_; }

  Status open_answer;    // not ok: the store does not open
  Status append_answer;  // not ok: nothing can be appended
  int opened = 0;
  int appended = 0;
  int folded = 0;

 private:
  class Window final : public state::Store {
   public:
    explicit Window(StateDisk& disk) : disk_(disk), life_(disk.life_), store_(disk.store_) {}

    const std::string& state_id() const noexcept override { return store_->state_id(); }
    std::vector<state::StateChange> compare(
        std::span<const state::StepState> steps) const override {
      return store_->compare(steps);
    }
    Result<std::vector<state::StoreId>> adopt(std::span<const state::StepState> steps) override {
      if (!alive()) return dead();
      return store_->adopt(steps);
    }
    Status recover(EpochId committed, std::string_view state_id) override {
      if (!alive()) return dead();
      if (forgets_commits() && disk_.newest_.value() != 0)
        return store_->recover(disk_.newest_, store_->state_id());
      return store_->recover(committed, state_id);
    }
    Status append(EpochId epoch, std::span<const state::Delta> deltas) override {
      if (!alive()) return dead();
      if (!disk_.append_answer.ok()) return disk_.append_answer;
      ++disk_.appended;
      if (!forgets_commits()) return store_->append(epoch, deltas);
      disk_.newest_ = disk_.newest_.next();
      LEAT_RETURN_IF_ERROR(store_->append(disk_.newest_, deltas));
      return store_->fold(disk_.newest_);
    }
    Status fold(EpochId epoch) override {
      if (!alive()) return dead();
      ++disk_.folded;
      return forgets_commits() ? Status() : store_->fold(epoch);
    }
    Status flush() override { return alive() ? store_->flush() : dead(); }
    Status compact() override { return alive() ? store_->compact() : dead(); }
    EpochId newest() const override { return store_->newest(); }
    Status reset() override { return alive() ? store_->reset() : dead(); }
    Result<Checkpoint> checkpoint(const std::string& name, const std::string& metadata) override {
      return store_->checkpoint(name, metadata);
    }
    Result<std::vector<Checkpoint>> checkpoints() const override { return store_->checkpoints(); }
    Status remove_checkpoint(const std::string& id) override {
      return store_->remove_checkpoint(id);
    }
    Status restore(const std::string& id, EpochId as) override { return store_->restore(id, as); }
    EpochId folded() const override { return store_->folded(); }
    Status pending(state::StoreId store,
                   const std::function<bool(std::string_view changes)>& visit) override {
      return store_->pending(store, visit);
    }
    const state::Backing& backing() const noexcept override { return store_->backing(); }
    std::uint64_t changelog_bytes() const noexcept override { return store_->changelog_bytes(); }

   private:
    bool alive() const { return life_ == disk_.life_; }
    // Epochs have numbers of the disk's own, and all that was appended counts.
    static bool forgets_commits() {
      return base::is_planted(base::Mutant::uncommitted_state_restored);
    }
    static Status dead() { return Status(Code::cancelled, "the process is dead"); }

    StateDisk& disk_;
    const std::uint64_t life_;
    const std::shared_ptr<state::Store> store_;
  };

  std::shared_ptr<state::Store> store_;
  std::uint64_t life_ = 1;
  EpochId newest_;
};

}  // namespace leat::test
