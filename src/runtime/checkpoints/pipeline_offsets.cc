#include <algorithm>

#include "base/faults.h"
#include "base/log.h"
#include "runtime/pipeline.h"

// Moving the offsets of a stopped pipeline, and saying what becomes of its state.
namespace leat::runtime {
namespace {

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

}  // namespace

void Pipeline::begin_move(Duration timeout, std::optional<WallTime> at,
                          std::function<void(const PositionMove::Found&)> found,
                          std::function<void(const Status&)> done) {
  move_ = std::make_unique<PositionMove>(
      PositionMove::Parts{.make_run =
                              [this](flow::SourceListener& listener) {
                                RunContext context = run_context(listener);
                                context.sources_only = true;
                                return Run::begin(std::move(context));
                              },
                          .post = parts_.control.post,
                          .deadline = now() + timeout,
                          .at = at,
                          .on_found = std::move(found),
                          .on_done =
                              [this, done = std::move(done)](const Status& status) {
                                move_.reset();
                                done(status);
                              }});
  move_->begin();
  parts_.control.wakeup.wake();
}

struct Pipeline::OffsetsMove {
  OffsetsRequest request;
  Reply<OffsetsReceipt> reply;
  OffsetMoves planned;
  EpochId epoch;           // that the commit names
  bool discarded = false;  // the state is gone
  bool ended = false;
};

void Pipeline::move_offsets(const OffsetsRequest& request, Reply<OffsetsReceipt> reply) {
  if (keeper_ && !request.state)
    return reply(problem(Code::invalid_argument, "STATE_CHOICE_REQUIRED",
                         "this pipeline keeps state that belongs to its offsets: say `\"state\": "
                         "\"keep\"` (what is read again is counted again, what is left out is "
                         "missing) or `\"state\": \"discard\"` (it begins empty)"));
  if (actual_ != Actual::stopped || run_ || stopping_ || move_)
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         "offsets are moved while the pipeline is stopped: stop it first")
                     .with("actual", to_string(actual_)));
  const auto move = std::make_shared<OffsetsMove>();
  move->request = request;
  move->reply = std::move(reply);
  const bool by_time = request.target.kind == OffsetTarget::Kind::time;
  begin_move(
      request.timeout, by_time ? std::optional(request.target.time) : std::nullopt,
      [this, move](const PositionMove::Found& found) { offsets_found(move, found); },
      [this, move](const Status& status) { offsets_moved(move, status); });
}

// What the commit says beside the new offsets decides what the next start takes for the state.
void Pipeline::offsets_found(const std::shared_ptr<OffsetsMove>& move,
                             const PositionMove::Found& found) {
  auto planned = plan_offsets(move->request.target, parts_.plan->spec->sources,
                              move->request.sources, found.partitions, found.at_time);
  if (!planned.ok()) return move_->give_up(planned.status());
  move->planned = *std::move(planned);
  if (move->request.dry_run || move->planned.positions.empty()) return move_->give_up(Status());
  if (!keeper_ || *move->request.state == StateChoice::keep) {
    move->epoch = found.newest;
    return move_->commit(move->epoch, move->planned.positions,
                         commit_metadata(move->epoch, found.state_id));
  }
  move->epoch = std::max(newest_epoch_, found.newest).next();
  move->discarded = true;
  keeper_->discard([this, move](const Status& status) {
    if (move->ended) return;
    move->discarded = status.ok();
    if (!status.ok()) return move_->give_up(status.with("problem", "BUSY"));
    if (Status fault = base::Faults::hit("offsets.discarded"); !fault.ok())
      return move_->give_up(fault.with("problem", "BUSY"));
    move_->commit(move->epoch, move->planned.positions, commit_metadata(move->epoch, {}));
  });
}

void Pipeline::offsets_moved(const std::shared_ptr<OffsetsMove>& move, const Status& status) {
  move->ended = true;
  if (!status.ok() && move->discarded)
    return move->reply(problem(Code::unavailable, "BUSY",
                               "the state is discarded, but the offsets could not be committed (" +
                                   status.message() +
                                   "): ask again; the pipeline does not start before"));
  if (!status.ok()) return move->reply(status);
  OffsetsReceipt receipt;
  receipt.moved = move->planned.moved;
  if (keeper_) receipt.state = move->request.state;
  if (move->request.dry_run || receipt.moved.empty()) return move->reply(std::move(receipt));
  newest_epoch_ = std::max(newest_epoch_, move->epoch);
  committed_at_ = parts_.control.clock.wall_now();
  show_moved(receipt.moved);
  log::info("runtime", "offsets moved",
            {{"pipeline", name()}, {"partitions", receipt.moved.size()}});
  publish();
  move->reply(std::move(receipt));
}

void Pipeline::show_moved(const std::vector<MovedPartition>& moved) {
  drained_ = false;
  if (last_sources_.empty())
    for (const spec::SourceSpec& source : parts_.plan->spec->sources)
      last_sources_.emplace_back().id = source.id;
  for (SourceStatus& source : last_sources_)
    for (const MovedPartition& one : moved) {
      if (source.id != one.source) continue;
      auto shown = std::find_if(
          source.partitions.begin(), source.partitions.end(), [&](const PartitionStatus& there) {
            return there.topic == one.topic && there.partition == one.partition;
          });
      if (shown == source.partitions.end()) {
        shown = source.partitions.insert(shown, PartitionStatus());
        shown->source = one.source;
        shown->topic = one.topic;
        shown->partition = one.partition;
      }
      shown->committed = shown->position = one.to;
    }
}

}  // namespace leat::runtime
