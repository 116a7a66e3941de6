#include "spec/tests.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "spec/names.h"
#include "spec/sections.h"
#include "spec/time.h"

namespace leat::spec {
namespace {

constexpr std::size_t kHeadersMax = 64;

bool is_long_form(const json::Value& value) {
  const auto members = value.members();
  return std::any_of(members.begin(), members.end(),
                     [](const json::Member& member) { return member.key.starts_with('$'); });
}

WallTime time_of(const ObjectReader& reader, std::string_view key) {
  return parse_rfc3339(reader.text(key).value_or("")).value_or(WallTime());
}

using HeaderTexts = std::vector<std::pair<std::string, std::optional<std::string>>>;

HeaderTexts read_header_texts(Findings& findings, const Spot& spot, bool null_too) {
  HeaderTexts headers;
  if (spot.value.members().size() > kHeadersMax)
    findings.error("OUT_OF_RANGE", spot,
                   "at most " + std::to_string(kHeadersMax) + " headers are taken");
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) break;
    const std::string* text = member.value.as_string();
    if (text != nullptr)
      headers.emplace_back(member.key, *text);
    else if (null_too && member.value.is_null())
      headers.emplace_back(member.key, std::nullopt);
    else
      findings.error("WRONG_TYPE", spot.at(member.key, member.value),
                     std::string("a header is a string") + (null_too ? " or null" : "") + ", not " +
                         std::string(json::kind_name(member.value.kind())));
  }
  return headers;
}

// The tests of one definition.
class TestReader {
 public:
  TestReader(Findings& findings, const TestNames& names) : findings_(findings), names_(names) {}

  TestSpec read(const Spot& spot);
  std::vector<TestInput> read_inputs(const Spot& spot);

 private:
  std::vector<TestMode> read_modes(const ObjectReader& reader) const;
  void read_mock(const Spot& spot, TestSpec& test);
  TestFunction read_function(const json::Member& member, const Spot& spot);
  TestInput read_input(const json::Member& member, const Spot& spot);
  std::optional<TestInputItem> read_item(const Spot& spot);
  std::optional<TestInputItem> read_long_item(const Spot& spot);
  TestRecord read_record(const ObjectReader& reader);
  void read_expectations(const Spot& spot, TestSpec& test);
  TestExpectation read_expectation(const json::Member& member, const Spot& spot);
  std::vector<ExpectedRow> read_rows(const Spot& spot);
  ExpectedRow read_row(const Spot& spot);
  ExpectedRow read_row_members(const ObjectReader& reader);
  std::vector<ExpectedError> read_errors(const Spot& spot);
  void check_step(const ObjectReader& reader, const std::string& step);
  void check_matchers(const Spot& spot);
  void check_matcher(const Spot& spot, const json::Member& member);

  bool is_row(const Spot& spot);
  void check_name(const Spot& spot, const json::Member& member, std::string_view what,
                  const std::vector<std::string_view>& known);

  Findings& findings_;
  const TestNames& names_;
};

bool TestReader::is_row(const Spot& spot) {
  if (spot.value.is_object()) return true;
  findings_.error("WRONG_TYPE", spot,
                  "a row is an object, not " + std::string(json::kind_name(spot.value.kind())) +
                      "; other values are written {\"$raw\": \"…\"} or {\"$null\": true}");
  return false;
}

void TestReader::check_name(const Spot& spot, const json::Member& member, std::string_view what,
                            const std::vector<std::string_view>& known) {
  // Without any of them that is the mistake.
  if (known.empty() || std::find(known.begin(), known.end(), member.key) != known.end()) return;
  std::vector<std::string> near = base::nearest(member.key, known);
  const std::string there_are = near.empty() ? listed(known) : "";
  findings_.error_at("UNKNOWN_NAME", spot.pointer, member.key_place,
                     "there is no " + std::string(what) + " " + quoted(member.key) + there_are,
                     std::move(near));
}

std::vector<TestMode> TestReader::read_modes(const ObjectReader& reader) const {
  std::vector<TestMode> modes;
  const json::Value* given = reader.get("modes");
  if (given == nullptr) return {TestMode::real_time, TestMode::micro_batch};
  for (const json::Value& word : given->elements())
    modes.push_back(*word.as_string() == "micro_batch" ? TestMode::micro_batch
                                                       : TestMode::real_time);
  return modes;
}

