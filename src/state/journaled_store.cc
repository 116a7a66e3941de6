#include "state/journaled_store.h"

#include <algorithm>
#include <deque>

#include "base/check.h"
#include "base/faults.h"
#include "base/mutant.h"

namespace leat::state {
namespace {

using base::Mutant;

// An epoch of fewer bytes is folded at once, with all that waits.
constexpr std::uint64_t kSmallEpochBytes = 256 << 10;
// More epochs than that are not kept in the changelog, however small they are.
constexpr std::size_t kRecordsMax = 4096;

std::string text(EpochId epoch) { return std::to_string(epoch.value()); }

}  // namespace

JournaledStore::JournaledStore(std::unique_ptr<Home> home, Manifest manifest,
                               const Options& options)
    : options_(options), home_(std::move(home)), manifest_(std::move(manifest)) {}

Status JournaledStore::save(Manifest manifest) {
  LEAT_RETURN_IF_ERROR(home_->save(manifest));
  manifest_ = std::move(manifest);
  return {};
}

Status JournaledStore::open() {
  if (manifest_.state_id.empty()) {
    Manifest fresh;
    fresh.pipeline = options_.pipeline;
    fresh.key_groups = options_.key_groups;
    fresh.state_id = make_state_id();
    LEAT_RETURN_IF_ERROR(save(std::move(fresh)));
  }
  if (manifest_.cleared) {
    LEAT_RETURN_IF_ERROR(home_->clear());
    Manifest clean = manifest_;
    clean.cleared = false;
    LEAT_RETURN_IF_ERROR(save(std::move(clean)));
  }
  folded_ = home_->backing().epoch();
  return drop_stores();
}

// What the manifest keeps of each step, under its id or else the one it had; null = nothing.
std::vector<const Manifest::Kept*> JournaledStore::kept_of(std::span<const StepState> steps) const {
  const auto named = [&](const std::string& id) -> const Manifest::Kept* {
    const auto found =
        std::find_if(manifest_.stores.begin(), manifest_.stores.end(),
                     [&](const Manifest::Kept& kept) { return kept.state.step == id; });
    return found == manifest_.stores.end() ? nullptr : &*found;
  };
  std::vector<const Manifest::Kept*> all;
  for (const StepState& step : steps) {
    const Manifest::Kept* kept = named(step.step);
    if (kept == nullptr && !step.renamed_from.empty()) kept = named(step.renamed_from);
    all.push_back(kept);
  }
  return all;
}

std::vector<StateChange> JournaledStore::compare(std::span<const StepState> steps) const {
  std::vector<StateChange> changes;
  const std::vector<const Manifest::Kept*> kept = kept_of(steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (kept[i] == nullptr)
      changes.push_back({StateChange::Kind::added, steps[i].step});
    else if (kept[i]->state.schema != steps[i].schema)
      changes.push_back({StateChange::Kind::changed, steps[i].step});
  }
  for (const Manifest::Kept& one : manifest_.stores)
    if (std::find(kept.begin(), kept.end(), &one) == kept.end())
      changes.push_back({StateChange::Kind::removed, one.state.step});
  return changes;
}

Result<std::vector<StoreId>> JournaledStore::adopt(std::span<const StepState> steps) {
  Manifest next = manifest_;
  next.stores.clear();
  std::vector<StoreId> ids;
  const std::vector<const Manifest::Kept*> kept = kept_of(steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    StoreId id = next.next_store;
    if (kept[i] != nullptr && kept[i]->state.schema == steps[i].schema)
      id = kept[i]->id;
    else
      next.next_store = id.next();
    next.stores.push_back({id, {steps[i].step, steps[i].schema}});
    ids.push_back(id);
  }
  for (const Manifest::Kept& one : manifest_.stores)
    if (!next.keeps(one.id)) next.dropped.push_back(one.id);
  if (write_manifest(next) != write_manifest(manifest_))
    LEAT_RETURN_IF_ERROR(save(std::move(next)));
  LEAT_RETURN_IF_ERROR(drop_stores());
  return ids;
}

// What the manifest says is no longer kept leaves the backing; epochs that come back from the
// changelog are filtered.
Status JournaledStore::drop_stores() {
  if (manifest_.dropped.empty()) return {};
  for (const StoreId id : manifest_.dropped) LEAT_RETURN_IF_ERROR(home_->backing().drop(id));
  LEAT_RETURN_IF_ERROR(home_->backing().flush());
  Manifest next = manifest_;
  next.dropped.clear();
  return save(std::move(next));
}

Status JournaledStore::mismatch(std::string why) const {
  return Status(Code::wrong_state, std::move(why))
      .with("code", "STATE_MISMATCH")
      .with("state_id", manifest_.state_id)
      .with("state_epoch", text(home_->backing().epoch()));
}

Status JournaledStore::recover(EpochId committed, std::string_view state_id) {
  const EpochId have = home_->backing().epoch();
  if (have < manifest_.durable) {
    return Status(Code::data_loss, "the database has lost epochs that it had")
        .with("database_epoch", text(have))
        .with("durable_epoch", text(manifest_.durable));
  }
  const bool nothing_committed = committed.value() == 0;
  // An epoch that another one follows was committed.
  const bool untouched = have.value() == 0 && home_->changelog().records().size() <= 1;
  if (untouched && (nothing_committed || state_id.empty())) {
    folded_ = EpochId();
    return home_->changelog().drop_beyond(EpochId());
  }
  if (nothing_committed) return mismatch("the group has committed nothing, but there is state");
  if (state_id.empty())
    return mismatch("what the group committed names no state, but there is some");
  if (state_id != manifest_.state_id)
    return mismatch("what the group committed belongs to the state " + std::string(state_id) +
                    ", and this one is " + manifest_.state_id);
  if (have > committed)
    return mismatch("the state is of epoch " + text(have) +
                    ", ahead of what the group committed, epoch " + text(committed));
  LEAT_RETURN_IF_ERROR(find_chain(committed));
  LEAT_RETURN_IF_ERROR(home_->changelog().drop_beyond(committed));
  folded_ = committed;
  if (have < committed) LEAT_RETURN_IF_ERROR(apply_until(committed));
  return trim();
}

// Whether the changelog leads from where the backing is to `committed` without a gap.
Status JournaledStore::find_chain(EpochId committed) const {
  EpochId at = home_->backing().epoch();
  for (const Changelog::Record& record : home_->changelog().records()) {
    if (record.epoch <= at) continue;
    if (record.epoch > committed || record.previous != at) break;
    at = record.epoch;
  }
  if (at == committed) return {};
  const Status& damage = home_->changelog().damage();
  if (!damage.ok()) return damage.with("committed_epoch", text(committed));
  return mismatch("the state ends with epoch " + text(at) + ", and the group has committed epoch " +
                  text(committed));
}

EpochId JournaledStore::newest() const {
  const auto& records = home_->changelog().records();
  const EpochId applied = home_->backing().epoch();
  return records.empty() ? applied : std::max(applied, records.back().epoch);
}

Status JournaledStore::append(EpochId epoch, std::span<const Delta> deltas) {
  if (epoch <= newest()) {
    return Status(Code::wrong_state, "the epoch was appended before")
        .with("epoch", text(epoch))
        .with("newest", text(newest()));
  }
  if (base::is_planted(Mutant::delta_lost) && epoch.value() % 3 == 0) deltas = {};
  LEAT_RETURN_IF_ERROR(home_->changelog().append(epoch, newest(), deltas));
  if (base::is_planted(Mutant::state_before_commit)) LEAT_RETURN_IF_ERROR(apply_until(epoch));
  return base::Faults::hit("delta.synced");
}

std::uint64_t JournaledStore::unfolded_bytes(EpochId until) const {
  std::uint64_t bytes = 0;
  for (const Changelog::Record& record : home_->changelog().records())
    if (record.epoch > home_->backing().epoch() && record.epoch <= until) bytes += record.bytes;
  return bytes;
}

Status JournaledStore::fold(EpochId epoch) {
  const auto& records = home_->changelog().records();
  const auto record = std::find_if(records.begin(), records.end(),
                                   [&](const auto& one) { return one.epoch == epoch; });
  if (epoch <= folded_) return {};
  if (record == records.end())
    return Status(Code::wrong_state, "the epoch was not appended").with("epoch", text(epoch));
  folded_ = epoch;
  const bool small = record->bytes < kSmallEpochBytes;
  if (!small && unfolded_bytes(epoch) < options_.changelog_bytes_max / 4 * 3) return {};
  LEAT_RETURN_IF_ERROR(apply_until(epoch));
  return trim();
}

// All epochs up to this one that the backing does not have, together.
Status JournaledStore::apply_until(EpochId epoch) {
  std::deque<std::string> bodies;
  std::vector<StoreChanges> changes;
  const EpochId have = home_->backing().epoch();
  if (have >= epoch) return {};
  for (const Changelog::Record& record : home_->changelog().records()) {
    if (record.epoch <= have || record.epoch > epoch) continue;
    LEAT_RETURN_IF_ERROR(home_->changelog().read(record.epoch, bodies.emplace_back()));
    const Status split = split_changes(bodies.back(), changes);
    if (!split.ok()) return split.with("epoch", text(record.epoch));
  }
  std::erase_if(changes, [&](const StoreChanges& one) { return !manifest_.keeps(one.store); });
  LEAT_RETURN_IF_ERROR(home_->backing().apply(epoch, changes));
  return base::Faults::hit("delta.applied");
}

Status JournaledStore::pending(StoreId store,
                               const std::function<bool(std::string_view changes)>& visit) {
  const EpochId have = home_->backing().epoch();
  std::vector<EpochId> epochs;
  for (const Changelog::Record& record : home_->changelog().records())
    if (record.epoch > have && record.epoch <= folded_) epochs.push_back(record.epoch);
  std::string body;
  std::vector<StoreChanges> changes;
  while (!epochs.empty()) {
    changes.clear();
    LEAT_RETURN_IF_ERROR(home_->changelog().read(epochs.back(), body));
    const Status split = split_changes(body, changes);
    if (!split.ok()) return split.with("epoch", text(epochs.back()));
    for (const StoreChanges& one : changes)
      if (one.store == store && !visit(one.bytes)) return {};
    epochs.pop_back();
  }
  return {};
}

// Deletes from the changelog what is durable in the backing, and makes more of it durable when it
// has grown.
Status JournaledStore::trim() {
  Backing& backing = home_->backing();
  const auto& records = home_->changelog().records();
  const std::uint64_t bytes = changelog_bytes();
  const bool grown = bytes > options_.changelog_bytes_max || records.size() > kRecordsMax;
  if (grown && backing.durable_epoch() < backing.epoch() && flushing_ <= backing.durable_epoch()) {
    flushing_ = backing.epoch();
    LEAT_RETURN_IF_ERROR(backing.start_flush());
  }
  if (bytes > 2 * options_.changelog_bytes_max || records.size() > 2 * kRecordsMax)
    LEAT_RETURN_IF_ERROR(backing.flush());
  const EpochId durable = backing.durable_epoch();
  if (records.empty() || records.front().epoch > durable) return {};
  if (durable > manifest_.durable) {
    Manifest next = manifest_;
    next.durable = durable;
    LEAT_RETURN_IF_ERROR(save(std::move(next)));
  }
  LEAT_RETURN_IF_ERROR(home_->changelog().drop_until(durable));
  return base::Faults::hit("delta.deleted");
}

Status JournaledStore::flush() {
  LEAT_RETURN_IF_ERROR(apply_until(folded_));
  LEAT_RETURN_IF_ERROR(home_->backing().flush());
  return trim();
}

Status JournaledStore::compact() {
  LEAT_RETURN_IF_ERROR(flush());
  return home_->backing().compact();
}

Status JournaledStore::reset() {
  Manifest next = manifest_;
  next.state_id = make_state_id();
  next.cleared = true;
  next.durable = EpochId();
  next.dropped.clear();
  LEAT_RETURN_IF_ERROR(save(next));
  LEAT_RETURN_IF_ERROR(home_->clear());
  next.cleared = false;
  folded_ = EpochId();
  flushing_ = EpochId();
  return save(std::move(next));
}

Result<Store::Checkpoint> JournaledStore::checkpoint(const std::string& name,
                                                     const std::string& metadata) {
  LEAT_RETURN_IF_ERROR(flush());
  Checkpoint about;
  about.epoch = home_->backing().epoch();
  about.id = "ckpt-" + text(about.epoch);
  about.name = name;
  about.metadata = metadata;
  Result<std::vector<Checkpoint>> kept = home_->kept();
  if (!kept.ok()) return kept.status();
  for (const Checkpoint& one : *kept) {
    if (one.id != about.id) continue;
    return Status(Code::already_exists, "there is a checkpoint of this epoch").with("id", one.id);
  }
  return home_->keep(std::move(about), manifest_);
}

Status JournaledStore::restore(const std::string& id, EpochId as) {
  if (as <= newest()) {
    return Status(Code::invalid_argument, "a restored state needs a new epoch")
        .with("epoch", text(as))
        .with("newest", text(newest()));
  }
  Result<Manifest> back = home_->bring_back(id, as);
  if (!back.ok()) return back.status();
  Manifest next = manifest_;
  next.stores = std::move(back->stores);
  next.dropped.clear();
  next.next_store = std::max(next.next_store, back->next_store);
  next.durable = as;
  LEAT_RETURN_IF_ERROR(save(std::move(next)));
  folded_ = as;
  flushing_ = as;
  return {};
}

}  // namespace leat::state
