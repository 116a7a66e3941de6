#include <algorithm>

#include "base/faults.h"
#include "base/log.h"
#include "runtime/pipeline.h"

// Checkpoints of a pipeline: a copy of the state with the positions that belong to it, and the way
// back to both.
namespace leat::runtime {
namespace {

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

// A name is lost with the description that had it.
Status not_found(const std::vector<CheckpointInfo>& all, const std::string& wanted) {
  std::string message = "there is no such checkpoint";
  for (const CheckpointInfo& one : all)
    if (!one.damage.empty() && one.name.empty())
      message += "; it may be `" + one.id + "`, which cannot be read (" + one.damage + ")";
  return problem(Code::not_found, "CHECKPOINT_NOT_FOUND", std::move(message))
      .with("checkpoint", wanted);
}

Status damaged(const std::string& why) {
  return problem(Code::wrong_state, "WRONG_STATE",
                 "the checkpoint is damaged (" + why +
                     "); nothing was changed: restore another one, or replace the pipeline with "
                     "`?state=discard` to go on with empty state");
}

Status unknown(const std::string& wanted) {
  return problem(Code::not_found, "CHECKPOINT_NOT_FOUND", "there is no such checkpoint")
      .with("checkpoint", wanted);
}

double ms(Duration d) { return std::max(0.0, static_cast<double>(d.count()) / 1e6); }

std::vector<CheckpointInfo> newest_first(const std::vector<state::Store::Checkpoint>& kept) {
  std::vector<CheckpointInfo> all;
  for (const state::Store::Checkpoint& one : kept) {
    auto about = read_checkpoint(one);
    if (!about.ok()) {
      CheckpointInfo shown;
      shown.id = one.id;
      shown.name = one.name;
      shown.epoch = one.epoch;
      shown.damage = one.damage.empty() ? about.status().message() : one.damage;
      about = std::move(shown);
    }
    all.push_back(*std::move(about));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.epoch > b.epoch; });
  return all;
}

void sort_positions(CheckpointInfo& about) {
  const auto place = [](const CheckpointInfo::Position& one) {
    return std::tie(one.source, one.topic, one.partition);
  };
  std::sort(about.positions.begin(), about.positions.end(),
            [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

// Of what the desk answers.
Status named(const Status& status, std::string_view otherwise) {
  for (const auto& [key, value] : status.fields())
    if (key == "problem") return status;
  return status.with("problem", status.code() == Code::not_found        ? "CHECKPOINT_NOT_FOUND"
                                : status.code() == Code::already_exists ? "NAME_TAKEN"
                                : status.code() == Code::exhausted      ? "DISK_LOW"
                                : status.code() == Code::wrong_state    ? "STATE_INCOMPATIBLE"
                                                                        : otherwise);
}

}  // namespace

// -- made, listed, removed

CheckpointInfo Pipeline::about_checkpoint(const CutResult& cut,
                                          const std::string& checkpoint) const {
  CheckpointInfo about = about_checkpoint(cut.epoch, checkpoint);
  about.align_ms = ms(cut.sealed - cut.requested);
  about.persist_ms = ms(cut.durable.value_or(cut.sealed) - cut.sealed);
  about.commit_ms =
      ms(cut.committed - std::max(cut.durable.value_or(cut.sealed), cut.acknowledged));
  for (const flow::PartitionPosition& position : cut.positions)
    about.positions.push_back(
        position_of(*position.origin, position.next.value(), position.event_time_us));
  sort_positions(about);
  return about;
}

CheckpointInfo Pipeline::about_checkpoint(EpochId epoch, const std::string& checkpoint) const {
  CheckpointInfo about;
  about.name = checkpoint;
  about.epoch = epoch;
  about.generation = parts_.generation;
  about.at = parts_.control.clock.wall_now();
  about.definition = definition_digest(*parts_.plan);
  return about;
}

CheckpointInfo::Position Pipeline::position_of(const record::Origin& origin, std::int64_t next,
                                               std::int64_t event_time_us) const {
  return {parts_.plan->spec->sources[origin.source].id, origin.topic, origin.partition.value(),
          next, event_time_us};
}

void Pipeline::make_checkpoint(const std::string& checkpoint, Duration timeout,
                               Reply<CheckpointInfo> reply) {
  if (!keeper_)
    return reply(Status(Code::not_available_yet,
                        "checkpoints of pipelines without a keyed step are not available yet"));
  if (actual_ == Actual::starting)
    return reply(problem(Code::unavailable, "RESTORING", "the state is being restored"));
  if (actual_ == Actual::stopped && !run_ && !stopping_ && !move_)
    return checkpoint_at_rest(checkpoint, timeout, std::move(reply));
  const bool runs = actual_ == Actual::running || actual_ == Actual::paused;
  if (!runs || !run_ || !run_->launched() || closing_ || stopping_)
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         "a checkpoint is made of a pipeline that runs, is paused or is stopped")
                     .with("actual", to_string(actual_)));
  const auto waits = std::make_shared<bool>(true);
  CutRequest request;
  request.poll_after = actual_ == Actual::running && desired_ == Desired::running;
  request.on_committed = [this, waits, checkpoint, reply](const CutResult& cut) {
    if (std::exchange(*waits, false)) take_checkpoint(about_checkpoint(cut, checkpoint), {}, reply);
  };
  request.on_dropped = [waits, reply](const Status& why) {
    if (std::exchange(*waits, false)) reply(why.with("problem", "BUSY"));
  };
  run_->coordinator()->request(std::move(request));
  overdue_.push_back({now() + timeout, [waits, reply] {
                        if (std::exchange(*waits, false))
                          reply(problem(Code::timed_out, "BUSY",
                                        "no epoch was committed in time; no checkpoint is made"));
                      }});
  parts_.control.wakeup.wake();
}

// What is committed is all there is; where it goes on the sources tell.
void Pipeline::checkpoint_at_rest(const std::string& checkpoint, Duration timeout,
                                  Reply<CheckpointInfo> reply) {
  const auto made = std::make_shared<Result<CheckpointInfo>>(CheckpointInfo());
  begin_move(
      timeout, std::nullopt,
      [this, checkpoint, made](const PositionMove::Found& found) {
        if (found.newest.value() == 0 || found.state_id.empty())
          return move_->give_up(problem(Code::wrong_state, "WRONG_STATE",
                                        "nothing of this pipeline's state was ever committed"));
        CheckpointInfo about = about_checkpoint(found.newest, checkpoint);
        for (const flow::PartitionLag& there : found.partitions)
          if (there.committed)
            about.positions.push_back(
                position_of(*there.origin, *there.committed, there.committed_event_time_us));
        sort_positions(about);
        take_checkpoint(about, found.state_id, [this, made](Result<CheckpointInfo> taken) {
          *made = std::move(taken);
          if (move_) move_->give_up(made->status());
        });
      },
      [made, reply = std::move(reply)](const Status& status) {
        if (!status.ok()) return reply(status);
        reply(*made);
      });
}

// The epoch is committed, and the desk folds it before it gets to this.
void Pipeline::take_checkpoint(const CheckpointInfo& about, const std::string& at_rest,
                               Reply<CheckpointInfo> reply) {
  keeper_->checkpoint(
      about.epoch, at_rest, about.name, write_metadata(about),
      [about, reply, pipeline = name()](const Result<state::Store::Checkpoint>& made) {
        if (!made.ok()) return reply(named(made.status(), "BUSY"));
        CheckpointInfo done = about;
        done.id = made->id;
        done.bytes = made->bytes;
        log::info("runtime", "checkpoint completed",
                  {{"pipeline", pipeline},
                   {"checkpoint", done.id},
                   {"name", done.name},
                   {"bytes", done.bytes}});
        reply(std::move(done));
      });
}

void Pipeline::list_checkpoints(Reply<std::vector<CheckpointInfo>> reply) {
  if (!keeper_) return reply(std::vector<CheckpointInfo>());
  keeper_->checkpoints([reply](const Result<std::vector<state::Store::Checkpoint>>& kept) {
    if (!kept.ok()) return reply(named(kept.status(), "INTERNAL"));
    reply(newest_first(*kept));
  });
}

void Pipeline::remove_checkpoint(const std::string& wanted, Reply<std::string> reply) {
  if (!keeper_) return reply(unknown(wanted));
  // By itself: also one whose description cannot be read any more.
  keeper_->checkpoints([this, alive = alive_, wanted,
                        reply](const Result<std::vector<state::Store::Checkpoint>>& kept) {
    if (!alive->load()) return reply(unknown(wanted));
    if (!kept.ok()) return reply(named(kept.status(), "INTERNAL"));
    std::string id = wanted;
    for (const state::Store::Checkpoint& one : *kept)
      if (one.name == wanted) id = one.id;
    keeper_->remove_checkpoint(id, [reply, id, pipeline = name()](const Status& status) {
      if (!status.ok()) return reply(named(status, "INTERNAL"));
      log::info("runtime", "checkpoint deleted", {{"pipeline", pipeline}, {"checkpoint", id}});
      reply(id);
    });
  });
}

// -- restored

struct Pipeline::Restore {
  CheckpointRequest request;
  Reply<RestoreReceipt> reply;
  Instant asked{};
  RestoreReceipt receipt;
  std::vector<flow::PartitionPosition> positions;  // none = they stay
  bool brought = false;                            // the state is the checkpoint's
};

void Pipeline::restore_checkpoint(const CheckpointRequest& request, Reply<RestoreReceipt> reply) {
  if (actual_ != Actual::stopped || run_ || stopping_ || move_)
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         "a checkpoint is restored while the pipeline is stopped: stop it first")
                     .with("actual", to_string(actual_)));
  if (!keeper_) return reply(unknown(request.checkpoint));
  const auto restore = std::make_shared<Restore>();
  restore->request = request;
  restore->reply = std::move(reply);
  restore->asked = now();
  keeper_->checkpoints([this, restore](const Result<std::vector<state::Store::Checkpoint>>& kept) {
    if (!kept.ok()) return restore->reply(named(kept.status(), "INTERNAL"));
    const std::vector<CheckpointInfo> all = newest_first(*kept);
    const CheckpointInfo* found = find_checkpoint(all, restore->request.checkpoint);
    if (found == nullptr) return restore->reply(not_found(all, restore->request.checkpoint));
    if (!found->damage.empty()) return restore->reply(damaged(found->damage));
    if (found->definition != definition_digest(*parts_.plan))
      return restore->reply(
          problem(Code::wrong_state, "STATE_INCOMPATIBLE",
                  "the definition has changed since this checkpoint, which is of generation " +
                      std::to_string(found->generation) +
                      ": put that definition back, restore, then change it again"));
    restore->receipt.checkpoint = *found;
    begin_restore(restore);
  });
}

