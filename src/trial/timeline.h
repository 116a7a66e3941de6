#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"
#include "spec/tests.h"
#include "trial/rows.h"
#include "trial/world.h"

// Input written by a person as records in the order in which they arrive.
namespace leat::trial {

// Partitions of a source in a trial.
inline constexpr std::int32_t kPartitionsMax = 1024;

// Records of one source that arrive together, or a step of time.
struct Arrival {
  std::uint32_t source = 0;
  std::vector<InputRow> rows;
};
struct TimeStep {
  Instant to{};
};
// The source's watermark is at least this (µs); flow::kEndOfTime = it has ended.
struct Mark {
  std::uint32_t source = 0;
  std::int64_t us = 0;
};
struct Timeline {
  std::vector<std::variant<Arrival, TimeStep, Mark>> items;
  std::vector<std::int32_t> partitions;  // by source
  std::size_t rows = 0;
};

// Puts the inputs of all sources into one order: by timestamp, ties by the order of the document,
// and never against the order inside a source. Each source has its own idea of now until the whole
// trial has come there. With `mistakes` (whatever cannot be a record of its source, each at the
// pointer of its item, without line and column) it cannot be played.
struct MadeTimeline {
  Timeline timeline;
  std::vector<spec::Diagnostic> mistakes;

  bool ok() const noexcept { return mistakes.empty(); }
};
MadeTimeline make_timeline(const spec::PipelineSpec& definition,
                           const std::vector<spec::TestInput>& inputs);

// Which item of its source's input became the record at `offset` of a partition; nothing where no
// record did.
std::optional<std::size_t> item_of(const Timeline& timeline, std::uint32_t source,
                                   std::int32_t partition, std::int64_t offset);

// Plays it, and brings it to its end. Arrivals are split by the world's batch size.
Status play(const Timeline& timeline, World& world, std::size_t batch_rows);

}  // namespace leat::trial
