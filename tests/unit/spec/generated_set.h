#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/parse.h"
#include "json/write.h"
#include "spec/schema.h"
#include "support/json_schema.h"
#include "unit/spec/definitions.h"

// Definitions made from one that uses every key, to see whether the JSON Schema and the validator
// say the same of them.
namespace leat::spec::testing {

inline json::Value parsed(std::string_view text) {
  const json::Parsed result = json::parse(text, {.values_max = 1'000'000});
  EXPECT_TRUE(result.ok()) << text;
  return result.ok() ? result.root() : json::Value();
}

// Of definitions, with the default limits.
inline const support::JsonSchema& schema() {
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

inline void each_value(const json::Value& value, const std::string& pointer,
                       const std::function<void(const json::Value&, const std::string&)>& visit) {
  visit(value, pointer);
  for (std::size_t i = 0; i < value.elements().size(); ++i)
    each_value(value.elements()[i], json::pointer_to(pointer, i), visit);
  for (const json::Member& member : value.members())
    each_value(member.value, json::pointer_to(pointer, member.key), visit);
}

// Every value of a definition, replaced by every kind of value, removed, and every
// object with one key more: what was done, and the text.
inline std::vector<std::pair<std::string, std::string>> generated_set(
    std::string_view full = kFull) {
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
  const json::Value root = parsed(full);
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

}  // namespace leat::spec::testing
