#include "runtime/state_desk.h"

#include <algorithm>
#include <filesystem>

#include "base/faults.h"
#include "base/log.h"
#include "record/key_hash.h"

namespace leat::runtime {
namespace {

// Behind what is wrong.
constexpr std::string_view kRemedies =
    ": put the folder of this state back, or stop the pipeline and restore a checkpoint or move "
    "its "
    "offsets with `\"state\": \"discard\"`, or replace it with `?state=discard` to go on from here "
    "with empty state";

bool has_code(const Status& status, std::string_view code) {
  for (const auto& [key, value] : status.fields())
    if (key == "code" && value == code) return true;
  return false;
}

bool holds(const Status& status) {
  for (const auto& [key, value] : status.fields())
    if (key == "hold") return true;
  return false;
}

Status hold(const Status& status, std::string_view why, std::string_view text = {}) {
  Status held(status.code(), std::string(why) + ": " + status.message() + std::string(text));
  for (const auto& [key, value] : status.fields()) held = std::move(held).with(key, value);
  return std::move(held).with("hold", why);
}

// What a failure of the store means for the pipeline.
Status judge(const Status& status) {
  if (holds(status)) return status;
  switch (status.code()) {
    case Code::exhausted: return hold(status, "DISK_LOW");
    case Code::wrong_state: return hold(status, "STATE_MISMATCH", kRemedies);
    case Code::data_loss:
      return Status(Code::data_loss,
                    "STATE_DAMAGED: " + status.to_string() + std::string(kRemedies))
          .with("code", "STATE_DAMAGED");
    default: return status;
  }
}

// Ok when no step's state would be lost.
Status losing(const std::vector<state::StateChange>& changes) {
  const std::string lost = lost_steps(changes);
  if (lost.empty()) return {};
  return Status(Code::wrong_state, "the kept state of " + lost + " does not fit the definition");
}

constexpr std::size_t kCheckpointsMax = 1000;
// Larger state gives back room in the background only: others wait for the checkpoint thread.
constexpr std::uint64_t kCompactedMax = 256 << 20;

std::size_t at_most(std::uint64_t bytes, std::uint64_t limit) {
  return static_cast<std::size_t>(std::min(bytes, limit));
}

}  // namespace

std::string lost_steps(const std::vector<state::StateChange>& changes) {
  std::string lost;
  for (const state::StateChange& change : changes) {
    if (change.kind == state::StateChange::Kind::added) continue;
    lost += (lost.empty() ? "`" : ", `") + change.step + "` (" +
            (change.kind == state::StateChange::Kind::removed ? "removed" : "changed") + ")";
  }
  return lost;
}

std::vector<state::StepState> steps_of(const plan::Plan& plan) {
  std::vector<state::StepState> steps;
  for (const plan::KeyedStep& step : plan.keyed)
    steps.push_back({step.step, step.schema, step.renamed_from});
  return steps;
}

// The inverse of record::slice_of_group().
std::pair<std::uint32_t, std::uint32_t> groups_of(std::uint32_t slice, std::uint32_t slices) {
  const auto first = [&](std::uint32_t of) {
    return static_cast<std::uint32_t>((std::uint64_t{of} * record::kKeyGroups + slices - 1) /
                                      slices);
  };
  return {first(slice), first(slice + 1)};
}

// A limit of the definition holds for everything: caches get a part of it.
state::Store::Options StateDesk::options() const {
  state::Store::Options options;
  options.folder = parts_.folder;
  options.pipeline = parts_.plan->spec->name;
  options.key_groups = record::kKeyGroups;
  options.block_cache = parts_.settings.block_cache;
  options.write_buffer = parts_.settings.write_buffer;
  options.background_threads = parts_.settings.background_threads;
  options.rate_limit = parts_.settings.rate_limit;
  constexpr std::uint64_t kPart = 8;
  const std::uint64_t named = parts_.plan->spec->limits.memory_bytes;
  // What waits in the changelog to be folded stays in the tables' memory.
  if (const std::uint64_t limit = named != 0 ? named : parts_.settings.memory; limit != 0)
    options.changelog_bytes_max = at_most(options.changelog_bytes_max, limit / kPart);
  if (const std::uint64_t limit = named; limit != 0) {
    options.block_cache = at_most(options.block_cache, limit / kPart);
    options.write_buffer = at_most(options.write_buffer, limit / kPart);
  }
  return options;
}

std::size_t StateDesk::table_memory() const {
  if (parts_.folder.empty()) return 0;
  const std::uint64_t named = parts_.plan->spec->limits.memory_bytes;
  const std::uint64_t limit = named != 0 ? named : parts_.settings.memory;
  if (limit == 0) return 0;
  const state::Store::Options store = options();
  // Epochs that are folded together are sorted in memory, as much again; and as much is lost to
  // what the allocator keeps.
  const std::uint64_t folds = 3 * store.changelog_bytes_max;
  const std::uint64_t caches = named != 0 ? store.block_cache + store.write_buffer + folds : 0;
  const std::uint64_t tables = parts_.plan->keyed.size() * parts_.plan->parallelism;
  return static_cast<std::size_t>(std::max<std::uint64_t>(1, (limit - caches) / tables));
}

Status StateDesk::look_at_disk() const {
  if (parts_.folder.empty()) return {};
  std::error_code error;
  const auto space =
      std::filesystem::space(std::filesystem::path(parts_.folder).parent_path(), error);
  if (error) return {};
  const double part = parts_.settings.disk_free_min_part * static_cast<double>(space.capacity);
  const std::uint64_t least =
      std::max(parts_.settings.disk_free_min, static_cast<std::uint64_t>(part));
  if (space.available >= least) return {};
  return hold(
      Status(Code::exhausted,
             "the disk of the state folder has " + std::to_string(space.available >> 20) +
                 " MiB left, less than `state.disk_free_min` (" + std::to_string(least >> 20) +
                 " MiB): make room; the pipeline goes on by itself"),
      "DISK_LOW");
}

std::uint64_t StateDesk::disk_bytes() const {
  return store_->backing().bytes() + store_->changelog_bytes();
}

Status StateDesk::look_at_size() const {
  const std::uint64_t limit = parts_.plan->spec->limits.state_bytes;
  const std::uint64_t bytes = disk_bytes();
  if (limit == 0 || bytes <= limit) return {};
  return hold(
      Status(Code::exhausted, "the state takes " + std::to_string(bytes) +
                                  " bytes, more than `limits.state` (" + std::to_string(limit) +
                                  " bytes): nothing more is read until the limit is raised "
                                  "or the pipeline is replaced with `?state=discard`; a "
                                  "window or a `ttl` bounds the state"),
      "STATE_LIMIT");
}

// What is there counts, not what the disk has of former values.
Status StateDesk::make_room() {
  if (look_at_size().ok()) return {};
  LEAT_RETURN_IF_ERROR(disk_bytes() <= kCompactedMax ? store_->compact() : store_->flush());
  return look_at_size();
}

Status StateDesk::open_if_closed(StateStart start) {
  if (!parts_.folder.empty() && start == StateStart::from_empty) {
    store_.reset();
    LEAT_RETURN_IF_ERROR(state::discard_state(parts_.folder));
  }
  if (store_) return {};
  const auto open = [&] {
    return parts_.open ? parts_.open(options()) : state::Store::open(options());
  };
  auto opened = open();
  const bool unreadable = !opened.ok() && (opened.status().code() == Code::data_loss ||
                                           opened.status().code() == Code::wrong_state);
  if (unreadable && start != StateStart::keep && !parts_.folder.empty()) {
    log::warn("runtime", "state that cannot be read is thrown away, as asked for",
              {{"pipeline", parts_.plan->spec->name}, {"error", opened.status().to_string()}});
    LEAT_RETURN_IF_ERROR(state::discard_state(parts_.folder));
    opened = open();
  }
  if (!opened.ok()) return std::move(opened).status();
  store_ = *std::move(opened);
  return {};
}

Status StateDesk::take_up(EpochId committed, const std::string& state_id, StateStart start,
                          Restored& made) {
  const std::vector<state::StepState> steps = steps_of(*parts_.plan);
  // An edit that loses state was asked for; what else loses any is another version of leat.
  if (start == StateStart::keep) LEAT_RETURN_IF_ERROR(losing(store_->compare(steps)));
  auto ids = store_->adopt(steps);
  if (!ids.ok()) return std::move(ids).status();
  ids_ = *std::move(ids);
  LEAT_RETURN_IF_ERROR(store_->recover(committed, state_id));
  LEAT_RETURN_IF_ERROR(make_room());
  return make_tables(made);
}

// What is read only now, as the blocks of the database, may be damaged too.
Status StateDesk::take_up_what_fits(EpochId committed, const std::string& state_id,
                                    Restored& made) {
  const Status taken = take_up(committed, state_id, StateStart::what_fits, made);
  if (!has_code(taken, "STATE_MISMATCH") && taken.code() != Code::data_loss) return taken;
  log::warn("runtime",
            "state that is damaged or not that of the commit is thrown away, as asked for",
            {{"pipeline", parts_.plan->spec->name}, {"error", taken.to_string()}});
  made.tables.clear();
  LEAT_RETURN_IF_ERROR(store_->reset());
  made.anew = true;
  return take_up(EpochId(0), {}, StateStart::what_fits, made);
}

Status StateDesk::make_tables(Restored& made) const {
  const plan::Plan& plan = *parts_.plan;
  for (std::size_t step = 0; step < plan.keyed.size(); ++step) {
    for (std::uint32_t slice = 0; slice < plan.parallelism; ++slice) {
      state::Table::Options options;
      options.store = ids_[step];
      options.type = plan.keyed[step].type.get();
      std::tie(options.first_group, options.end_group) = groups_of(slice, plan.parallelism);
      options.memory_limit = table_memory();
      options.backing = &store_->backing();
      auto table = state::make_table(options);
      if (!table.ok()) return std::move(table).status().with("step", plan.keyed[step].step);
      made.tables[{step, slice}] = *std::move(table);
    }
  }
  return {};
}

StateDesk::Restored StateDesk::restore(EpochId committed, const std::string& state_id,
                                       StateStart start) {
  Restored made;
  restored_ = false;
  const auto work = [&]() -> Status {
    LEAT_RETURN_IF_ERROR(look_at_disk());
    LEAT_RETURN_IF_ERROR(base::Faults::hit("restore.begun"));
    LEAT_RETURN_IF_ERROR(open_if_closed(start));
    LEAT_RETURN_IF_ERROR(start == StateStart::keep ? take_up(committed, state_id, start, made)
                                                   : take_up_what_fits(committed, state_id, made));
    return base::Faults::hit("restore.done");
  };
  made.status = judge(work());
  if (!made.status.ok()) {
    made.tables.clear();
    return made;
  }
  made.state_id = store_->state_id();
  made.folded = store_->backing().epoch();
  restored_ = true;
  return made;
}

StateDesk::Appended StateDesk::append(EpochId epoch, const std::vector<state::Delta>& deltas) {
  Appended done;
  done.status = judge(store_->append(epoch, deltas));
  if (!done.status.ok()) return done;
  done.disk_bytes = disk_bytes();
  done.pressure = look_at_disk();
  if (done.pressure.ok()) done.pressure = look_at_size();
  return done;
}

Result<EpochId> StateDesk::fold(EpochId epoch) {
  if (Status status = judge(store_->fold(epoch)); !status.ok()) return status;
  return store_->backing().epoch();
}

void StateDesk::close_on_disk() {
  if (!parts_.folder.empty()) store_.reset();
}

void StateDesk::end_run() {
  restored_ = false;
  close_on_disk();
}

Result<state::Store::Checkpoint> StateDesk::checkpoint(EpochId epoch, const std::string& name,
                                                       const std::string& metadata) {
  if (!restored_ || store_->backing().epoch() > epoch)
    return Status(Code::unavailable, "the pipeline went down meanwhile").with("problem", "BUSY");
  return keep_copy(epoch, name, metadata);
}

Result<state::Store::Checkpoint> StateDesk::checkpoint_at_rest(EpochId epoch,
                                                               const std::string& state_id,
                                                               const std::string& name,
                                                               const std::string& metadata) {
  Status opened = open_at_rest(EpochId());
  if (opened.ok()) opened = store_->recover(epoch, state_id);
  if (!opened.ok()) {
    close_on_disk();
    return Status(Code::wrong_state,
                  "no checkpoint can be made of what is kept (" + opened.message() + ")")
        .with("problem", "WRONG_STATE");
  }
  auto made = keep_copy(epoch, name, metadata);
  close_on_disk();
  return made;
}

Result<state::Store::Checkpoint> StateDesk::keep_copy(EpochId epoch, const std::string& name,
                                                      const std::string& metadata) {
  const auto there = store_->checkpoints();
  if (!there.ok()) return there.status();
  if (there->size() >= kCheckpointsMax)
    return Status(Code::wrong_state, "there are " + std::to_string(kCheckpointsMax) +
                                         " checkpoints, which is the most: delete some")
        .with("problem", "WRONG_STATE");
  for (const state::Store::Checkpoint& one : *there)
    if (one.name == name)
      return Status(Code::already_exists, "there is a checkpoint of this name")
          .with("problem", "NAME_TAKEN")
          .with("id", one.id);
  auto made = store_->checkpoint(name, metadata);
  if (made.status().code() == Code::already_exists)
    return Status(Code::already_exists, "this epoch is kept already").with("problem", "NAME_TAKEN");
  if (!made.ok())
    return made.status().with("problem",
                              made.status().code() == Code::exhausted ? "DISK_LOW" : "BUSY");
  if (made->epoch == epoch) return made;
  static_cast<void>(store_->remove_checkpoint(made->id).ok());
  return Status(Code::unavailable, "the epoch is not in the state").with("problem", "BUSY");
}

Result<std::vector<state::Store::Checkpoint>> StateDesk::checkpoints() {
  if (!store_ && !parts_.folder.empty()) return state::kept_checkpoints(parts_.folder);
  LEAT_RETURN_IF_ERROR(open_if_closed(StateStart::keep));
  return store_->checkpoints();
}

Status StateDesk::remove_checkpoint(const std::string& id) {
  if (!store_ && !parts_.folder.empty()) return state::remove_checkpoint(parts_.folder, id);
  LEAT_RETURN_IF_ERROR(open_if_closed(StateStart::keep));
  return store_->remove_checkpoint(id);
}

Result<StateDesk::Brought> StateDesk::bring_back(const std::string& id, EpochId newest) {
  const auto there = checkpoints();
  if (!there.ok()) return there.status();
  if (std::none_of(there->begin(), there->end(), [&](const auto& one) { return one.id == id; }))
    return Status(Code::not_found, "there is no such checkpoint").with("id", id);
  Status opened = open_if_closed(StateStart::keep);
  if (opened.code() == Code::data_loss && !parts_.folder.empty()) {
    LEAT_RETURN_IF_ERROR(state::check_checkpoint(options(), id));
    log::warn("runtime", "damaged state is thrown away for that of a checkpoint",
              {{"pipeline", parts_.plan->spec->name}, {"error", opened.to_string()}});
    LEAT_RETURN_IF_ERROR(state::discard_state(parts_.folder));
    opened = open_if_closed(StateStart::keep);
  }
  LEAT_RETURN_IF_ERROR(std::move(opened));
  Brought brought;
  brought.epoch = std::max(newest, store_->newest()).next();
  brought.state_id = store_->state_id();
  const Status restored = store_->restore(id, brought.epoch);
  close_on_disk();
  if (!restored.ok()) return restored;
  return brought;
}

Status StateDesk::discard() {
  if (!parts_.folder.empty()) {
    store_.reset();
    return state::discard_state(parts_.folder);
  }
  LEAT_RETURN_IF_ERROR(open_if_closed(StateStart::keep));
  return store_->reset();
}

Result<std::vector<state::StateChange>> StateDesk::compare(
    const std::vector<state::StepState>& steps) {
  const bool was_open = store_ != nullptr;
  if (!was_open) {
    std::error_code error;
    if (parts_.folder.empty() || !std::filesystem::exists(parts_.folder, error))
      return std::vector<state::StateChange>();
    LEAT_RETURN_IF_ERROR(open_if_closed(StateStart::keep));
  }
  std::vector<state::StateChange> changes = store_->compare(steps);
  if (!was_open) store_.reset();
  return changes;
}

// Nothing is lost by it: what is committed is folded, as the next run would.
Status StateDesk::open_at_rest(EpochId committed) {
  std::error_code error;
  if (!store_ && !parts_.folder.empty() && !std::filesystem::exists(parts_.folder, error))
    return Status(Code::not_found, "nothing is kept yet").with("problem", "KEY_NOT_FOUND");
  const std::vector<state::StepState> steps = steps_of(*parts_.plan);
  Status opened = open_if_closed(StateStart::keep);
  if (opened.ok() && !store_->compare(steps).empty())
    opened = Status(Code::wrong_state, "what is kept is of another definition");
  if (!opened.ok())
    return Status(Code::unavailable, "the state cannot be read while the pipeline does not run (" +
                                         opened.message() + ")")
        .with("problem", "RESTORING");
  auto ids = store_->adopt(steps);
  if (!ids.ok()) return ids.status().with("problem", "BUSY");
  ids_ = *std::move(ids);
  if (committed.value() == 0) return {};
  return store_->recover(committed, store_->state_id()).with("problem", "RESTORING");
}

Result<StoreView> StateDesk::view(std::size_t step, EpochId committed) {
  if (!restored_)
    if (Status opened = open_at_rest(committed); !opened.ok()) {
      close_on_disk();
      return opened;
    }
  return StoreView{&parts_.plan->keyed[step], ids_[step], store_.get()};
}

void StateDesk::end_view() {
  if (!restored_) close_on_disk();
}

}  // namespace leat::runtime
