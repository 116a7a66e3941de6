#include "base/log.h"
#include "kafka/source.h"
#include "kafka/source_commit.h"

namespace leat::kafka {

void KafkaSource::on_groups_deleted(rd_kafka_event_t* event) {
  if (!purge_) return;
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  std::size_t count = 0;
  const rd_kafka_DeleteGroups_result_t* const result = rd_kafka_event_DeleteGroups_result(event);
  const rd_kafka_group_result_t** const groups =
      result != nullptr ? rd_kafka_DeleteGroups_result_groups(result, &count) : nullptr;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count > 0)
    if (const rd_kafka_error_t* const of_group = rd_kafka_group_result_error(groups[0]);
        of_group != nullptr)
      error = rd_kafka_error_code(of_group);
  // Our own leaving takes another connection than this request, which may overtake it.
  if (error == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP && now_ < purge_->until) {
    purge_->again_at = now_ + kPurgeAgainAfter;
    return;
  }
  const bool gone =
      error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND;
  later([done = std::move(purge_->done),
         status = gone ? Status() : to_status(error, "cannot delete the consumer group")] {
    done(status);
  });
  purge_.reset();
}

void KafkaSource::serve_queue(const Queue& queue) {
  while (const Event event{rd_kafka_queue_poll(queue.get(), 0)}) on_event(event.get());
}

void KafkaSource::on_event(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE: on_rebalance(event); break;
    case RD_KAFKA_EVENT_ERROR: on_error(event); break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT: on_committed(event); break;
    case RD_KAFKA_EVENT_DELETEGROUPS_RESULT: on_groups_deleted(event); break;
    default: break;
  }
}

void KafkaSource::on_rebalance(rd_kafka_event_t* event) {
  ++assignment_;
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS &&
      leaving_ == Leaving::no) {
    const rd_kafka_topic_partition_list_t* const given = rd_kafka_event_topic_partition_list(event);
    return is_ours(given) ? claim(given) : join_anew(given);
  }
  // Nothing was read yet, or nothing can be committed any more: no need to ask.
  const bool lost = rd_kafka_assignment_lost(client_->handle()) != 0;
  if (leaving_ != Leaving::no || owned_.empty() || failed_) {
    give_up();
    leave_now();
    return;
  }
  if (lost) return on_revoked(true);
  log::info("kafka", "partitions must be given back",
            {{"pipeline", parts_.pipeline}, {"partitions", owned_.size()}});
  claim_.reset();
  revoke_until_ = now_ + kRevokeBudget;
  listener_->on_revoke([this, alive = std::weak_ptr(alive_), assignment = assignment_] {
    if (!alive.expired() && assignment == assignment_ && revoke_until_ != base::kNever)
      on_revoked(false);
  });
}

bool KafkaSource::is_ours(const rd_kafka_topic_partition_list_t* given) const {
  for (int i = 0; i < given->cnt; ++i)
    if (!parts_.subscription.source_of(given->elems[i].topic)) return false;
  return true;
}

// A static member that comes back within its session is given the partitions it had, whatever it
// subscribes to now. Only one that has left is looked at anew.
void KafkaSource::join_anew(const rd_kafka_topic_partition_list_t* given) {
  // Held, though nothing of it is read: a member without partitions would close without leaving.
  rd_kafka_assign(client_->handle(), given);
  holds_foreign_ = true;
  if (failed_) return;
  failed_ = true;
  listener_->on_failed(Status(Code::unavailable,
                              "the group gave the partitions of an earlier subscription: leaving "
                              "it and joining anew")
                           .with("leave", "true"));
}

void KafkaSource::on_revoked(bool lost) {
  const bool in_time = revoke_until_ == base::kNever;
  revoke_until_ = base::kNever;
  if (lost) {
    const std::string_view reason =
        in_time ? "the group gave the partitions to others" : "the epoch was not committed in time";
    log::warn("kafka", "partitions are lost", {{"pipeline", parts_.pipeline}, {"reason", reason}});
    listener_->on_lost(reason);
  }
  give_up();
  leave_now();
}

void KafkaSource::on_error(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  const char* const text = rd_kafka_event_error_string(event);
  if (error == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event) != 0)
    return on_fatal();
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
      // One connection of several; when it was the last one, the next event says so.
      log::debug("kafka", "a connection failed", {{"pipeline", parts_.pipeline}, {"error", text}});
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      for (const std::string& topic : parts_.subscription.topics())
        if (text != nullptr && std::string_view(text).find(topic) != std::string_view::npos)
          missing_.insert(topic);
      return unreachable(error, text != nullptr ? text : "a topic cannot be read");
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      log::warn("kafka", "left the group: its events were not served",
                {{"pipeline", parts_.pipeline}});
      return;
    default: break;
  }
  const ErrorRule& rule = classify(error);
  if (rule.kind != ErrorClass::retriable) {
    log::warn("kafka", "the consumer reports an error",
              {{"pipeline", parts_.pipeline}, {"code", rule.name}, {"error", text}});
    return;
  }
  unreachable(error, text != nullptr ? text : "the cluster cannot be reached");
}

void KafkaSource::on_fatal() {
  std::array<char, 512> why{};
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(client_->handle(), why.data(), why.size());
  if (failed_) return;
  failed_ = true;
  const bool was_away = !connected_ || now_ < away_until_;
  connected_ = false;
  Status status = to_status(error, why.data());
  if (error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID && was_away) {
    // After an outage longer than the session a request of our own old membership can be what is
    // fenced: nobody else need be there.
    status = Status(Code::unavailable, "the membership was lost while the broker was away")
                 .with("code", "MEMBERSHIP_LOST");
  }
  listener_->on_failed(std::move(status));
}

void KafkaSource::on_alarm(const ReaderAlarm& alarm) {
  const ErrorRule& rule = classify(alarm.error);
  if (rule.kind == ErrorClass::retriable) {
    log::debug("kafka", "a partition cannot be read now",
               {{"pipeline", parts_.pipeline},
                {"topic", alarm.origin->topic},
                {"partition", alarm.origin->partition.value()},
                {"error", alarm.reason}});
    return;
  }
  if (failed_) return;
  failed_ = true;
  listener_->on_failed(to_status(alarm.error, "cannot read on: " + alarm.reason)
                           .with("topic", alarm.origin->topic)
                           .with("partition", std::to_string(alarm.origin->partition.value())));
}

void KafkaSource::unreachable(rd_kafka_resp_err_t error, std::string_view what) {
  const ErrorRule& rule = classify(error);
  if (connected_ || !told_)
    log::warn("kafka", "the source is not connected",
              {{"pipeline", parts_.pipeline}, {"code", rule.name}, {"error", what}});
  connected_ = false;
  told_ = true;
  if (probe_at_ == base::kNever && !probing_) probe_at_ = now_ + kProbeEvery;
  listener_->on_connected(false, rule.name, describe(error, what));
}

void KafkaSource::reachable() {
  if (connected_) return;
  if (!missing_.empty() || claim_ ||
      owned_.empty()) {  // a broker answers, but there is nothing to read yet
    probe_at_ = claim_ || owned_.empty() ? now_ + kProbeEvery : base::kNever;
    return;
  }
  constexpr Duration kAfterOutage = std::chrono::seconds(15);
  if (told_) away_until_ = now_ + kAfterOutage;
  connected_ = told_ = true;
  probe_at_ = base::kNever;
  log::info("kafka", "the source is connected",
            {{"pipeline", parts_.pipeline}, {"partitions", owned_.size()}});
  listener_->on_connected(true, "CONNECTED", "all partitions are assigned");
}

}  // namespace leat::kafka
