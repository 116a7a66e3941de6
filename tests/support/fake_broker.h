#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "record/batch.h"

namespace leat::test {

struct FakeRecord {
  std::optional<std::string> key = {};
  std::optional<std::string> value = {};  // absent = a tombstone
  std::int64_t timestamp_ms = 1'767'225'600'000;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// One topic: what was appended to its partitions, and up to where it was committed.
struct FakeTopic {
  struct Partition {
    record::Origin origin;
    std::deque<FakeRecord> records;
    std::optional<std::int64_t> committed;
    std::int64_t event_time_us = record::kNoTime;  // committed with it
    std::int64_t highest_read = -1;                // by the process that lives
  };
  std::vector<std::unique_ptr<Partition>> partitions;

  void append(std::size_t partition, FakeRecord record) {
    partitions.at(partition)->records.push_back(std::move(record));
  }
};

// A row as a sink made it durable.
struct OutputRow {
  std::uint32_t sink = 0;
  std::uint64_t life = 0;  // of the run that wrote it
  EpochId epoch;
  std::optional<std::string> key = {};
  std::optional<std::string> value;
  std::string topic;  // the identity of the record it came from
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t ordinal = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string to = {};  // the topic it was written to, where the row names it
};

// All that is outside the process: topics, committed offsets with their metadata, and what sinks
// have written. It outlives the simulated crashes of the process. Thread-confined.
class FakeBroker {
 public:
  FakeTopic& add_topic(const std::string& name, std::uint32_t source, std::size_t partitions) {
    FakeTopic& topic = topics_[source];
    for (std::size_t p = 0; p < partitions; ++p) {
      auto made = std::make_unique<FakeTopic::Partition>();
      made->origin = record::Origin{name, PartitionId(static_cast<std::int32_t>(p)), source};
      topic.partitions.push_back(std::move(made));
    }
    return topic;
  }
  FakeTopic& topic(std::uint32_t source) { return topics_.at(source); }
  const std::map<std::uint32_t, FakeTopic>& topics() const { return topics_; }
  FakeTopic::Partition* partition_of(const record::Origin* origin) {
    for (auto& [source, topic] : topics_)
      for (auto& partition : topic.partitions)
        if (&partition->origin == origin) return partition.get();
    return nullptr;
  }

  // What was made before has no effect on the outside any more: a new run, or a process that was
  // killed.
  void begin_life() { ++life_; }
  // Another process reads: what the last one read does not count as read again.
  void forget_reads() {
    for (auto& [source, topic] : topics_)
      for (auto& partition : topic.partitions) partition->highest_read = -1;
  }
  std::uint64_t life() const { return life_; }

  void mark_committed(EpochId epoch, std::string metadata) {
    committed_epoch_ = std::max(committed_epoch_, epoch);
    committed_.insert({life_, epoch});
    metadata_ = std::move(metadata);
  }
  EpochId committed_epoch() const { return committed_epoch_; }
  const std::string& metadata() const { return metadata_; }

  std::vector<OutputRow>& outputs() { return outputs_; }
  // Rows of a sink whose epoch was committed by the run that wrote them.
  std::vector<OutputRow> committed_outputs(std::uint32_t sink) const {
    std::vector<OutputRow> rows;
    for (const OutputRow& row : outputs_)
      if (row.sink == sink && committed_.contains({row.life, row.epoch})) rows.push_back(row);
    return rows;
  }
  std::vector<OutputRow> all_outputs(std::uint32_t sink) const {
    std::vector<OutputRow> rows;
    for (const OutputRow& row : outputs_)
      if (row.sink == sink) rows.push_back(row);
    return rows;
  }

 private:
  std::map<std::uint32_t, FakeTopic> topics_;
  std::vector<OutputRow> outputs_;
  std::set<std::pair<std::uint64_t, EpochId>> committed_;
  EpochId committed_epoch_;
  std::string metadata_;
  std::uint64_t life_ = 1;
};

}  // namespace leat::test
