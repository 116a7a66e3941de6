#include "spec/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definitions.h"
#include "spec/fields.h"
#include "unit/spec/generated_set.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What no schema can say: rules over names and values at different places. A definition that is
// refused for nothing else passes the schema.
constexpr std::string_view kBeyondSchema[] = {
    "UNKNOWN_NAME",      // `from`, tests: names of what stands elsewhere
    "NOT_ABOVE",         // `from`: the order of steps
    "DUPLICATE_ID",      // ids and names of tests
    "TOPIC_LOOP",        // topics of sources and sinks
    "TOPIC_READ_TWICE",  // topics of several sources
    "PROFILES_DIFFER",  "GROUPS_DIFFER",
    "FIELD_CLASH",  // one path above another
};
// The same for single places: pattern of the pointer, and why.
struct Exception {
  std::string_view code;
  std::string_view part;
};
constexpr Exception kExceptions[] = {
    {"BAD_VALUE", "/sources/orders/schema"},  // a schema beside another format
    {"BAD_VALUE", "/sources/made/format"},    // a generator makes json
    {"BAD_VALUE", "/sources/orders/format"},  // a header line in Kafka
    {"BAD_VALUE", "/event_time/zone"},        // a zone beside a unit
    {"BAD_VALUE", "/sources/table/schema"},   // types of columns
    {"OUT_OF_RANGE", "/on_error/retry/max"},  // less than `initial`
    {"OUT_OF_RANGE", "/restart/max"},
    {"BAD_VALUE", "/aggregate/"},     // emit, late, keep_row, ttl and the window
    {"OUT_OF_RANGE", "/aggregate/"},  // bounds of durations; windows of one row
    {"OUT_OF_RANGE", "/dedupe/"},
    {"OUT_OF_RANGE", "/interval"},  // bounds of durations and sizes
    {"OUT_OF_RANGE", "/limits/"},
    {"OUT_OF_RANGE", "/restart/"},
    {"OUT_OF_RANGE", "/on_error/retry/"},
    {"OUT_OF_RANGE", "/event_time/"},
    {"BAD_VALUE", "/tests/0/input/"},   // a record behind the end
    {"BAD_VALUE", "/tests/0/expect/"},  // matchers inside of rows
    {"UNKNOWN_FIELD", "/tests/0/expect/"},
    {"MISSING_FIELD", "/steps/"},  // `from` with several sources
    {"MISSING_FIELD", "/sinks/"},
};

bool beyond_schema(const Diagnostic& diagnostic) {
  if (diagnostic.severity != Severity::error) return true;
  for (const std::string_view code : kBeyondSchema)
    if (diagnostic.code == code) return true;
  for (const Exception& exception : kExceptions)
    if (diagnostic.code == exception.code &&
        diagnostic.pointer.find(exception.part) != std::string::npos)
      return true;
  return false;
}

TEST(JsonSchema, TakesWhatTheValidatorTakes) {
  for (const std::string_view text : {kSmallest, kFull})
    EXPECT_TRUE(schema().accepts(parsed(text)));
}

TEST(JsonSchema, AgreesWithTheValidatorOnEveryGeneratedDefinition) {
  std::size_t valid = 0;
  std::size_t refused = 0;
  std::vector<std::string> disagreements;
  for (const auto& [what, text] : generated_set()) {
    const ParseResult result = parse_pipeline(text);
    const bool accepted = schema().accepts(parsed(text));
    bool explained = true;
    for (const Diagnostic& each : result.diagnostics) explained &= beyond_schema(each);
    valid += result.ok() ? 1 : 0;
    refused += accepted ? 0 : 1;
    const bool agree = result.ok() == accepted || (accepted && explained);
    if (!agree && disagreements.size() < 400)
      disagreements.push_back((accepted ? "only the schema takes " : "only the schema refuses ") +
                              what + ": " + codes(result.diagnostics));
  }
  EXPECT_THAT(disagreements, IsEmpty());
  EXPECT_GT(valid, 300u);
  EXPECT_GT(refused, 3000u);
}

TEST(JsonSchema, HasEveryKeyWithItsDescription) {
  const json::Value root = parsed(write_json_schema());
  for (const Field& field : all_fields()) {
    const std::string pointer =
        json::pointer_to("/$defs/" + std::string(field.object) + "/properties", field.key);
    const json::Value* key = json::find_pointer(root, pointer);
    EXPECT_EQ(key == nullptr, field.need == Need::later || field.need == Need::refused) << pointer;
    if (key != nullptr) {
      EXPECT_THAT(*key->find("description")->as_string(), HasSubstr(std::string(field.doc)));
    }
  }
}

TEST(JsonSchema, FollowsTheConfiguredLimits) {
  Options options;
  options.parallelism_max = 3;
  options.steps_max = 1;
  const support::JsonSchema strict(parsed(write_json_schema(options)));
  EXPECT_TRUE(strict.accepts(parsed(kSmallest)));
  EXPECT_FALSE(strict.accepts(parsed(kFull)));
  const std::string four = with(kSmallest, "\"steps\"", "\"parallelism\": 4, \"steps\"");
  EXPECT_TRUE(schema().accepts(parsed(four)));
  EXPECT_FALSE(strict.accepts(parsed(four)));
}

}  // namespace
}  // namespace leat::spec