TestFunction TestReader::read_function(const json::Member& member, const Spot& spot) {
  TestFunction function;
  function.name = member.key;
  function.pointer = spot.pointer;
  if (!spot.value.is_object())
    findings_.error("WRONG_TYPE", spot,
                    "the answers of a function are an object: argument → result, not " +
                        std::string(json::kind_name(spot.value.kind())));
  for (const json::Member& answer : spot.value.members()) {
    TestFunction::Answer& made = function.answers.emplace_back();
    made.argument = answer.key;
    made.result = answer.value;
    if (!answer.key.starts_with('[')) continue;
    const json::Parsed list = json::parse(answer.key);
    if (!list.ok() || !list.root().is_array())
      findings_.error_at("BAD_VALUE", json::pointer_to(spot.pointer, answer.key), answer.key_place,
                         "a key that begins with `[` is the JSON list of all arguments");
    else
      made.arguments.emplace(list.root().elements().begin(), list.root().elements().end());
  }
  return function;
}

void TestReader::read_mock(const Spot& spot, TestSpec& test) {
  const ObjectReader reader(findings_, spot, "mock");
  const auto functions = reader.spot_of("functions");
  if (!functions) return;
  for (const json::Member& member : functions->value.members())
    test.functions.push_back(read_function(member, functions->at(member.key, member.value)));
}

TestRecord TestReader::read_record(const ObjectReader& reader) {
  TestRecord record;
  if (const json::Value* value = reader.get("$value")) record.row = *value;
  if (reader.has("$null")) record.content = TestRecord::Content::null;
  if (const auto raw = reader.text("$raw")) {
    record.content = TestRecord::Content::raw;
    record.raw = *raw;
  }
  record.key = reader.text("$key");
  if (reader.get("$timestamp") != nullptr) record.timestamp = time_of(reader, "$timestamp");
  if (const auto headers = reader.spot_of("$headers"))
    for (auto& [name, text] : read_header_texts(findings_, *headers, false))
      record.headers.emplace_back(name, *std::move(text));
  if (const auto partition = reader.count("$partition"))
    record.partition = static_cast<std::int32_t>(*partition);
  return record;
}

std::optional<TestInputItem> TestReader::read_long_item(const Spot& spot) {
  const ObjectReader reader(findings_, spot, "test_item");
  const std::string_view kind = reader.exactly_one("a row in the long form, or a step of time,");
  if (reader.get(kind) == nullptr) return std::nullopt;
  if (kind == "$value" || kind == "$raw" || kind == "$null")
    return TestInputItem{spot.pointer, read_record(reader)};
  for (const std::string_view key : {"$key", "$timestamp", "$headers", "$partition"})
    if (const auto beside = reader.spot_of(key))
      findings_.error("BAD_VALUE", *beside,
                      "`" + std::string(key) + "` belongs to a record, not to a step of time");
  if (kind == "$advance")
    return TestInputItem{spot.pointer, TestAdvance{*reader.duration("$advance")}};
  if (kind == "$watermark")
    return TestInputItem{spot.pointer, TestWatermark{time_of(reader, "$watermark")}};
  return TestInputItem{spot.pointer, TestEnd{}};
}

std::optional<TestInputItem> TestReader::read_item(const Spot& spot) {
  if (!is_row(spot)) return std::nullopt;
  if (is_long_form(spot.value)) return read_long_item(spot);
  TestRecord record;
  record.row = spot.value;
  return TestInputItem{spot.pointer, std::move(record)};
}

TestInput TestReader::read_input(const json::Member& member, const Spot& spot) {
  TestInput input;
  input.source = member.key;
  if (!spot.value.is_array())
    findings_.error("WRONG_TYPE", spot,
                    "the input of a source is a list of rows, not " +
                        std::string(json::kind_name(spot.value.kind())));
  bool ended = false;
  for (std::size_t i = 0; i < spot.value.elements().size() && !findings_.full(); ++i) {
    auto item = read_item(spot.at(i));
    if (!item) continue;
    if (ended && std::holds_alternative<TestRecord>(item->what))
      findings_.error("BAD_VALUE", spot.at(i), "no record can stand behind `$end`");
    ended = ended || std::holds_alternative<TestEnd>(item->what);
    input.items.push_back(*std::move(item));
  }
  return input;
}

