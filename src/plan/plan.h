#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "expr/ast.h"
#include "expr/mock.h"
#include "flow/operator.h"
#include "flow/sink.h"
#include "operators/aggregates/function.h"
#include "record/layout.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"
#include "state/value_type.h"

namespace leat::spec {
struct ParseResult;
}
namespace leat::plugin {
class Plugins;
}

namespace leat::plan {

// One place of a stage's chain, as a recipe: every task makes its own.
struct Node {
  enum class Kind : std::uint8_t { op, sink, exchange };
  Kind kind = Kind::op;
  std::string step;      // of operators: id of the source or step that counts its rows
  bool arrival = false;  // of a source: its rows are read already, what fails is a row
  bool of_sink =
      false;  // kind op: it works for the sink `sink`, whose counts its failed rows belong to
  std::vector<std::size_t> next;  // indexes in the stage, above its own
  std::vector<std::size_t> side;  // the same: who reads the side output of an operator
  std::function<std::unique_ptr<flow::Operator>()> make_operator;  // kind op
  std::function<std::unique_ptr<record::RowEncoder>()>
      make_tap_encoder;  // kind op with a step: rows as they leave it
  // Kinds op and sink, where rows come that were made of several records: those rows, for dead letters.
  std::function<std::unique_ptr<record::RowEncoder>()> make_error_encoder;
  std::uint32_t sink = 0;                           // kind sink, of_sink: index in the definition
  std::function<flow::SinkBinding()> make_binding;  // kind sink
  std::uint32_t exchange = 0;                       // kind exchange: index in Plan::exchanges
};

// A source or an exchange enters a stage here.
struct Entry {
  std::uint32_t index = 0;  // of the source in the definition, or of the exchange in the plan
  std::size_t node = 0;     // entry node
};

// Operators fused between exchanges. One task per slice.
struct Stage {
  std::vector<Node> nodes;  // topological order
  std::vector<Entry> sources;
  std::vector<Entry> exchanges;  // inputs
  std::vector<std::string> steps;
};

// An in-memory re-key between two stages; every task of `from` has an edge to every task of `to`.
struct Exchange {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::vector<std::size_t> key_columns;
  std::string step;  // the repartition
};

// Where the records go that fail.
struct DeadLetters {
  spec::SinkSpec sink;        // beyond those of the definition: its index is their count
  std::string kind;           // in the registry of sinks
  bool beside_sinks = false;  // made together with the sinks of this kind
};

// A step that keeps state.
struct KeyedStep {
  std::string step;
  std::string renamed_from;  // the id it had; empty = none
  std::uint32_t stage = 0;
  std::string schema;              // what the state on disk depends on: equal text = it can be kept
  std::vector<std::string> calls;  // of an aggregate: texts of its calls; where all that were there
                                   // are there still, others may come in
  std::shared_ptr<const state::ValueType> type;
  std::vector<std::string> key_fields;            // names of the output fields
  std::vector<spec::SchemaType::Kind> key_types;  // of them; `json` = only a row tells
  Duration ttl{};                                 // 0 = none
  bool bounded = false;       // by a window, a bound or a ttl; or there is one key only
  std::size_t key_bytes = 0;  // what a key takes in memory, roughly
  // A value as the JSON object that people see.
  std::function<void(const void* value, std::string& out)> show;
};

// The version of a plugin that a plan was made with. Its code stays as long as the process.
struct PluginPin {
  std::string name;
  std::string range;    // as the definition has it
  std::string version;  // MAJOR.MINOR.PATCH
  std::string sha256;
  std::vector<std::string> steps;  // ids of those that call it, in the order of the definition
};

// How a definition runs: stages, exchanges, recipes. Immutable; shares the spec it was made of.
struct Plan {
  std::shared_ptr<const spec::PipelineSpec> spec;
  std::uint32_t parallelism = 1;  // tasks of every stage
  std::vector<Stage> stages;      // upstream first
  std::vector<Exchange> exchanges;
  std::vector<KeyedStep> keyed;             // in the order of the definition
  std::optional<DeadLetters> dead_letters;  // absent: no record becomes one
  std::vector<spec::Diagnostic> warnings;
  std::vector<PluginPin> plugins;  // in the order of the definition

  // Rows of one key meet in the memory of one process.
  bool one_instance() const noexcept { return !exchanges.empty() || !keyed.empty(); }
};

struct PlanOptions {
  std::uint32_t workers = 1;  // what `parallelism` 0 means
  expr::Limits expressions = {};
  std::string default_profile = "default";  // of sources and sinks that name none
  std::vector<expr::MockPtr> mocks = {};    // answer calls of functions in place of the library
  operators::AggregateLimits aggregates = {};
  std::uint64_t emit_per_row = 10'000;                        // rows that one may become in a step
  codec::RecordLimits records = {64, std::size_t{16} << 20};  // of the sources
  plugin::Plugins* plugins = nullptr;  // what definitions may name; null = there is none
};

// A plan, or every mistake that only shows when the definition is put together (expressions above
// all). Pure but for what PlanOptions::plugins holds at this moment, of which libraries may be loaded.
struct PlanResult {
  std::shared_ptr<const Plan> plan;  // null when there are errors
  std::vector<spec::Diagnostic>
      diagnostics;  // pointers without line and column: the caller locates them in the text
};
// The mistakes that expressions have by themselves, where no plan can be built: any field may stand
// in them. Pure; pointers without line and column.
std::vector<spec::Diagnostic> check_expressions(const std::vector<spec::Expression>& expressions,
                                                const expr::Limits& limits = {});

// Tasks of every stage.
std::uint32_t tasks_of(const spec::PipelineSpec& spec, const PlanOptions& options);

PlanResult build_plan(std::shared_ptr<const spec::PipelineSpec> spec, const PlanOptions& options);
// What is to be told beside what parsing found: mistakes and warnings of the graph, where one was
// read. Of steps that are not sound only the mistakes of expressions by themselves; any field may
// stand in the rows they give. Without a graph, the mistakes of expressions. Pure; pointers without
// line and column.
std::vector<spec::Diagnostic> check_rest(const spec::ParseResult& parsed,
                                         const PlanOptions& options);

// What a person sees of a stage.
struct StageSummary {
  std::string id;                  // "stage-0", …
  std::vector<std::string> steps;  // a step below a union of stages stands in each of them
  std::uint32_t parallelism = 1;
  std::string exchange;  // how rows enter: the fields they are spread by ("card, user.id"); "" =
                         // from sources
};
std::vector<StageSummary> describe(const Plan& plan);

}  // namespace leat::plan
