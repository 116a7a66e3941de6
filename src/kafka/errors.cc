#include "kafka/errors.h"

#include <algorithm>

namespace leat::kafka {
namespace {

constexpr std::string_view kReachable =
    "Check the profile's `brokers` and that the broker runs; work goes on by itself";
constexpr std::string_view kAcl = "Give the profile's user the right to do this (ACL)";
constexpr std::string_view kTopic =
    "Create the topic or correct its name; work goes on by itself when it is there";
constexpr std::string_view kSecurity =
    "Check `security.protocol`, `sasl.*` and `ssl.*` of the profile";
constexpr std::string_view kFenced =
    "Stop the other instance, or give this one another `application`; then start the pipeline";
constexpr std::string_view kOffsets =
    "Records between the committed offset and the log are gone: set new offsets for the group, or "
    "delete the pipeline with "
    "state=purge and post it again";
constexpr std::string_view kSize =
    "Raise `message.max.bytes` of the profile and `max.message.bytes` of the topic";

// Sorted by meaning; each error once.
constexpr ErrorRule kRules[] = {
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ErrorClass::retriable, Code::unavailable, "BROKERS_DOWN",
     kReachable},
    {RD_KAFKA_RESP_ERR__TRANSPORT, ErrorClass::retriable, Code::unavailable, "BROKER_UNREACHABLE",
     kReachable},
    {RD_KAFKA_RESP_ERR__RESOLVE, ErrorClass::retriable, Code::unavailable, "HOST_UNKNOWN",
     "Correct the host names of the profile's `brokers`"},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ErrorClass::retriable, Code::timed_out, "TIMED_OUT", kReachable},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, ErrorClass::retriable, Code::timed_out, "TIMED_OUT",
     kReachable},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, ErrorClass::retriable, Code::unavailable, "COORDINATOR_AWAY",
     ""},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, ErrorClass::retriable, Code::unavailable, "METADATA_AWAITED",
     ""},
    {RD_KAFKA_RESP_ERR__IN_PROGRESS, ErrorClass::retriable, Code::unavailable, "IN_PROGRESS", ""},
    {RD_KAFKA_RESP_ERR__RETRY, ErrorClass::retriable, Code::unavailable, "RETRY", ""},
    {RD_KAFKA_RESP_ERR__PARTITION_EOF, ErrorClass::retriable, Code::unavailable, "END_OF_PARTITION",
     ""},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ErrorClass::retriable, Code::exhausted, "PRODUCER_QUEUE_FULL",
     ""},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ErrorClass::retriable, Code::timed_out, "TIMED_OUT",
     kReachable},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, ErrorClass::retriable, Code::unavailable,
     "BROKERS_DOWN", kReachable},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, ErrorClass::retriable, Code::unavailable,
     "BROKER_UNREACHABLE", kReachable},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, ErrorClass::retriable, Code::unavailable,
     "LEADER_AWAY", ""},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, ErrorClass::retriable, Code::unavailable,
     "LEADER_MOVED", ""},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, ErrorClass::retriable, Code::unavailable,
     "LEADER_MOVED", ""},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, ErrorClass::retriable, Code::unavailable,
     "LEADER_MOVED", ""},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, ErrorClass::retriable, Code::unavailable,
     "REPLICA_AWAY", ""},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, ErrorClass::retriable, Code::unavailable, "BROKER_DISK",
     "Look at the broker's disk"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, ErrorClass::retriable, Code::unavailable,
     "NOT_ENOUGH_REPLICAS", "Bring replicas back, or lower `min.insync.replicas` of the topic"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, ErrorClass::retriable, Code::unavailable,
     "NOT_ENOUGH_REPLICAS", "Bring replicas back, or lower `min.insync.replicas` of the topic"},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, ErrorClass::retriable, Code::unavailable,
     "COORDINATOR_AWAY", ""},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ErrorClass::retriable, Code::unavailable,
     "COORDINATOR_AWAY", ""},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, ErrorClass::retriable, Code::unavailable,
     "COORDINATOR_MOVED", ""},
    {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, ErrorClass::retriable, Code::unavailable,
     "OFFSETS_IN_TRANSACTION", ""},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, ErrorClass::retriable, Code::unavailable,
     "THROTTLED", "Raise the client's quota"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ErrorClass::retriable, Code::not_found,
     "UNKNOWN_PARTITION", kTopic},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ErrorClass::retriable, Code::not_found, "UNKNOWN_TOPIC",
     kTopic},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ErrorClass::retriable, Code::not_found,
     "UNKNOWN_TOPIC", kTopic},
    {RD_KAFKA_RESP_ERR__NOENT, ErrorClass::retriable, Code::not_found, "NOT_FOUND", ""},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorClass::retriable, Code::permission_denied,
     "TOPIC_FORBIDDEN", kAcl},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ErrorClass::retriable, Code::permission_denied,
     "GROUP_FORBIDDEN", kAcl},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorClass::retriable, Code::permission_denied,
     "CLUSTER_FORBIDDEN", kAcl},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorClass::retriable, Code::permission_denied,
     "AUTHENTICATION_FAILED", kSecurity},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ErrorClass::retriable, Code::permission_denied,
     "AUTHENTICATION_FAILED", kSecurity},
    {RD_KAFKA_RESP_ERR__SSL, ErrorClass::retriable, Code::permission_denied, "TLS_FAILED",
     kSecurity},
    // A place in the group that was lost: librdkafka joins again by itself, what was not committed
    // is read again.
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, ErrorClass::retriable, Code::unavailable, "REBALANCE",
     ""},

    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorClass::row, Code::invalid_argument,
     "RECORD_TOO_LARGE", kSize},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ErrorClass::row, Code::invalid_argument,
     "RECORD_TOO_LARGE", kSize},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, ErrorClass::row, Code::invalid_argument, "RECORD_REFUSED",
     "A compacted topic needs a key"},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, ErrorClass::row, Code::invalid_argument,
     "TIMESTAMP_REFUSED", "The topic's `message.timestamp.*` settings limit timestamps"},

    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorClass::producer, Code::internal,
     "SEQUENCE_BROKEN", ""},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, ErrorClass::producer, Code::internal, "SEQUENCE_BROKEN",
     ""},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ErrorClass::producer, Code::internal,
     "PRODUCER_FENCED", ""},
    {RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, ErrorClass::producer, Code::internal, "SEQUENCE_BROKEN",
     ""},
    {RD_KAFKA_RESP_ERR__INCONSISTENT, ErrorClass::producer, Code::internal, "SEQUENCE_BROKEN", ""},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ErrorClass::producer, Code::timed_out, "DELIVERY_TIMED_OUT",
     kReachable},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, ErrorClass::producer, Code::cancelled, "PURGED", ""},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, ErrorClass::producer, Code::cancelled, "PURGED", ""},
    {RD_KAFKA_RESP_ERR__FATAL, ErrorClass::producer, Code::internal, "CLIENT_BROKEN", ""},
    {RD_KAFKA_RESP_ERR__DESTROY, ErrorClass::producer, Code::cancelled, "STOPPED", ""},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, ErrorClass::producer, Code::wrong_state,
     "MEMBERSHIP_LOST", ""},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, ErrorClass::producer, Code::wrong_state,
     "MEMBERSHIP_LOST", ""},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, ErrorClass::producer, Code::wrong_state,
     "MEMBERSHIP_LOST", ""},
    {RD_KAFKA_RESP_ERR__STATE, ErrorClass::producer, Code::wrong_state, "WRONG_STATE", ""},

    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ErrorClass::pipeline, Code::wrong_state, "FENCED",
     kFenced},
    {RD_KAFKA_RESP_ERR__FENCED, ErrorClass::pipeline, Code::wrong_state, "FENCED", kFenced},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, ErrorClass::pipeline, Code::data_loss,
     "OFFSET_OUT_OF_RANGE", kOffsets},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, ErrorClass::pipeline, Code::data_loss,
     "OFFSET_OUT_OF_RANGE", kOffsets},
    {RD_KAFKA_RESP_ERR__BAD_MSG, ErrorClass::pipeline, Code::data_loss, "RECORD_DAMAGED",
     "Bytes of the log are damaged: look at the broker's disk"},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, ErrorClass::pipeline, Code::data_loss, "RECORD_DAMAGED",
     "Bytes of the log are damaged: look at the broker's disk"},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, ErrorClass::pipeline, Code::data_loss, "RECORD_DAMAGED",
     "Bytes of the log are damaged: look at the broker's disk"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorClass::pipeline, Code::invalid_argument,
     "TOPIC_NAME_INVALID", "Correct the topic's name"},
    {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, ErrorClass::pipeline, Code::exhausted,
     "METADATA_TOO_LARGE", "Raise `offset.metadata.max.bytes` of the broker"},
    {RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE, ErrorClass::pipeline, Code::exhausted,
     "METADATA_TOO_LARGE", "Raise `offset.metadata.max.bytes` of the broker"},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ErrorClass::pipeline, Code::not_available_yet,
     "BROKER_TOO_OLD", "Use a broker of version 1.0 or newer"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, ErrorClass::pipeline, Code::not_available_yet,
     "BROKER_TOO_OLD", "Use a broker of version 1.0 or newer"},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, ErrorClass::pipeline, Code::wrong_state,
     "GROUP_TAKEN", "Another program uses this group in another way: choose another `group`"},
};

