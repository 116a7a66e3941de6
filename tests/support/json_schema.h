#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/text.h"
#include "json/document.h"
#include "json/write.h"

// A small evaluator of JSON Schema 2020-12: the keywords that our schemas use. A keyword that it
// does not know throws, so that a schema cannot pass by what nobody evaluates.
namespace leat::support {

class JsonSchema {
 public:
  explicit JsonSchema(json::Value root) : root_(std::move(root)) {}

  bool accepts(const json::Value& value) const { return holds(root_, value); }

 private:
  using Value = json::Value;

  bool holds(const Value& schema, const Value& value) const {
    if (const auto flag = schema.as_bool()) return *flag;
    if (const Value* condition = schema.find("if")) {
      const Value* then = schema.find(holds(*condition, value) ? "then" : "else");
      if (then != nullptr && !holds(*then, value)) return false;
    }
    return std::all_of(schema.members().begin(), schema.members().end(),
                       [&](const json::Member& keyword) { return check(schema, keyword, value); });
  }

  bool check(const Value& schema, const json::Member& keyword, const Value& value) const {
    const std::string& name = keyword.key;
    const Value& argument = keyword.value;
    static const std::set<std::string> kSilent{"$schema", "$id", "title", "description", "default",
                                               "$defs",   "if",  "then",  "else"};
    if (kSilent.contains(name)) return true;
    if (name == "$ref") return holds(target(*argument.as_string()), value);
    if (name == "type") return is_type(value, *argument.as_string());
    if (name == "const") return equal(argument, value);
    if (name == "enum") return count(argument, [&](const Value& v) { return equal(v, value); }) > 0;
    if (name == "anyOf") return matching(argument, value) > 0;
    if (name == "oneOf") return matching(argument, value) == 1;
    if (name == "allOf") return matching(argument, value) == argument.elements().size();
    if (name == "not") return !holds(argument, value);
    if (value.is_string()) return check_string(name, argument, *value.as_string());
    if (value.is_array()) return check_array(name, argument, value);
    if (value.is_object()) return check_object(schema, name, argument, value);
    return check_number(name, argument, value);
  }

  bool check_string(const std::string& name, const Value& argument, const std::string& text) const {
    const auto length = static_cast<double>(base::count_code_points(text));
    if (name == "minLength") return length >= number(argument);
    if (name == "maxLength") return length <= number(argument);
    if (name == "pattern") return matches(*argument.as_string(), text);
    return other(name);
  }

  bool check_number(const std::string& name, const Value& argument, const Value& value) const {
    const auto given = value.as_double();
    if (name == "minimum") return !given || *given >= number(argument);
    if (name == "maximum") return !given || *given <= number(argument);
    return other(name);
  }

  bool check_array(const std::string& name, const Value& argument, const Value& value) const {
    const auto elements = value.elements();
    const auto size = static_cast<double>(elements.size());
    if (name == "minItems") return size >= number(argument);
    if (name == "maxItems") return size <= number(argument);
    if (name == "items")
      return std::all_of(elements.begin(), elements.end(),
                         [&](const Value& each) { return holds(argument, each); });
    if (name != "uniqueItems") return other(name);
    std::set<std::string> seen;
    return std::all_of(elements.begin(), elements.end(),
                       [&](const Value& each) { return seen.insert(json::to_text(each)).second; });
  }

  bool check_object(const Value& schema, const std::string& name, const Value& argument,
                    const Value& value) const {
    const auto members = value.members();
    const auto size = static_cast<double>(members.size());
    const auto all = [&](const auto& fits) {
      return std::all_of(members.begin(), members.end(), fits);
    };
    if (name == "minProperties") return size >= number(argument);
    if (name == "maxProperties") return size <= number(argument);
    if (name == "required")
      return count(argument,
                   [&](const Value& key) { return value.find(*key.as_string()) == nullptr; }) == 0;
    if (name == "properties")
      return all([&](const json::Member& member) {
        const Value* inside = argument.find(member.key);
        return inside == nullptr || holds(*inside, member.value);
      });
    if (name == "propertyNames")
      return all([&](const json::Member& member) {
        return holds(argument, Value::string({}, member.key));
      });
    if (name == "additionalProperties") {
      const Value* named = schema.find("properties");
      return all([&](const json::Member& member) {
        return (named != nullptr && named->find(member.key) != nullptr) ||
               holds(argument, member.value);
      });
    }
    if (name != "dependentRequired") return other(name);
    return std::all_of(argument.members().begin(), argument.members().end(),
                       [&](const json::Member& rule) {
                         return value.find(rule.key) == nullptr ||
                                count(rule.value, [&](const Value& key) {
                                  return value.find(*key.as_string()) == nullptr;
                                }) == 0;
                       });
  }

  // Keywords of other kinds of values hold; unknown ones are a mistake in the schema.
  static bool other(const std::string& name) {
    static const std::set<std::string> kKnown{
        "minLength",        "maxLength",     "pattern",       "minimum",     "maximum",
        "minItems",         "maxItems",      "items",         "uniqueItems", "minProperties",
        "required",         "maxProperties", "propertyNames", "properties",  "additionalProperties",
        "dependentRequired"};
    if (!kKnown.contains(name)) throw std::runtime_error("unknown keyword " + name);
    return true;
  }

  const Value& target(const std::string& reference) const {
    const Value* found = json::find_pointer(root_, reference.substr(1));
    if (found == nullptr) throw std::runtime_error("nothing at " + reference);
    return *found;
  }

  static bool is_type(const Value& value, const std::string& type) {
    using json::Kind;
    static const std::map<std::string, std::set<Kind>> kKinds{
        {"null", {Kind::null}},
        {"boolean", {Kind::boolean}},
        {"integer", {Kind::integer}},
        {"string", {Kind::string}},
        {"array", {Kind::array}},
        {"object", {Kind::object}},
        {"number", {Kind::integer, Kind::real}}};
    return kKinds.at(type).contains(value.kind());
  }

  static bool equal(const Value& a, const Value& b) { return json::to_text(a) == json::to_text(b); }
  static double number(const Value& value) { return value.as_double().value(); }

  template <class Fits>
  static std::size_t count(const Value& list, Fits&& fits) {
    return static_cast<std::size_t>(
        std::count_if(list.elements().begin(), list.elements().end(), fits));
  }
  std::size_t matching(const Value& schemas, const Value& value) const {
    return count(schemas, [&](const Value& schema) { return holds(schema, value); });
  }

  // Remembered: std::regex is slow. Its recursion is as deep as the text is long.
  bool matches(const std::string& pattern, const std::string& text) const {
    if (text.size() >= 20'000) return false;
    Pattern& known = patterns_[pattern];
    if (!known.regex) known.regex.emplace(pattern);
    const auto [at, fresh] = known.results.emplace(text, false);
    if (fresh) at->second = std::regex_search(text, *known.regex);
    return at->second;
  }

  struct Pattern {
    std::optional<std::regex> regex;
    std::map<std::string, bool> results;
  };

  const Value root_;
  mutable std::map<std::string, Pattern> patterns_;
};

}  // namespace leat::support