void Pipeline::begin_restore(const std::shared_ptr<Restore>& restore) {
  begin_move(
      restore->request.timeout, std::nullopt,
      [this, restore](const PositionMove::Found& found) { restore_found(restore, found); },
      [this, restore](const Status& status) {
        if (status.ok()) return restored(restore);
        if (!restore->brought) return restore->reply(status);
        restore->reply(problem(
            Code::unavailable, "BUSY",
            "the state is that of the checkpoint, but the offsets could not be committed (" +
                status.message() + "): ask again; the pipeline does not start before"));
      });
}

void Pipeline::restore_found(const std::shared_ptr<Restore>& restore,
                             const PositionMove::Found& found) {
  if (Status planned = plan_moves(*restore, found.partitions); !planned.ok())
    return move_->give_up(planned);
  const EpochId newest = std::max(newest_epoch_, found.newest);
  keeper_->bring_back(restore->receipt.checkpoint.id, newest,
                      [this, restore](const Result<StateDesk::Brought>& brought) {
                        if (!move_) return;  // it ended meanwhile
                        if (!brought.ok())
                          return move_->give_up(brought.status().code() == Code::data_loss
                                                    ? damaged(brought.status().message())
                                                    : named(brought.status(), "INTERNAL"));
                        restore->brought = true;
                        restore->receipt.epoch = brought->epoch;
                        if (Status fault = base::Faults::hit("restore.brought"); !fault.ok())
                          return move_->give_up(fault.with("problem", "BUSY"));
                        move_->commit(brought->epoch, restore->positions,
                                      commit_metadata(brought->epoch, brought->state_id));
                      });
}

