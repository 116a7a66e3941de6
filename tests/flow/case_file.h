#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "json/parse.h"
#include "json/write.h"
#include "source_dir.h"
#include "spec/parse.h"
#include "support/fake_broker.h"

namespace leat::test {

// One file of tests/cases: a definition, the records of every source, and what every sink holds in
// the end.
struct CaseFile {
  struct Input {
    std::string source;
    FakeRecord record;
    std::optional<std::size_t> partition;
  };
  std::string name;
  std::shared_ptr<const spec::PipelineSpec> spec;
  std::vector<Input> input;
  std::map<std::string, std::vector<std::string>>
      expect;                       // sink → "key=value" of every row, sorted
  std::vector<std::string> errors;  // "step code key=value" of every dead letter, sorted
  bool ordered = true;  // rows of one key and source partition keep their order in the output
};

inline FakeRecord record_of(const json::Value& row) {
  FakeRecord record;
  const json::Value* value = row.find("$value");
  const json::Value* text = row.find("$text");
  if (value == nullptr && text == nullptr) {
    record.value = json::to_text(row);  // the short form: the row itself
    return record;
  }
  if (text != nullptr) record.value = *text->as_string();
  if (value != nullptr && !value->is_null()) record.value = json::to_text(*value);
  if (const json::Value* key = row.find("$key"); key != nullptr && key->is_string())
    record.key = *key->as_string();
  if (const json::Value* time = row.find("$timestamp"))
    record.timestamp_ms = time->as_integer().value();
  if (const json::Value* headers = row.find("$headers"))
    for (const json::Member& header : headers->members())
      record.headers.emplace_back(header.key, *header.value.as_string());
  return record;
}

inline std::vector<std::string> expected_rows(const json::Value& rows) {
  std::vector<std::string> expected;
  for (const json::Value& row : rows.elements()) {
    const FakeRecord record = record_of(row);
    expected.push_back(record.key.value_or("(null)") + "=" + record.value.value_or("(null)"));
  }
  std::sort(expected.begin(), expected.end());
  return expected;
}

inline std::vector<std::string> expected_errors(const json::Value& rows) {
  std::vector<std::string> expected;
  for (const json::Value& row : rows.elements()) {
    const FakeRecord record = record_of(row);
    expected.push_back(std::string(*row.find("$step")->as_string()) + " " +
                       std::string(*row.find("$code")->as_string()) + " " +
                       record.key.value_or("(null)") + "=" + record.value.value_or("(null)"));
  }
  std::sort(expected.begin(), expected.end());
  return expected;
}

// The case, or why it is none.
inline Result<CaseFile> read_case(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  const json::Parsed parsed = json::parse(content);
  if (!parsed.ok())
    return Status(Code::invalid_argument, parsed.problems().front().message)
        .with("file", path.filename().string());
  CaseFile made;
  made.name = path.stem().string();
  const json::Value* pipeline = parsed.root().find("pipeline");
  const json::Value* input = parsed.root().find("input");
  const json::Value* expect = parsed.root().find("expect");
  if (pipeline == nullptr || input == nullptr || expect == nullptr)
    return Status(Code::invalid_argument, "a case has pipeline, input and expect")
        .with("file", made.name);
  const spec::ParseResult definition = spec::parse_pipeline(json::to_text(*pipeline));
  if (!definition.ok())
    return Status(Code::invalid_argument, definition.diagnostics.front().message)
        .with("file", made.name)
        .with("pointer", definition.diagnostics.front().pointer);
  made.spec = definition.spec;
  for (const json::Member& source : input->members()) {
    for (const json::Value& row : source.value.elements()) {
      CaseFile::Input one{source.key, record_of(row), std::nullopt};
      if (const json::Value* partition = row.find("$partition"))
        one.partition = partition->as_integer<std::size_t>();
      made.input.push_back(std::move(one));
    }
  }
  for (const json::Member& sink : expect->members())
    made.expect[sink.key] = expected_rows(sink.value);
  if (const json::Value* errors = parsed.root().find("errors"))
    made.errors = expected_errors(*errors);
  if (const json::Value* ordered = parsed.root().find("ordered"))
    made.ordered = ordered->as_bool().value();
  return made;
}

inline std::vector<std::filesystem::path> case_paths() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(LEAT_SOURCE_DIR "/tests/cases"))
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace leat::test
