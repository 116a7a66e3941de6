#include "kafka/source_commit.h"

#include <algorithm>

#include "base/log.h"

namespace leat::kafka {

void KafkaSource::commit(EpochId epoch, std::span<const flow::PartitionPosition> positions,
                         const std::string& metadata, std::function<void(Status)> done) {
  thread_.check();
  auto commit = std::make_unique<Commit>();
  commit->epoch = epoch;
  commit->assignment = assignment_;
  commit->metadata = metadata;
  commit->done = std::move(done);
  for (const flow::PartitionPosition& position : positions) {
    if (!owned_.contains(position.origin)) continue;
    commit->offsets.emplace_back(position.origin, position.next.value());
    commit->event_times[position.origin] = position.event_time_us;
  }
  if (commit->offsets.empty()) {
    for (const auto& [origin, partition] : owned_) {
      commit->offsets.emplace_back(origin, partition->committed);
      commit->event_times[origin] = partition->committed_event_time_us;
    }
  }
  commits_.push_back(std::move(commit));
  send(*commits_.back());
}

void KafkaSource::send(Commit& commit) {
  commit.retry_at = base::kNever;
  if (!commit.for_claim)
    std::erase_if(commit.offsets,
                  [this](const auto& offset) { return !owned_.contains(offset.first); });
  if (commit.offsets.empty()) {
    // Whoever has the partitions now begins at the last commit; this one counts for nobody.
    return later([this, held = &commit] { finish(*held, Status()); });
  }
  const PartitionList list = make_list(commit.offsets.size());
  for (const auto& [origin, offset] : commit.offsets) {
    const auto time = commit.event_times.find(origin);
    const flow::PartitionPosition position{
        origin, Offset(offset), time != commit.event_times.end() ? time->second : record::kNoTime};
    set_metadata(client_->handle(), add(list, origin->topic, origin->partition.value(), offset),
                 flow::with_event_time(commit.metadata, position));
  }
  commit.sent = true;
  const auto error =
      rd_kafka_commit_queue(client_->handle(), list.get(), results_.get(), nullptr, &commit);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  commit.sent = false;
  commit.retry_at = now_ + kRetryAfter;
}

void KafkaSource::on_committed(rd_kafka_event_t* event) {
  const auto is_it = [&](const auto& commit) {
    return commit.get() == rd_kafka_event_opaque(event);
  };
  const auto found = std::find_if(commits_.begin(), commits_.end(), is_it);
  if (found == commits_.end()) return;
  Commit& commit = **found;
  commit.sent = false;
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  const rd_kafka_topic_partition_list_t* const list = rd_kafka_event_topic_partition_list(event);
  for (int i = 0; list != nullptr && i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    error = list->elems[i].err;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (const auto& [origin, offset] : commit.offsets)
      if (const auto owned = owned_.find(origin); owned != owned_.end()) {
        owned->second->committed = offset;
        if (const auto time = commit.event_times.find(origin); time != commit.event_times.end())
          owned->second->committed_event_time_us = time->second;
      }
    if (!connected_) reachable();
    return finish(commit, Status());
  }
  if (classify(error).kind != ErrorClass::retriable ||
      (commit.for_claim && commit.assignment != assignment_))
    return finish(commit, to_status(error, "cannot commit offsets"));
  // A group that is being rebalanced takes it a moment later; anything else that lasts is told.
  if (connected_ && error != RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
    unreachable(error, "cannot commit offsets");
  commit.retry_at = now_ + kRetryAfter;
}

void KafkaSource::finish(Commit& commit, Status status) {
  const auto is_it = [&](const auto& held) { return held.get() == &commit; };
  const auto found = std::find_if(commits_.begin(), commits_.end(), is_it);
  if (found == commits_.end()) return;
  const std::unique_ptr<Commit> ended = std::move(*found);
  commits_.erase(found);
  if (ended->done) return ended->done(std::move(status));
  if (!ended->for_claim || !claim_ || ended->assignment != assignment_) return;
  claim_->committing = false;
  if (status.ok()) return take_over();
  log::warn("kafka", "the first offsets are not committed yet",
            {{"pipeline", parts_.pipeline}, {"error", status.message()}});
  for (PartitionFacts& facts : claim_->partitions) facts.committed = -1;
  claim_->retry_at = now_ + kRetryAfter;
}

void KafkaSource::retry_commits(Instant now) {
  for (std::size_t i = 0; i < commits_.size(); ++i)
    if (!commits_[i]->sent && now >= commits_[i]->retry_at) send(*commits_[i]);
}

Instant KafkaSource::next_commit_retry() const {
  Instant next = base::kNever;
  for (const auto& commit : commits_)
    if (!commit->sent) next = std::min(next, commit->retry_at);
  return next;
}

}  // namespace leat::kafka
