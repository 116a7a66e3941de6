#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "runtime/status.h"
#include "spec/pipeline.h"

namespace leat::runtime {

// What survives a restart of one pipeline: the posted text, what is wanted of it, and the trigger
// that somebody set.
struct StoredPipeline {
  std::string name;
  std::uint64_t generation = 1;
  Desired desired = Desired::running;
  std::optional<spec::TriggerSpec> trigger_override;
  WallTime created_at;
  std::string text;
  WallTime trigger_since;  // when the override was set
  std::string trigger_by;  // and by whom
};

// One file a pipeline in `<state_dir>/pipelines`, replaced as a whole: written beside, synced,
// renamed, the folder synced. A crash anywhere leaves the old or the new one. Thread-confined (the
// checkpoint thread; the starting thread before that).
class DefinitionStore {
 public:
  // `folder` is made if absent; empty = keeps nothing.
  explicit DefinitionStore(std::string folder) : folder_(std::move(folder)) {}

  Status open();
  // Durable when it returns ok. `exhausted` when the disk is full.
  Status save(const StoredPipeline& pipeline);
  Status remove(std::string_view name);
  struct Loaded {
    std::vector<StoredPipeline> pipelines;  // by name
    std::vector<Status> damaged;            // files that cannot be read; they are left alone
  };
  Result<Loaded> load() const;

 private:
  const std::string folder_;
};

std::string to_json(const StoredPipeline& pipeline);
Result<StoredPipeline> parse_stored(std::string_view text);

}  // namespace leat::runtime
