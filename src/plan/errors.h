#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/error_route.h"
#include "plan/plan.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

// What a definition says of records that fail. Pure.
namespace leat::plan {

// Where dead letters go: nowhere when no record can become one. To the cluster that on_error names,
// else that of the sources, else that of the sinks; through the producer of the sinks when they
// write there too. To a file of this host when the definition knows no Kafka at all.
std::optional<DeadLetters> dead_letters_of(const spec::PipelineSpec& spec);

// What becomes of rows that fail at a node, of which kind op or sink.
flow::ErrorPlace error_place(const spec::PipelineSpec& spec, const Node& node);
// Rows that the dead letters' own sink cannot take.
flow::ErrorPlace dead_letter_place();
// Whether rows that fail in the stage may become dead letters.
bool writes_dead_letters(const spec::PipelineSpec& spec, const Stage& stage);

// Dead letters that the pipeline would read again: TOPIC_LOOP. Those that a sink's rows stand
// between: MIXED_WITH_DEAD_LETTERS, a warning.
std::vector<spec::Diagnostic> check_dead_letters(const spec::PipelineSpec& spec);

}  // namespace leat::plan