constexpr ErrorRule kUnknown{RD_KAFKA_RESP_ERR_UNKNOWN, ErrorClass::pipeline, Code::internal,
                             "KAFKA_ERROR", ""};

}  // namespace

std::span<const ErrorRule> error_rules() noexcept { return kRules; }

const ErrorRule& classify(rd_kafka_resp_err_t error) noexcept {
  const auto same = [error](const ErrorRule& rule) { return rule.error == error; };
  const auto* const found = std::find_if(std::begin(kRules), std::end(kRules), same);
  return found != std::end(kRules) ? *found : kUnknown;
}

const record::RowError& row_error(rd_kafka_resp_err_t error) noexcept {
  static constexpr record::RowError kTooLarge{
      "RECORD_TOO_LARGE", "larger than `message.max.bytes` of the profile or the topic allows"};
  static constexpr record::RowError kTimestamp{
      "TIMESTAMP_REFUSED", "the topic's `message.timestamp.*` settings do not allow its time"};
  static constexpr record::RowError kRefused{
      "RECORD_REFUSED", "the broker refuses it: a compacted topic needs a key"};
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return kTooLarge;
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: return kTimestamp;
    default: return kRefused;
  }
}

std::string describe(rd_kafka_resp_err_t error, std::string_view what) {
  const ErrorRule& rule = classify(error);
  std::string text(what);
  const std::string_view words = rd_kafka_err2str(error);
  if (what.find(words) == std::string_view::npos) text.append(": ").append(words);
  if (!rule.remedy.empty()) text.append(". ").append(rule.remedy);
  return text;
}

Status to_status(rd_kafka_resp_err_t error, std::string_view what) {
  const ErrorRule& rule = classify(error);
  return Status(rule.code, describe(error, what))
      .with("code", rule.name)
      .with("kafka", rd_kafka_err2name(error));
}

}  // namespace leat::kafka
