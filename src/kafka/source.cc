#include "kafka/source.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "kafka/embedded/groups.h"
#include "kafka/reader.h"
#include "kafka/settings.h"
#include "kafka/source_commit.h"
#include "record/key_hash.h"

namespace leat::kafka {
namespace {

PartitionFacts facts_of(const record::Origin& origin) {
  PartitionFacts facts;
  facts.topic = origin.topic;
  facts.partition = origin.partition.value();
  return facts;
}

}  // namespace

KafkaSource::KafkaSource(SourceParts parts) : parts_(std::move(parts)) {}

KafkaSource::~KafkaSource() {
  for (const auto& [origin, partition] : owned_) partition->end();
}

Status KafkaSource::start(flow::SourceListener& listener, base::Wakeup& control) {
  thread_.check();
  listener_ = &listener;
  control_ = &control;
  answers_ = std::make_shared<base::Mailbox<Answer>>(control);
  for (auto& [source, slices] : readers_)
    for (auto& [slice, link] : slices.links) link->alarms_to(control);
  const bool embedded = parts_.profile.embedded();
  ClientIdentity identity{"leat-" + parts_.pipeline,
                          embedded ? embedded_group(parts_.group) : parts_.group, parts_.instance,
                          parts_.fetch_bytes};
  Result<rd_kafka_conf_t*> conf =
      make_conf(Role::consumer, parts_.profile, parts_.subscription.properties(), identity);
  if (!conf.ok()) return std::move(conf).status();
  rd_kafka_conf_set_events(*conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR |
                                      RD_KAFKA_EVENT_OFFSET_COMMIT |
                                      RD_KAFKA_EVENT_DELETEGROUPS_RESULT);
  Result<base::Ref<Client>> client = Client::make(Role::consumer, *conf);
  if (!client.ok()) return std::move(client).status();
  client_ = *std::move(client);
  rd_kafka_poll_set_consumer(client_->handle());
  events_.reset(rd_kafka_queue_get_consumer(client_->handle()));
  results_.reset(rd_kafka_queue_new(client_->handle()));
  wake_on(events_, control);
  wake_on(results_, control);

  const PartitionList topics = make_list(parts_.subscription.topics().size());
  for (const std::string& topic : parts_.subscription.topics())
    add(topics, topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_OFFSET_INVALID);
  if (const auto error = rd_kafka_subscribe(client_->handle(), topics.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return to_status(error, "cannot subscribe");
  return {};
}

std::unique_ptr<flow::SourceReader> KafkaSource::make_reader(std::uint32_t source, SliceId slice,
                                                             std::uint32_t slices,
                                                             base::Wakeup& worker) {
  LEAT_CHECK(client_.get() == nullptr);
  auto link = std::make_shared<ReaderLink>(worker);
  Slices& of_source = readers_[source];
  of_source.count = slices;
  of_source.links[slice.value()] = link;
  return std::make_unique<Reader>(std::move(link));
}

Instant KafkaSource::serve(Instant now) {
  thread_.check();
  now_ = now;
  if (client_.get() == nullptr) return base::kNever;
  const std::weak_ptr<bool> alive = alive_;
  serve_queue(events_);
  serve_queue(results_);
  for (const Answer& answer : answers_->take()) on_answer(answer);
  for (auto& [source, slices] : readers_)
    for (auto& [slice, link] : slices.links)
      for (const ReaderAlarm& alarm : link->take_alarms()) on_alarm(alarm);
  run_deadlines(now);
  for (auto& call : std::exchange(later_, {})) {
    call();
    if (alive.expired()) return base::kNever;
  }
  return next_deadline();
}

void KafkaSource::later(std::function<void()> call) {
  later_.push_back(std::move(call));
  if (control_ != nullptr) control_->wake();
}

void KafkaSource::run_deadlines(Instant now) {
  if (claim_ && !claim_->asking && !claim_->committing && now >= claim_->retry_at)
    ask_about_claim();
  retry_commits(now);
  if (purge_ && now >= purge_->again_at) send_purge();
  if (now >= revoke_until_) on_revoked(true);
  if (now >= probe_at_ && !probing_) {
    probing_ = true;
    probe_at_ = base::kNever;
    ask(Purpose::probe, {});
  }
  if (now >= refresh_at_) {
    refresh_at_ = now + kRefreshEvery;
    std::vector<PartitionFacts> facts;
    for (const auto& [origin, partition] : owned_) facts.push_back(facts_of(*origin));
    if (!facts.empty()) ask(Purpose::refresh, std::move(facts));
  }
  // A static member that is closed before its partitions are given up does not leave at all.
  if (leaving_ == Leaving::leaving && now >= look_at_) {
    look_at_ = now + kLookEvery;
    if (has_left()) close_now();
  }
  const bool closed =
      leaving_ == Leaving::closing && rd_kafka_consumer_closed(client_->handle()) != 0;
  const bool under_way = leaving_ != Leaving::no && leaving_ != Leaving::closed;
  if (under_way && (closed || now >= leave_until_)) {
    leaving_ = Leaving::closed;
    leave_until_ = look_at_ = base::kNever;
    later(std::exchange(on_left_, {}));
  }
}

Instant KafkaSource::next_deadline() const {
  if (!later_.empty()) return now_;
  Instant next = std::min(
      {revoke_until_, probe_at_, refresh_at_, leave_until_, look_at_, next_commit_retry()});
  if (claim_ && !claim_->asking && !claim_->committing) next = std::min(next, claim_->retry_at);
  if (purge_) next = std::min(next, purge_->again_at);
  return next;
}

void KafkaSource::ask(Purpose purpose, std::vector<PartitionFacts> facts) {
  const auto call = [answers = answers_, purpose, assignment = assignment_,
                     held = std::move(facts)](rd_kafka_t* client) mutable {
    Answer answer{purpose, assignment, RD_KAFKA_RESP_ERR_NO_ERROR, std::move(held)};
    answer.error = purpose == Purpose::probe
                       ? look_up_cluster(client)
                       : look_up(client, purpose == Purpose::claim, answer.facts);
    answers->push(std::move(answer));
  };
  client_->post(call);
}

void KafkaSource::on_answer(const Answer& answer) {
  switch (answer.purpose) {
    case Purpose::probe:
      probing_ = false;
      if (answer.error == RD_KAFKA_RESP_ERR_NO_ERROR)
        reachable();
      else if (!connected_)
        probe_at_ = now_ + kProbeEvery;
      return;
    case Purpose::end: on_end_facts(answer); return;
    case Purpose::find: on_time_facts(answer); return;
    case Purpose::claim:
      if (claim_ && answer.assignment == assignment_) on_claim_facts(answer);
      return;
    case Purpose::refresh:
      for (const PartitionFacts& facts : answer.facts) {
        const auto owned = owned_.find(&origin_of(facts));
        if (owned == owned_.end() || facts.begin < 0) continue;
        owned->second->begin = facts.begin;
        owned->second->known_end = facts.end;
      }
      return;
  }
}

void KafkaSource::fix_end() {
  thread_.check();
  end_wanted_ = true;
  if (claim_ || ends_) return;  // a claim brings its ends along
  std::vector<PartitionFacts> facts;
  for (const auto& [origin, partition] : owned_) facts.push_back(facts_of(*origin));
  if (!facts.empty()) ask(Purpose::end, std::move(facts));
}

void KafkaSource::free_end() {
  thread_.check();
  end_wanted_ = false;
  ends_.reset();
  for (const auto& [origin, partition] : owned_) partition->free_end();
  for (auto& [source, slices] : readers_) {
    for (auto& [slice, link] : slices.links) {
      link->end_is_fixed.store(false, std::memory_order_release);
      link->wakeup.wake();
    }
  }
}

void KafkaSource::on_end_facts(const Answer& answer) {
  if (!end_wanted_) return;  // freed meanwhile
  if (answer.assignment != assignment_) return fix_end();
  if (answer.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    unreachable(answer.error, "cannot read the ends of the partitions");
    return ask(Purpose::end, answer.facts);
  }
  set_ends(answer.facts);
}

void KafkaSource::set_ends(const std::vector<PartitionFacts>& facts) {
  if (!ends_) ends_ = facts;
  for (const auto& [origin, partition] : owned_) {
    std::int64_t end = 0;  // appeared after the end was fixed: nothing of it is asked for
    for (const PartitionFacts& fact : *ends_)
      if (fact.topic == origin->topic && fact.partition == origin->partition.value())
        end = fact.end;
    partition->fixed_end.store(end, std::memory_order_relaxed);
  }
  for (auto& [source, slices] : readers_) {
    for (auto& [slice, link] : slices.links) {
      link->end_is_fixed.store(true, std::memory_order_release);
      link->wakeup.wake();
    }
  }
}

void KafkaSource::stop(bool leave, std::function<void()> done) {
  thread_.check();
  if (client_.get() == nullptr || leaving_ != Leaving::no) return later(std::move(done));
  claim_.reset();
  ++assignment_;
  probe_at_ = refresh_at_ = revoke_until_ = base::kNever;
  // A member of the mock cluster is not static: it leaves, or the next start waits for the end of
  // its session.
  if (!leave && !parts_.profile.embedded()) {
    leaving_ = Leaving::closed;
    return later(std::move(done));
  }
  on_left_ = std::move(done);
  leaving_ = Leaving::revoking;
  leave_until_ = now_ + kLeaveBudget;
  const bool held_some = !owned_.empty() || holds_foreign_;
  rd_kafka_unsubscribe(client_->handle());
  if (!held_some) leave_now();
  control_->wake();
}

void KafkaSource::leave_now() {
  if (leaving_ != Leaving::revoking) return;
  leaving_ = Leaving::leaving;
  look_at_ = now_;
}

// The client forgets its member id with the request to leave.
bool KafkaSource::has_left() const {
  char* const id = rd_kafka_memberid(client_->handle());
  const bool left = id == nullptr || *id == '\0';
  if (id != nullptr) rd_kafka_mem_free(client_->handle(), id);
  return left;
}

void KafkaSource::close_now() {
  leaving_ = Leaving::closing;
  look_at_ = base::kNever;
  if (rd_kafka_error_t* const error =
          rd_kafka_consumer_close_queue(client_->handle(), results_.get());
      error != nullptr) {
    log::warn("kafka", "cannot close the consumer",
              {{"pipeline", parts_.pipeline}, {"error", rd_kafka_error_string(error)}});
    rd_kafka_error_destroy(error);
    leave_until_ = now_;
  }
}

void KafkaSource::purge(std::function<void(Status)> done) {
  thread_.check();
  if (parts_.profile.embedded()) purge_embedded_group(parts_.group);
  if (client_.get() == nullptr || parts_.profile.embedded())
    return later([done = std::move(done)] { done(Status()); });
  purge_ = Purge{std::move(done), now_ + kPurgeBudget};
  send_purge();
}

void KafkaSource::send_purge() {
  purge_->again_at = base::kNever;
  rd_kafka_DeleteGroup_t* group = rd_kafka_DeleteGroup_new(parts_.group.c_str());
  rd_kafka_AdminOptions_t* const options =
      rd_kafka_AdminOptions_new(client_->handle(), RD_KAFKA_ADMIN_OP_DELETEGROUPS);
  constexpr int kBudgetMs =
      std::chrono::duration_cast<std::chrono::milliseconds>(kPurgeBudget).count();
  std::array<char, 256> why{};
  const auto budget =
      rd_kafka_AdminOptions_set_request_timeout(options, kBudgetMs, why.data(), why.size());
  LEAT_CHECK(budget == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_DeleteGroups(client_->handle(), &group, 1, options, results_.get());
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_DeleteGroup_destroy(group);
}

void KafkaSource::find(WallTime at,
                       std::function<void(Result<std::vector<flow::PartitionPosition>>)> done) {
  thread_.check();
  std::vector<PartitionFacts> facts;
  for (const auto& [origin, partition] : owned_) {
    facts.push_back(facts_of(*origin));
    facts.back().at_time_ms = std::max<std::int64_t>(0, at.us / 1000 + (at.us % 1000 > 0 ? 1 : 0));
  }
  finding_ = std::move(done);
  ask(Purpose::find, std::move(facts));
}

void KafkaSource::on_time_facts(const Answer& answer) {
  const auto done = std::exchange(finding_, nullptr);
  if (!done) return;
  if (answer.error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return done(to_status(answer.error, "cannot look up the time"));
  if (answer.assignment != assignment_)
    return done(Status(Code::unavailable, "the partitions changed meanwhile"));
  std::vector<flow::PartitionPosition> found;
  for (const PartitionFacts& facts : answer.facts)
    if (facts.from_time >= 0) found.push_back({&origin_of(facts), Offset(facts.from_time)});
  done(std::move(found));
}

std::vector<flow::PartitionLag> KafkaSource::lag() const {
  std::vector<flow::PartitionLag> all;
  const auto known = [](std::int64_t value) {
    return value >= 0 ? std::optional(value) : std::nullopt;
  };
  const WallTime now = parts_.clock.wall_now();
  for (const auto& [origin, partition] : owned_) {
    flow::PartitionLag one;
    one.origin = origin;
    std::int64_t low = -1;
    std::int64_t high = -1;
    // What the last fetch told, without asking.
    rd_kafka_get_watermark_offsets(client_->handle(), origin->topic.c_str(),
                                   origin->partition.value(), &low, &high);
    one.committed = known(partition->committed);
    one.committed_event_time_us = partition->committed_event_time_us;
    one.position = known(partition->next());
    one.begin = known(std::max(low, partition->begin));
    one.end = known(std::max({high, partition->known_end, partition->next()}));
    one.last_timestamp_ms = known(partition->last_timestamp_ms());
    if (one.position == one.end)
      one.lag_seconds = 0.0;
    else if (one.last_timestamp_ms)
      one.lag_seconds =
          std::max(0.0, static_cast<double>(now.us / 1000 - *one.last_timestamp_ms) / 1000.0);
    all.push_back(one);
  }
  const auto order = [](const flow::PartitionLag& a, const flow::PartitionLag& b) {
    return std::pair(a.origin->topic, a.origin->partition) <
           std::pair(b.origin->topic, b.origin->partition);
  };
  std::sort(all.begin(), all.end(), order);
  return all;
}

}  // namespace leat::kafka
