#include "runtime/state_keeper.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace leat::runtime {

StateKeeper::StateKeeper(Parts parts)
    : parts_(std::move(parts)), desk_(std::make_shared<StateDesk>(parts_.desk)) {}

// The desk ends where it lived, behind everything it was asked to do.
StateKeeper::~StateKeeper() {
  run_.reset();
  {
    const std::lock_guard lock(mutex_);
    tables_.clear();
  }
  parts_.disk([desk = std::move(desk_)] {});
}

template <class T>
void StateKeeper::at_desk(Scope scope, std::function<T(StateDesk&)> work,
                          std::function<void(T)> then) {
  parts_.disk([desk = desk_, run = std::weak_ptr(run_), control = parts_.control, scope,
               work = std::move(work), then = std::move(then)] {
    auto result = std::make_shared<T>(work(*desk));
    control([run, scope, result, then] {
      if (scope == Scope::of_anybody || !run.expired()) then(std::move(*result));
    });
  });
}

void StateKeeper::restore(EpochId committed, const std::string& state_id, StateStart start,
                          Done done) {
  using Restored = std::shared_ptr<StateDesk::Restored>;
  at_desk<Restored>(
      Scope::of_run,
      [committed, state_id, start](StateDesk& desk) {
        return std::make_shared<StateDesk::Restored>(desk.restore(committed, state_id, start));
      },
      [this, done = std::move(done)](const Restored& made) {
        if (made->status.ok()) take_over(*made);
        done(made->status);
      });
}

void StateKeeper::take_over(StateDesk::Restored& made) {
  restored_ = true;
  folded_->store(made.folded.value(), std::memory_order_release);
  began_anew_ = made.anew;
  state_id_ = made.state_id;
  const std::lock_guard lock(mutex_);
  tables_ = std::move(made.tables);
  taken_.clear();
  deltas_.clear();
}

void StateKeeper::persist(EpochId epoch, Done done) {
  const auto deltas = std::make_shared<std::vector<state::Delta>>();
  {
    const std::lock_guard lock(mutex_);
    if (auto held = deltas_.extract(epoch); !held.empty()) *deltas = std::move(held.mapped());
  }
  std::uint64_t bytes = 0;
  for (const state::Delta& delta : *deltas) bytes += delta.bytes();
  at_desk<StateDesk::Appended>(
      Scope::of_run, [epoch, deltas](StateDesk& desk) { return desk.append(epoch, *deltas); },
      [this, bytes, done = std::move(done)](const StateDesk::Appended& appended) {
        if (appended.status.ok()) {
          disk_bytes_ = appended.disk_bytes;
          delta_bytes_ = bytes;
          began_anew_ = false;
        }
        done(appended.status);
        if (!appended.pressure.ok() && parts_.on_pressure) parts_.on_pressure(appended.pressure);
      });
}

void StateKeeper::fold(EpochId epoch, Done failed) {
  at_desk<Status>(
      Scope::of_run,
      [epoch, folded = folded_](StateDesk& desk) {
        const Result<EpochId> newest = desk.fold(epoch);
        if (newest.ok()) folded->store(newest->value(), std::memory_order_release);
        return newest.status();
      },
      [failed = std::move(failed)](const Status& status) {
        if (!status.ok()) failed(status);
      });
}

void StateKeeper::end_run() {
  run_ = std::make_shared<int>(0);
  restored_ = false;
  {
    const std::lock_guard lock(mutex_);
    tables_.clear();
    taken_.clear();
    deltas_.clear();
  }
  parts_.disk([desk = desk_] { desk->end_run(); });
}

void StateKeeper::compare(std::vector<state::StepState> steps, Changes done) {
  at_desk<Result<std::vector<state::StateChange>>>(
      Scope::of_anybody,
      [steps = std::move(steps)](StateDesk& desk) { return desk.compare(steps); }, std::move(done));
}

