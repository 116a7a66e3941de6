#include "spec/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "definitions.h"
#include "json/parse.h"
#include "spec/fields.h"
#include "support/json_schema.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::Value parsed(std::string_view text) {
  const json::Parsed result = json::parse(text, {.values_max = 1'000'000});
  EXPECT_TRUE(result.ok()) << text;
  return result.ok() ? result.root() : json::Value();
}

const support::JsonSchema& schema() {
  static const auto* const kept = new support::JsonSchema(parsed(write_json_schema()));
  return *kept;
}

// The document with the value at one pointer replaced, removed, or with one member more.
class Mutation {
 public:
  static std::string replaced(const json::Value& root, std::string_view pointer,
                              std::string_view value) {
    return Mutation(pointer, std::string(value), {}).text(root, "");
  }
  static std::string removed(const json::Value& root, std::string_view pointer) {
    return Mutation(pointer, std::nullopt, {}).text(root, "");
  }
  static std::string extended(const json::Value& root, std::string_view pointer,
                              std::string_view member) {
    return Mutation(pointer, std::nullopt, std::string(member)).text(root, "");
  }

 private:
  Mutation(std::string_view pointer, std::optional<std::string> value, std::string member)
      : pointer_(pointer), value_(std::move(value)), member_(std::move(member)) {}

  std::string text(const json::Value& value, const std::string& at) const {
    if (at == pointer_ && value_) return *value_;
    std::string out;
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.elements().size(); ++i)
        add(out, value.elements()[i], json::pointer_to(at, i), "");
      return "[" + out + "]";
    }
    if (!value.is_object()) return json::to_text(value);
    for (const json::Member& member : value.members()) {
      std::string key;
      json::append_quoted(key, member.key);
      add(out, member.value, json::pointer_to(at, member.key), key + ":");
    }
    if (at == pointer_ && !member_.empty()) out += (out.empty() ? "" : ",") + member_;
    return "{" + out + "}";
  }

  void add(std::string& out, const json::Value& value, const std::string& at,
           const std::string& before) const {
    if (at == pointer_ && !value_ && member_.empty()) return;
    out += (out.empty() ? "" : ",") + before + text(value, at);
  }

  std::string pointer_;
  std::optional<std::string> value_;
  std::string member_;
};

void each_value(const json::Value& value, const std::string& pointer,
                const std::function<void(const json::Value&, const std::string&)>& visit) {
  visit(value, pointer);
  for (std::size_t i = 0; i < value.elements().size(); ++i)
    each_value(value.elements()[i], json::pointer_to(pointer, i), visit);
  for (const json::Member& member : value.members())
    each_value(member.value, json::pointer_to(pointer, member.key), visit);
}

// Every value of a definition with every key, replaced by every kind of value, removed, and every
// object with one key more.
std::vector<std::pair<std::string, std::string>> generated_set() {
  constexpr std::string_view kValues[] = {"null",
                                          "true",
                                          "false",
                                          "0",
                                          "7",
                                          "-1",
                                          "7.5",
                                          "-1e300",
                                          "\"\"",
                                          "\"x\"",
                                          "\"in\"",
                                          "[]",
                                          "[1]",
                                          "[\"x\"]",
                                          "[{}]",
                                          "[null]",
                                          "{}",
                                          "{\"a\": {}}",
                                          "{\"expr\": \"x\"}",
                                          "\"2s\"",
                                          "\"1MiB\"",
                                          "\"${env:X}\"",
                                          "{\"a\": \"int\"}"};
  const json::Value root = parsed(kFull);
  std::vector<std::pair<std::string, std::string>> set;  // what was done, and the result
  each_value(root, "", [&](const json::Value& value, const std::string& pointer) {
    for (const std::string_view other : kValues)
      set.emplace_back(pointer + " = " + std::string(other),
                       Mutation::replaced(root, pointer, other));
    if (!pointer.empty()) set.emplace_back("no " + pointer, Mutation::removed(root, pointer));
    if (!value.is_object()) return;
    for (const char* more : {"\"no_such_key\": 1", "\"$no_such_key\": 1"})
      set.emplace_back(pointer + " with " + more, Mutation::extended(root, pointer, more));
  });
  return set;
}

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
    {"BAD_VALUE", "/tests/0/input/"},  // a record behind the end
    {"MISSING_FIELD", "/steps/"},      // `from` with several sources
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