std::vector<TestInput> TestReader::read_inputs(const Spot& spot) {
  std::vector<TestInput> inputs;
  for (const json::Member& member : spot.value.members()) {
    const Spot at = spot.at(member.key, member.value);
    check_name(at, member, "source", names_.sources);
    inputs.push_back(read_input(member, at));
  }
  return inputs;
}

// Members that begin with `$` are the language's own, wherever they stand in an expected value.
void TestReader::check_matchers(const Spot& spot) {
  for (std::size_t i = 0; i < spot.value.elements().size() && !findings_.full(); ++i)
    check_matchers(spot.at(i));
  for (const json::Member& member : spot.value.members()) {
    if (findings_.full()) return;
    if (member.key.starts_with('$'))
      check_matcher(spot, member);
    else
      check_matchers(spot.at(member.key, member.value));
  }
}

void TestReader::check_matcher(const Spot& spot, const json::Member& member) {
  const std::string at = json::pointer_to(spot.pointer, member.key);
  if (member.key != "$any" && member.key != "$approx")
    return findings_.error_at(
        "UNKNOWN_FIELD", at, member.key_place,
        quoted(member.key) +
            " is no matcher: there are {\"$approx\": number} and {\"$any\": true}; a row whose "
            "own fields begin with `$` is written as text by `$raw`",
        base::nearest(member.key, {"$approx", "$any"}));
  if (spot.value.members().size() > 1)
    return findings_.error_at("BAD_VALUE", at, member.key_place,
                              quoted(member.key) + " stands alone in its object");
  if (member.key == "$any" ? member.value.as_bool() != true : !member.value.as_double())
    findings_.error("BAD_VALUE", {member.value, at},
                    member.key == "$any" ? "`$any` can only be true" : "`$approx` is a number");
}

ExpectedRow TestReader::read_row_members(const ObjectReader& reader) {
  ExpectedRow row;
  row.pointer = reader.spot().pointer;
  int contents = 0;
  for (const std::string_view key : {"$value", "$raw", "$null"})
    contents += reader.has(key) ? 1 : 0;
  if (contents > 1)
    findings_.error("EXACTLY_ONE_OF", reader.spot(),
                    "a row has at most one of `$value`, `$raw`, `$null`");
  if (const auto value = reader.spot_of("$value")) {
    check_matchers(*value);
    row.value = value->value;
  }
  if (reader.has("$null")) row.value.emplace();
  row.raw = reader.text("$raw");
  if (const json::Value* key = reader.get("$key"))
    row.key = key->is_null() ? std::optional<std::string>() : reader.text("$key");
  if (reader.get("$timestamp") != nullptr) row.timestamp = time_of(reader, "$timestamp");
  if (const auto headers = reader.spot_of("$headers"))
    row.headers = read_header_texts(findings_, *headers, true);
  if (const auto partition = reader.count("$partition"))
    row.partition = static_cast<std::int32_t>(*partition);
  row.topic = reader.text("$topic");
  return row;
}

ExpectedRow TestReader::read_row(const Spot& spot) {
  ExpectedRow row;
  row.pointer = spot.pointer;
  if (!is_row(spot)) return row;
  if (is_long_form(spot.value))
    return read_row_members(ObjectReader(findings_, spot, "expected_row"));
  check_matchers(spot);
  row.value = spot.value;
  return row;
}

std::vector<ExpectedRow> TestReader::read_rows(const Spot& spot) {
  std::vector<ExpectedRow> rows;
  for (std::size_t i = 0; i < spot.value.elements().size() && !findings_.full(); ++i)
    rows.push_back(read_row(spot.at(i)));
  return rows;
}