void StateKeeper::checkpoint(EpochId epoch, std::string at_rest, std::string name,
                             std::string metadata,
                             std::function<void(Result<state::Store::Checkpoint>)> done) {
  at_desk<Result<state::Store::Checkpoint>>(
      Scope::of_anybody,
      [epoch, at_rest = std::move(at_rest), name = std::move(name),
       metadata = std::move(metadata)](StateDesk& desk) {
        return at_rest.empty() ? desk.checkpoint(epoch, name, metadata)
                               : desk.checkpoint_at_rest(epoch, at_rest, name, metadata);
      },
      std::move(done));
}

void StateKeeper::checkpoints(
    std::function<void(Result<std::vector<state::Store::Checkpoint>>)> done) {
  at_desk<Result<std::vector<state::Store::Checkpoint>>>(
      Scope::of_anybody, [](StateDesk& desk) { return desk.checkpoints(); }, std::move(done));
}

void StateKeeper::remove_checkpoint(std::string id, Done done) {
  at_desk<Status>(
      Scope::of_anybody,
      [id = std::move(id)](StateDesk& desk) { return desk.remove_checkpoint(id); },
      std::move(done));
}

void StateKeeper::bring_back(std::string id, EpochId newest,
                             std::function<void(Result<StateDesk::Brought>)> done) {
  at_desk<Result<StateDesk::Brought>>(
      Scope::of_anybody,
      [id = std::move(id), newest](StateDesk& desk) { return desk.bring_back(id, newest); },
      std::move(done));
}

void StateKeeper::discard(Done done) {
  at_desk<Status>(
      Scope::of_anybody, [](StateDesk& desk) { return desk.discard(); }, std::move(done));
}

void StateKeeper::read_key(std::size_t step, EpochId committed, std::vector<StateKey> readings,
                           std::function<void(Result<Row>)> done) {
  at_desk<Result<Row>>(
      Scope::of_anybody,
      [step, committed, readings = std::move(readings)](StateDesk& desk) -> Result<Row> {
        const Result<StoreView> store = desk.view(step, committed);
        if (!store.ok()) return store.status();
        auto row = runtime::read_key(*store, readings);
        const EpochId epoch = store->store->folded();
        desk.end_view();
        if (!row.ok()) return std::move(row).status();
        return Row{*std::move(row), epoch};
      },
      std::move(done));
}

void StateKeeper::read_range(std::size_t step, EpochId committed, KeyRange range,
                             std::function<void(Result<std::vector<StateRow>>)> done) {
  at_desk<Result<std::vector<StateRow>>>(
      Scope::of_anybody,
      [step, committed,
       range = std::move(range)](StateDesk& desk) -> Result<std::vector<StateRow>> {
        const Result<StoreView> store = desk.view(step, committed);
        if (!store.ok()) return store.status();
        auto rows = runtime::read_range(*store, range);
        desk.end_view();
        return rows;
      },
      std::move(done));
}

std::size_t StateKeeper::index_of(const std::string& step) const {
  const auto& keyed = parts_.desk.plan->keyed;
  const auto found = std::find_if(keyed.begin(), keyed.end(),
                                  [&](const plan::KeyedStep& one) { return one.step == step; });
  return static_cast<std::size_t>(found - keyed.begin());
}

state::Table* StateKeeper::table_of(std::size_t step, SliceId slice) const {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find({step, slice.value()});
  return found == taken_.end() ? nullptr : found->second;
}

Result<std::unique_ptr<state::Table>> StateKeeper::take_table(const std::string& step,
                                                              SliceId slice) {
  const Place place{index_of(step), slice.value()};
  const std::lock_guard lock(mutex_);
  auto held = tables_.extract(place);
  if (held.empty())
    return Status(Code::internal, "the step has no table here")
        .with("step", step)
        .with("slice", std::to_string(slice.value()));
  taken_[place] = held.mapped().get();
  return std::move(held.mapped());
}

void StateKeeper::deliver(EpochId epoch, state::Delta delta) {
  const std::lock_guard lock(mutex_);
  deltas_[epoch].push_back(std::move(delta));
}

}  // namespace leat::runtime
