#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "base/ids.h"

namespace leat::kafka {

// What the cluster says of one partition; -1 = unknown or none.
struct PartitionFacts {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t at_time_ms = -1;  // asked: the first record at or after this time; -1 = not asked
  std::int64_t committed = -1;
  std::string metadata;  // of the commit
  std::int64_t begin = -1;
  std::int64_t end = -1;        // of what a read_committed reader sees
  std::int64_t from_time = -1;  // the offset of at_time_ms; `end` when nothing is that new
};

// Fills `facts` by asking the cluster; blocks up to a few times Client::kCallMs, so it belongs on
// the background thread. `with_commits`: the committed offsets of the client's group too.
rd_kafka_resp_err_t look_up(rd_kafka_t* client, bool with_commits,
                            std::vector<PartitionFacts>& facts);

// The epoch of a commit's metadata: `{"v":1,"e":12,...}`. 0 when there is none or the text is
// somebody else's.
EpochId epoch_of(const std::string& metadata);

// Partitions of a topic by asking the cluster, or the topic's error. Blocks up to Client::kCallMs.
struct TopicFacts {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::vector<std::int32_t> leaders;  // by partition; -1 = none now
  // Of the attempt to create the topic when it was missing: an error, or nothing to say.
  rd_kafka_resp_err_t creation = RD_KAFKA_RESP_ERR_NO_ERROR;
};
TopicFacts look_up_topic(rd_kafka_t* client, const std::string& topic);
// Whether any broker answers. Blocks up to Client::kCallMs.
rd_kafka_resp_err_t look_up_cluster(rd_kafka_t* client);

}  // namespace leat::kafka
