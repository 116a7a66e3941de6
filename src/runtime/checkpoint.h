#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "plan/plan.h"
#include "record/batch.h"
#include "state/store.h"

// Checkpoints of a pipeline as people see them. Values.
namespace leat::runtime {

// State and positions of one epoch, kept until somebody deletes them.
struct CheckpointInfo {
  std::string id;    // "ckpt-<epoch>"
  std::string name;  // may be empty
  EpochId epoch;
  std::uint64_t generation = 0;  // of the definition
  WallTime at;
  std::uint64_t bytes = 0;  // on disk, shared with the state as long as that has the same files
  double align_ms = 0, persist_ms = 0, commit_ms = 0;  // of its epoch
  // Where each partition goes on behind it, and its event time (µs, kNoTime = none).
  struct Position {
    std::string source, topic;
    std::int32_t partition = 0;
    std::int64_t next = 0;
    std::int64_t event_time_us = record::kNoTime;
  };
  std::vector<Position> positions;
  std::string definition;   // definition_digest() of its pipeline then
  std::string damage = {};  // not empty: only id and epoch are known, and why
};

// Tells definitions apart, and versions of leat that keep another form of state: SHA-256 in hex of
// the definition and of each keyed step's schema.
std::string definition_digest(const plan::Plan& plan);

// What a store keeps of it beside its own fields (a JSON object), and back. data_loss when the text
// is none.
std::string write_metadata(const CheckpointInfo& about);
Result<CheckpointInfo> read_checkpoint(const state::Store::Checkpoint& kept);

// By id, or by name; null when there is none.
const CheckpointInfo* find_checkpoint(const std::vector<CheckpointInfo>& all,
                                      std::string_view wanted);
// Like the name of a pipeline (lower case letters, digits, and behind the first `.`, `_`, `-`; at
// most 63), and not of the form of an id.
bool is_checkpoint_name(std::string_view name) noexcept;

// A partition whose committed position was moved.
struct MovedPartition {
  std::string source, topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> from;  // absent: nothing was committed
  std::int64_t to = 0;
};

// What a restore did.
struct RestoreReceipt {
  CheckpointInfo checkpoint;
  EpochId epoch;                      // that it counts as
  std::vector<MovedPartition> moved;  // by source, topic and number
  std::vector<std::string> warnings;
  double took_ms = 0;
};

}  // namespace leat::runtime
