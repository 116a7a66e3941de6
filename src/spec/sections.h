#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/pipeline.h"
#include "spec/reading.h"

// The parts of a definition, each read by itself; then what connects them. Inside of the room;
// every mistake goes to Findings, and what a function returns after one is only good to find more.
namespace leat::spec {

TriggerSpec read_trigger(Findings& findings, const Spot& spot);
OnErrorSpec read_on_error(Findings& findings, const Spot& spot);
ErrorAction action_of(std::string_view word) noexcept;  // "dead_letter", …
std::vector<SourceSpec> read_sources(Findings& findings, const Spot& spot);

// A step or sink whose `from` is still as it was written.
struct StepDraft {
  StepSpec spec;
  Spot spot;
  const json::Value* from = nullptr;  // null = not given
};
struct SinkDraft {
  SinkSpec spec;
  Spot spot;
  const json::Value* from = nullptr;
};
std::vector<StepDraft> read_steps(Findings& findings, const Spot& spot);
std::vector<SinkDraft> read_sinks(Findings& findings, const Spot& spot);

// Resolves `from` of steps and sinks, checks ids, warns of what nobody reads.
class Graph {
 public:
  explicit Graph(Findings& findings) : findings_(findings) {}
  void add_sources(const std::vector<SourceSpec>& sources, const Spot& spot);
  // `from` of the drafts becomes ids.
  void connect(std::vector<StepDraft>& steps, std::vector<SinkDraft>& sinks);

 private:
  struct Node {
    std::string id;
    std::string pointer;
    const json::Value* value;
    bool nameable;
    bool read;
    bool ambiguous = false;  // its id is that of another one below
    std::string late = {};   // pointer of what makes its side output; empty = it has none
    bool late_read = false;
  };
  std::vector<std::string> resolve(const Spot& reader, const json::Value* from,
                                   std::string_view what);
  std::vector<std::string> resolve_default(const Spot& reader, std::string_view what);
  // False when what is read cannot be told.
  bool resolve_name(const Spot& spot, std::vector<std::string>& ids);
  bool resolve_late(std::string_view name);
  void check_renames(const std::vector<StepDraft>& steps);
  void warn_of_unread(const Node& node, bool source);
  void report_unknown(const Spot& spot, const std::string& name);
  void make_id(StepDraft& step, std::size_t index);

  Findings& findings_;
  std::vector<Node> nodes_;
  std::vector<std::string> below_;  // ids of steps not yet reached
  std::size_t sources_ = 0;
  bool broken_ = false;  // a `from` could not be resolved
};

// Topics read twice, written to where they are read, and profiles that differ.
void check_topics(Findings& findings, const json::Value& root,
                  const std::vector<SourceSpec>& sources, const std::vector<SinkDraft>& sinks);
// Literals that were probably meant as expressions.
void warn_of_literals(Findings& findings, const json::Value& root,
                      const std::vector<SourceSpec>& sources, const std::vector<StepDraft>& steps,
                      const std::vector<SinkDraft>& sinks);

// Kafka client settings of a source or a sink: an allow-list.
enum class PropertyUse : unsigned char { source, sink };
std::map<std::string, std::string> read_properties(Findings& findings, const Spot& spot,
                                                   PropertyUse use);

// A format by its name, or by its object with the keys of `table` ("source_format", "sink_format").
void read_format(Findings& findings, const Spot& spot, std::string_view table, Format& format,
                 CsvSpec& csv);
SchemaSpec read_schema(Findings& findings, const Spot& spot);
ExtraFields extra_of(std::string_view word) noexcept;  // "keep", …
// A schema beside the source's format. Requires: source.schema.
void check_schema_fits(Findings& findings, const Spot& schema, const SourceSpec& source);
EventTimeSpec read_event_time(Findings& findings, const Spot& spot);

// The names that the tests of a definition may use.
struct TestNames {
  std::vector<std::string_view> sources;
  std::vector<std::string_view> steps;
  std::vector<std::string_view> sinks;
};
std::vector<TestSpec> read_tests(Findings& findings, const Spot& spot, const TestNames& names);
std::vector<TestInput> read_test_inputs(Findings& findings, const Spot& spot,
                                        const TestNames& names);

std::vector<FieldPath> read_field_paths(Findings& findings, const Spot& spot);
// Field → expression, or a list of field paths that name the fields by their last segment; at least
// so many. Clashes are for check_clashes(), whose `spot` is or lies above theirs.
std::vector<Assignment> read_fields(Findings& findings, const Spot& spot, std::size_t least = 1,
                                    bool aggregates = false);
void check_clashes(Findings& findings, const Spot& spot, const std::vector<Assignment>& fields);
AggregateStep read_aggregate(Findings& findings, const Spot& spot);
DedupeStep read_dedupe(Findings& findings, const Spot& spot);
// The key of a member that is an id.
void check_id_key(Findings& findings, const json::Member& member, const Spot& spot);
void check_path(Findings& findings, const Spot& spot);
void check_profile(Findings& findings, const Spot& spot);

}  // namespace leat::spec
