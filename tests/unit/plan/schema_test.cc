#include <gmock/gmock.h>

#include <set>

#include "plan/plan.h"
#include "unit/spec/generated_set.h"

// The JSON Schema against all of `:validate`: what only the plan refuses is listed.
namespace leat::plan {
namespace {

using spec::testing::codes;
using spec::testing::generated_set;
using spec::testing::parsed;
using spec::testing::schema;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Reason {
  std::string_view code;
  std::string_view part;  // of the pointer
  std::string_view why;
};
constexpr Reason kOnlyThePlanRefuses[] = {
    {"EXPRESSION_SYNTAX", "", "a schema cannot read an expression"},
    {"UNKNOWN_FIELD", "/steps/", "nor compare its fields with those of the source's schema"},
    {"UNKNOWN_FIELD", "/sinks/", "the same for fields and columns of sinks"},
    {"UNKNOWN_FIELD", "/sources/", "the same for event times and generators"},
    {"WRONG_ARGUMENTS", "/compute/", "nor that a text cannot be summed"},
    {"WRONG_TYPE", "/explode/field", "nor see the type of the field that is exploded"},
    {"WRONG_TYPE", "/select/", "nor that the expression `int` is a type, which cannot be written"},
    {"WRONG_TYPE", "/compute/", "the same for what an aggregate computes"},
};

// Uses what the plan looks at.
constexpr std::string_view kPlanned = R"json({
  "name": "planned", "parallelism": 2,
  "sources": {
    "orders": { "kafka": { "topics": ["orders"] }, "schema": { "k": "string!", "a": "int", "list": "list<int>" },
        "event_time": { "field": { "expr": "meta.timestamp" }, "max_lateness": "5s" } },
    "table": { "file": { "path": "in/b.csv" }, "format": { "csv": { "fields": ["k", "b"] } } },
    "made": { "generator": { "rows_per_second": 1, "fields": { "k": "string(seq)", "a": "seq % 2" } } } },
  "steps": [
    { "id": "all", "from": "orders", "filter": "(a ?? 0) > 1" },
    { "id": "more", "set": { "b": "(a ?? 0) + 1", "x.y": "2" }, "on_error": "skip" },
    { "id": "items", "explode": { "field": "list", "as": "item", "index": "i" } },
    { "id": "less", "drop": ["i"] },
    { "id": "few", "select": { "k": "k", "v": "b", "item": "item" } },
    { "id": "apart", "repartition": { "by": ["k"] } },
    { "id": "spent", "aggregate": { "by": ["k"], "window": { "hopping": "1h", "every": "10m" },
        "compute": { "n": "count()", "mean": "sum(v) / count()", "top": "top_k(v, 3)" }, "emit": "on_close", "late": "side_output" } },
    { "id": "ever", "from": "apart", "aggregate": { "by": { "who": "k" }, "compute": { "n": "count()" }, "keep_row": true, "ttl": "7d" } },
    { "id": "first", "from": "apart", "dedupe": { "by": ["k"], "within": "1d" } } ],
  "sinks": {
    "out": { "from": "spent", "kafka": { "topic": "out", "key": { "expr": "k" }, "headers": { "h": { "expr": "k" } },
        "timestamp": { "expr": "window_end" } } },
    "routed": { "from": "table", "kafka": { "topic": { "expr": "'eu-' + k" }, "topics": ["eu-*"] },
        "format": { "csv": { "fields": ["k"] } } },
    "late": { "from": "spent.late", "stdout": {} },
    "kept": { "from": ["ever", "first", "made"], "file": { "path": "kept.ndjson" } } } })json";

const Reason* reason_of(const spec::Diagnostic& diagnostic) {
  for (const Reason& reason : kOnlyThePlanRefuses)
    if (diagnostic.code == reason.code && diagnostic.pointer.find(reason.part) != std::string::npos)
      return &reason;
  return nullptr;
}

TEST(JsonSchemaAndPlan, TheDefinitionIsGood) {
  const spec::ParseResult read = spec::parse_pipeline(kPlanned);
  ASSERT_TRUE(read.ok());
  const PlanResult planned = build_plan(read.spec, {});
  EXPECT_EQ(codes(planned.diagnostics), "");
}

// Every definition that parses and that no plan can be made of is one that the schema takes: why is
// in the list. There is none the other way round.
TEST(JsonSchemaAndPlan, AgreeOnEveryGeneratedDefinitionOrTheListSaysWhy) {
  std::vector<std::string> disagreements;
  std::set<const Reason*> met;
  std::size_t planned_well = 0;
  for (const auto& [what, text] : generated_set(kPlanned)) {
    const spec::ParseResult read = spec::parse_pipeline(text);
    if (!read.ok()) continue;
    const PlanResult planned = build_plan(read.spec, {});
    if (planned.plan != nullptr) {
      ++planned_well;
      if (!schema().accepts(parsed(text)))
        disagreements.push_back("only the schema refuses " + what);
      continue;
    }
    for (const spec::Diagnostic& each : planned.diagnostics) {
      if (each.severity != spec::Severity::error) continue;
      const Reason* const reason = reason_of(each);
      if (reason == nullptr)
        disagreements.push_back(what + ": " + each.code + " " + each.pointer);
      else
        met.insert(reason);
    }
  }
  EXPECT_THAT(disagreements, IsEmpty());
  EXPECT_GT(planned_well, 100u);
  for (const Reason& reason : kOnlyThePlanRefuses)
    EXPECT_TRUE(met.contains(&reason)) << reason.code << " " << reason.part << " is not met";
}

}  // namespace
}  // namespace leat::plan