TestExpectation TestReader::read_expectation(const json::Member& member, const Spot& spot) {
  TestExpectation made;
  made.sink = member.key;
  made.pointer = spot.pointer;
  const ObjectReader reader(findings_, spot, "expectation");
  const auto rows = [&](std::string_view key) -> std::optional<std::vector<ExpectedRow>> {
    const auto list = reader.spot_of(key);
    return list ? std::optional(read_rows(*list)) : std::nullopt;
  };
  made.exactly = rows("exactly");
  made.sequence = rows("sequence");
  made.contains = rows("contains");
  made.count = reader.count("count");
  made.last_per_key = rows("last_per_key");
  if (const auto key = reader.spot_of("key")) {
    made.key = read_field_paths(findings_, *key);
    if (!reader.has("last_per_key"))
      findings_.error("BAD_VALUE", *key, "`key` belongs to `last_per_key`");
  } else if (reader.has("last_per_key") && !reader.has("key")) {
    findings_.error("MISSING_FIELD", spot,
                    "`key` is missing: the fields that tell the rows of `last_per_key` apart");
  }
  if (spot.value.is_object() && spot.value.members().empty())
    findings_.error("EXACTLY_ONE_OF", spot,
                    "at least one of `exactly`, `sequence`, `contains`, `count`, `last_per_key` "
                    "must stand here");
  return made;
}

void TestReader::check_step(const ObjectReader& reader, const std::string& step) {
  std::vector<std::string_view> known = names_.steps;
  known.insert(known.end(), names_.sources.begin(), names_.sources.end());
  known.insert(known.end(), names_.sinks.begin(), names_.sinks.end());
  if (std::find(known.begin(), known.end(), step) != known.end()) return;
  std::vector<std::string> near = base::nearest(step, known);
  const std::string there_are = near.empty() ? listed(known) : "";
  findings_.error("UNKNOWN_NAME", *reader.spot_of("step"),
                  "there is no step, source or sink " + quoted(step) + there_are, std::move(near));
}

std::vector<ExpectedError> TestReader::read_errors(const Spot& spot) {
  std::vector<ExpectedError> errors;
  for (std::size_t i = 0; i < spot.value.elements().size() && !findings_.full(); ++i) {
    const ObjectReader reader(findings_, spot.at(i), "expected_error");
    ExpectedError& error = errors.emplace_back();
    error.pointer = reader.spot().pointer;
    error.step = reader.text("step");
    if (error.step) check_step(reader, *error.step);
    error.code = reader.text("code");
    for (const std::string_view key : {"$value", "$raw", "$key", "$headers"})
      if (reader.has(key) && !error.record) error.record = read_row_members(reader);
  }
  return errors;
}

void TestReader::read_expectations(const Spot& spot, TestSpec& test) {
  for (const json::Member& member : spot.value.members()) {
    const Spot at = spot.at(member.key, member.value);
    if (member.key == "errors" && member.value.is_array()) {
      test.errors = read_errors(at);
      continue;
    }
    if (member.key == "errors" && !member.value.is_object()) {
      findings_.error("WRONG_TYPE", at,
                      "`errors` is the list of the dead letters, not " +
                          std::string(json::kind_name(member.value.kind())));
      continue;
    }
    check_name(at, member, "sink", names_.sinks);
    test.expectations.push_back(read_expectation(member, at));
  }
}

TestSpec TestReader::read(const Spot& spot) {
  TestSpec test;
  test.pointer = spot.pointer;
  const ObjectReader reader(findings_, spot, "test");
  test.name = reader.text("name").value_or("");
  test.modes = read_modes(reader);
  if (const auto mock = reader.spot_of("mock")) read_mock(*mock, test);
  if (const auto input = reader.spot_of("input")) test.inputs = read_inputs(*input);
  if (const auto expect = reader.spot_of("expect")) read_expectations(*expect, test);
  return test;
}

}  // namespace

std::vector<TestInput> read_test_inputs(Findings& findings, const Spot& spot,
                                        const TestNames& names) {
  if (!spot.value.is_object())
    findings.error("WRONG_TYPE", spot,
                   "the input is an object: source → rows, not " +
                       std::string(json::kind_name(spot.value.kind())));
  return TestReader(findings, names).read_inputs(spot);
}

std::vector<TestSpec> read_tests(Findings& findings, const Spot& spot, const TestNames& names) {
  std::vector<TestSpec> tests;
  TestReader reader(findings, names);
  for (std::size_t i = 0; i < spot.value.elements().size() && !findings.full(); ++i) {
    TestSpec test = reader.read(spot.at(i));
    const bool known = !test.name.empty() &&
                       std::any_of(tests.begin(), tests.end(),
                                   [&](const TestSpec& other) { return other.name == test.name; });
    if (known) {
      const Spot at = spot.at(i);
      findings.error("DUPLICATE_ID", at.at("name", *at.value.find("name")),
                     quoted(test.name) + " is the name of another test");
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace leat::spec
