#include <algorithm>

#include "base/log.h"
#include "kafka/source.h"
#include "kafka/source_commit.h"
#include "record/key_hash.h"

namespace leat::kafka {

void KafkaSource::claim(const rd_kafka_topic_partition_list_t* partitions) {
  claim_ = Claim();
  const WallTime wall = parts_.clock.wall_now();
  for (int i = 0; i < partitions->cnt; ++i) {
    PartitionFacts facts;
    facts.topic = partitions->elems[i].topic;
    facts.partition = partitions->elems[i].partition;
    facts.at_time_ms = parts_.subscription.time_for(facts.topic, wall);
    missing_.erase(facts.topic);
    claim_->partitions.push_back(std::move(facts));
  }
  ask_about_claim();
}

void KafkaSource::ask_about_claim() {
  claim_->retry_at = base::kNever;
  if (claim_->partitions.empty()) return take_over();
  claim_->asking = true;
  ask(Purpose::claim, claim_->partitions);
}

void KafkaSource::on_claim_facts(const Answer& answer) {
  claim_->asking = false;
  if (answer.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (classify(answer.error).kind != ErrorClass::retriable)
      log::warn("kafka", "the position is not known yet",
                {{"pipeline", parts_.pipeline}, {"error", rd_kafka_err2str(answer.error)}});
    unreachable(answer.error, "cannot read the position");
    claim_->retry_at = now_ + kRetryAfter;
    return;
  }
  claim_->partitions = answer.facts;
  for (PartitionFacts& facts : claim_->partitions) {
    if (Status checked = check_range(facts); !checked.ok()) {
      claim_.reset();
      failed_ = true;
      return listener_->on_failed(std::move(checked));
    }
  }
  commit_starts();
}

Status KafkaSource::check_range(PartitionFacts& facts) const {
  if (parts_.positions_only) return {};
  // An offset behind the end is the fetch's to judge: right after a leader moved the end may lag.
  const bool too_new = parts_.profile.embedded() && facts.committed > facts.end;
  if (facts.committed < 0 || (facts.committed >= facts.begin && !too_new)) return {};
  if (parts_.profile.embedded()) {
    log::warn(
        "kafka", "records are gone from the embedded broker: reading on at the earliest",
        {{"pipeline", parts_.pipeline}, {"topic", facts.topic}, {"partition", facts.partition}});
    facts.committed = facts.begin;
    return {};
  }
  return to_status(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                   "committed offset " + std::to_string(facts.committed) +
                       " is not in the log, which holds " + std::to_string(facts.begin) + " to " +
                       std::to_string(facts.end))
      .with("topic", facts.topic)
      .with("partition", std::to_string(facts.partition));
}

bool KafkaSource::starts_first(const PartitionFacts& facts) const {
  if (begun_.contains(facts.topic)) return false;
  const auto source = parts_.subscription.source_of(facts.topic);
  const bool by_name =
      std::find(parts_.subscription.topics().begin(), parts_.subscription.topics().end(),
                facts.topic) != parts_.subscription.topics().end();
  return std::none_of(claim_->partitions.begin(), claim_->partitions.end(),
                      [&](const PartitionFacts& other) {
                        if (other.committed < 0) return false;
                        return by_name ? other.topic == facts.topic
                                       : parts_.subscription.source_of(other.topic) == source;
                      });
}

void KafkaSource::commit_starts() {
  auto commit = std::make_unique<Commit>();
  for (PartitionFacts& facts : claim_->partitions) {
    if (facts.committed >= 0) continue;
    facts.from_time = parts_.subscription.start_of(facts, starts_first(facts));
    commit->offsets.emplace_back(&origin_of(facts), facts.from_time);
  }
  for (PartitionFacts& facts : claim_->partitions)
    if (facts.committed < 0) facts.committed = facts.from_time;
  if (commit->offsets.empty()) return take_over();
  claim_->committing = true;
  commit->for_claim = true;
  commit->metadata = R"({"v":1,"e":0})";
  commit->assignment = assignment_;
  commits_.push_back(std::move(commit));
  send(*commits_.back());
}

void KafkaSource::take_over() {
  EpochId newest(0);
  std::string state_id;
  const PartitionList list = make_list(claim_->partitions.size());
  std::vector<std::shared_ptr<Partition>> made;
  for (const PartitionFacts& facts : claim_->partitions) {
    if (const EpochId epoch = epoch_of(facts.metadata); epoch > newest) {
      newest = epoch;
      state_id = flow::state_id_of(facts.metadata);
    }
    begun_.insert(facts.topic);
    made.push_back(make_partition(facts));
    add(list, facts.topic, facts.partition, made.back()->next());
  }
  const std::vector<PartitionFacts> facts = std::move(claim_->partitions);
  claim_.reset();
  if (const auto error = rd_kafka_assign(client_->handle(), list.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (failed_) return;
    failed_ = true;
    return listener_->on_failed(to_status(error, "cannot read the partitions of the group"));
  }
  for (auto& partition : made) {
    ReaderLink* const link = link_of(partition->origin);
    owned_[&partition->origin] = partition;
    link->to_reader.push({std::move(partition)});
  }
  if (end_wanted_) set_ends(facts);
  refresh_at_ = now_ + kRefreshEvery;
  if (facts.empty() && !missing_.empty()) return;
  log::info(
      "kafka", "partitions assigned",
      {{"pipeline", parts_.pipeline}, {"partitions", facts.size()}, {"epoch", newest.value()}});
  connected_ = told_ = missing_.empty();
  if (connected_) {
    probe_at_ = base::kNever;
    listener_->on_connected(true, "CONNECTED", "all partitions are assigned");
  }
  listener_->on_positioned(newest, state_id);
}

std::shared_ptr<Partition> KafkaSource::make_partition(const PartitionFacts& facts) {
  const record::Origin& origin = origin_of(facts);
  // Nobody reads where there is nothing.
  const std::int64_t start =
      parts_.positions_only ? std::clamp(facts.committed, facts.begin, facts.end) : facts.committed;
  auto made = std::make_shared<Partition>(
      client_, origin, start, flow::event_time_of(facts.metadata), link_of(origin)->wakeup);
  made->committed = facts.committed;
  made->committed_event_time_us = made->start_event_time_us;
  made->begin = facts.begin;
  made->known_end = facts.end;
  return made;
}

const record::Origin& KafkaSource::origin_of(const PartitionFacts& facts) {
  std::unique_ptr<record::Origin>& origin = origins_[{facts.topic, facts.partition}];
  if (!origin)
    origin = std::make_unique<record::Origin>(
        record::Origin{facts.topic, PartitionId(facts.partition),
                       parts_.subscription.source_of(facts.topic).value_or(0)});
  return *origin;
}

ReaderLink* KafkaSource::link_of(const record::Origin& origin) const {
  const Slices& slices = readers_.at(origin.source);
  // One topic spreads evenly, several do not pile up on the first slice.
  const std::uint32_t place =
      record::murmur2(origin.topic) + static_cast<std::uint32_t>(origin.partition.value());
  return slices.links.at(place % slices.count).get();
}

void KafkaSource::give_up() {
  claim_.reset();
  for (const auto& [origin, partition] : owned_) partition->end();
  owned_.clear();
  for (auto& [source, slices] : readers_)
    for (auto& [slice, link] : slices.links) link->to_reader.push({});
  rd_kafka_assign(client_->handle(), nullptr);
  refresh_at_ = base::kNever;
}

}  // namespace leat::kafka
