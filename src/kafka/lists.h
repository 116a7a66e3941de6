#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/check.h"

namespace leat::kafka {

struct ListFree {
  void operator()(rd_kafka_topic_partition_list_t* list) const noexcept {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
// Partitions with offsets, as librdkafka wants them. Owned.
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListFree>;

inline PartitionList make_list(std::size_t room) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(room)));
}
inline rd_kafka_topic_partition_t& add(const PartitionList& list, const std::string& topic,
                                       std::int32_t partition, std::int64_t offset) {
  rd_kafka_topic_partition_t* const made =
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  made->offset = offset;
  return *made;
}
// The text that a commit carries beside the offset. The list frees it.
inline void set_metadata(rd_kafka_t* client, rd_kafka_topic_partition_t& at,
                         std::string_view text) {
  if (text.empty()) return;
  at.metadata = rd_kafka_mem_malloc(client, text.size());
  LEAT_CHECK(at.metadata != nullptr);
  text.copy(static_cast<char*>(at.metadata), text.size());
  at.metadata_size = text.size();
}
inline std::string_view metadata_of(const rd_kafka_topic_partition_t& at) noexcept {
  return {static_cast<const char*>(at.metadata), at.metadata_size};
}

struct QueueFree {
  void operator()(rd_kafka_queue_t* queue) const noexcept {
    rd_kafka_queue_cb_event_enable(queue, nullptr, nullptr);
    rd_kafka_queue_destroy(queue);
  }
};
// A queue of a client, owned; its wake-up ends with it. Goes before the client.
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueFree>;

struct EventFree {
  void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, EventFree>;

}  // namespace leat::kafka
