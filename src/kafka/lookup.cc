#include "kafka/lookup.h"

#include "json/parse.h"
#include "kafka/client.h"

namespace leat::kafka {
namespace {

rd_kafka_resp_err_t fetch_committed(rd_kafka_t* client, std::vector<PartitionFacts>& facts) {
  const PartitionList list = make_list(facts.size());
  for (const PartitionFacts& fact : facts)
    add(list, fact.topic, fact.partition, RD_KAFKA_OFFSET_INVALID);
  if (const auto error = rd_kafka_committed(client, list.get(), Client::kCallMs);
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const rd_kafka_topic_partition_t* const at =
        rd_kafka_topic_partition_list_find(list.get(), facts[i].topic.c_str(), facts[i].partition);
    if (at == nullptr) return RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR) return at->err;
    facts[i].committed = at->offset >= 0 ? at->offset : -1;
    facts[i].metadata = metadata_of(*at);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// One ListOffsets request a leader: `what` is a time, RD_KAFKA_OFFSET_BEGINNING or
// RD_KAFKA_OFFSET_END of each partition.
template <class What, class Take>
rd_kafka_resp_err_t fetch_offsets(rd_kafka_t* client, std::vector<PartitionFacts>& facts, What what,
                                  Take take) {
  const PartitionList list = make_list(facts.size());
  for (const PartitionFacts& fact : facts)
    if (const std::int64_t asked = what(fact); asked != RD_KAFKA_OFFSET_INVALID)
      add(list, fact.topic, fact.partition, asked);
  if (list->cnt == 0) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (const auto error = rd_kafka_offsets_for_times(client, list.get(), Client::kCallMs);
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error;
  for (PartitionFacts& fact : facts) {
    const rd_kafka_topic_partition_t* const at =
        rd_kafka_topic_partition_list_find(list.get(), fact.topic.c_str(), fact.partition);
    if (at == nullptr) continue;
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR) return at->err;
    take(fact, at->offset);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

rd_kafka_resp_err_t look_up(rd_kafka_t* client, bool with_commits,
                            std::vector<PartitionFacts>& facts) {
  if (facts.empty()) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (with_commits)
    if (const auto error = fetch_committed(client, facts); error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return error;
  auto error = fetch_offsets(
      client, facts, [](const auto&) { return std::int64_t{RD_KAFKA_OFFSET_BEGINNING}; },
      [](PartitionFacts& fact, std::int64_t offset) { fact.begin = offset; });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  error = fetch_offsets(
      client, facts, [](const auto&) { return std::int64_t{RD_KAFKA_OFFSET_END}; },
      [](PartitionFacts& fact, std::int64_t offset) { fact.end = offset; });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  return fetch_offsets(
      client, facts,
      [](const PartitionFacts& fact) {
        return fact.at_time_ms >= 0 ? fact.at_time_ms : std::int64_t{RD_KAFKA_OFFSET_INVALID};
      },
      [](PartitionFacts& fact, std::int64_t offset) {
        fact.from_time = offset >= 0 ? offset : fact.end;
      });
}

EpochId epoch_of(const std::string& metadata) {
  if (metadata.empty()) return EpochId(0);
  const json::Parsed parsed = json::parse(metadata);
  if (!parsed.ok()) return EpochId(0);
  const json::Value* const version = parsed.root().find("v");
  const json::Value* const epoch = parsed.root().find("e");
  if (version == nullptr || version->as_integer() != 1 || epoch == nullptr) return EpochId(0);
  return EpochId(epoch->as_integer<std::uint64_t>().value_or(0));
}

TopicFacts look_up_topic(rd_kafka_t* client, const std::string& topic) {
  TopicFacts facts;
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  if (handle == nullptr) return {rd_kafka_last_error(), {}, RD_KAFKA_RESP_ERR_NO_ERROR};
  const struct rd_kafka_metadata* metadata = nullptr;
  facts.error = rd_kafka_metadata(client, 0, handle, &metadata, Client::kCallMs);
  if (facts.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (metadata->topic_cnt != 1)
      facts.error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    else
      facts.error = metadata->topics[0].err;
    if (facts.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const rd_kafka_metadata_topic& found = metadata->topics[0];
      facts.leaders.resize(static_cast<std::size_t>(found.partition_cnt), -1);
      for (int i = 0; i < found.partition_cnt; ++i) {
        const auto id = static_cast<std::size_t>(found.partitions[i].id);
        if (id < facts.leaders.size()) facts.leaders[id] = found.partitions[i].leader;
      }
    }
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(handle);
  return facts;
}

rd_kafka_resp_err_t look_up_cluster(rd_kafka_t* client) {
  const struct rd_kafka_metadata* metadata = nullptr;
  const auto error = rd_kafka_metadata(client, 0, nullptr, &metadata, Client::kCallMs);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
  return error;
}

}  // namespace leat::kafka