// Every partition there is goes to where it stood; one that came later to its beginning.
Status Pipeline::plan_moves(Restore& restore,
                            const std::vector<flow::PartitionLag>& partitions) const {
  const auto incompatible = [](const CheckpointInfo::Position& one, const std::string& why) {
    return problem(Code::wrong_state, "STATE_INCOMPATIBLE",
                   "partition " + std::to_string(one.partition) + " of `" + one.topic + "` " + why);
  };
  std::vector<CheckpointInfo::Position> left = restore.receipt.checkpoint.positions;
  for (const flow::PartitionLag& there : partitions) {
    const std::string& source = parts_.plan->spec->sources[there.origin->source].id;
    const auto was = std::find_if(left.begin(), left.end(), [&](const auto& one) {
      return one.source == source && one.topic == there.origin->topic &&
             one.partition == there.origin->partition.value();
    });
    CheckpointInfo::Position to{source, there.origin->topic, there.origin->partition.value(),
                                there.begin.value_or(0)};
    if (was != left.end()) {
      to = *was;
      left.erase(was);
    }
    if (restore.request.keep_offsets) continue;
    if (there.begin && to.next < *there.begin)
      return incompatible(to, "no longer has the records from offset " + std::to_string(to.next) +
                                  " on, it begins at " + std::to_string(*there.begin));
    if (there.end && to.next > *there.end)
      return incompatible(to, "ends at " + std::to_string(*there.end) +
                                  ", before the checkpoint's offset " + std::to_string(to.next));
    restore.positions.push_back({there.origin, Offset(to.next), to.event_time_us});
    restore.receipt.moved.push_back({to.source, to.topic, to.partition, there.committed, to.next});
  }
  if (!left.empty() && !restore.request.keep_offsets)
    return incompatible(left.front(), "is not there any more");
  return {};
}

void Pipeline::restored(const std::shared_ptr<Restore>& restore) {
  RestoreReceipt& receipt = restore->receipt;
  newest_epoch_ = receipt.epoch;
  committed_at_ = parts_.control.clock.wall_now();
  show_moved(receipt.moved);
  receipt.warnings.push_back(
      restore->request.keep_offsets
          ? "the offsets stay: what was read since the checkpoint is not in the state"
          : "output already written stays: what is read again is written again");
  receipt.took_ms = ms(now() - restore->asked);
  log::info("runtime", "checkpoint restored",
            {{"pipeline", name()},
             {"checkpoint", receipt.checkpoint.id},
             {"epoch", receipt.epoch.value()}});
  publish();
  restore->reply(std::move(receipt));
}

}  // namespace leat::runtime
