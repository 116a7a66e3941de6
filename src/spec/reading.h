#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.h"
#include "spec/diagnostic.h"
#include "spec/fields.h"
#include "spec/parse.h"

// What the sections of the parser share: where problems go, and how one object is read by the table
// of fields. Inside of the room; thread-confined.
namespace leat::spec {

// A value and its pointer.
struct Spot {
  const json::Value& value;
  std::string pointer;

  Spot at(std::string_view key, const json::Value& child) const {
    return {child, json::pointer_to(pointer, key)};
  }
  Spot at(std::size_t index) const {
    return {value.elements()[index], json::pointer_to(pointer, index)};
  }
};

// Collects diagnostics. Errors beyond ParseResult::kErrorsMax are only counted.
class Findings {
 public:
  explicit Findings(const Options& options) : options_(options) {}
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  const Options& options() const noexcept { return options_; }

  void error(std::string_view code, const Spot& spot, std::string message,
             std::vector<std::string> did_you_mean = {}) {
    error_at(code, spot.pointer, spot.value.place(), std::move(message), std::move(did_you_mean));
  }
  void error_at(std::string_view code, std::string pointer, json::Place place, std::string message,
                std::vector<std::string> did_you_mean = {});
  void warning(std::string_view code, const Spot& spot, std::string message);
  // "`what` is described but not available yet".
  void not_yet(const std::string& pointer, json::Place place, std::string_view what);

  // Values from outside: whole-scalar `${env:…}` and `${file:…}`. note_outside() finds those beneath
  // `value`, whose pointer comes back unchanged; where one may stand, the reader of the place
  // claims it; refuse_unclaimed() reports all others.
  void note_outside(const json::Value& value, std::string& pointer);
  void refuse_unclaimed();
  // True unless the value is from outside and may not be used or cannot be read, which is reported.
  bool claim(const Spot& spot);
  // From outside, and not claimed: somebody complains about it anyway.
  bool taken(const json::Value& value) const;
  // From outside and not read here: nothing about its text can be checked.
  bool unread(const json::Value& value) const;
  // The text of a string; of a claimed value from outside what stands there, or the reference when
  // values are not read.
  const std::string& text(const json::Value& value) const;
  // The text for messages: never what stands outside.
  std::string shown(const json::Value& value) const;

  // An expression stands there.
  void saw(Expression expression) { expressions_.push_back(std::move(expression)); }
  std::vector<Expression> take_expressions() { return std::move(expressions_); }

  std::size_t errors() const noexcept { return errors_; }
  bool full() const noexcept { return errors_ >= ParseResult::kErrorsMax; }
  // All of them, in the order of the text.
  std::vector<Diagnostic> take();

 private:
  const Options& options_;
  struct Outside {
    std::string pointer;
    bool claimed = false;
    bool judged = false;
    std::optional<std::string> text;  // absent = not read
  };
  bool check_outside(const Spot& spot, Outside& outside);

  std::vector<Diagnostic> found_;
  std::map<const json::Value*, Outside> outside_;
  std::vector<Expression> expressions_;
  std::size_t errors_ = 0;
};

// One object of a definition. The constructor reports everything the table knows to be wrong with
// it: unknown keys and those to come, wrong types, values out of range, missing keys. The getters
// give what passed.
class ObjectReader {
 public:
  // `absent_ok`: required keys whose absence somebody else judges.
  ObjectReader(Findings& findings, Spot spot, std::string_view object,
               std::initializer_list<std::string_view> absent_ok = {});

  const Spot& spot() const noexcept { return spot_; }
  // The key stands there, right or wrong.
  bool has(std::string_view key) const noexcept { return spot_.value.find(key) != nullptr; }
  // The value of a key that passed; null otherwise.
  const json::Value* get(std::string_view key) const noexcept;
  std::optional<Spot> spot_of(std::string_view key) const;

  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::uint64_t> count(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<Duration> duration(std::string_view key) const;
  std::optional<std::uint64_t> size(std::string_view key) const;

  // Which one of the object's alternatives stands here. Reports EXACTLY_ONE_OF when there are
  // several, or none and nothing else explains that; the answer is empty then.
  std::string_view exactly_one(std::string_view what) const;

 private:
  void read_member(const json::Member& member);

  Findings& findings_;
  const Spot spot_;
  const std::string_view object_;
  std::vector<std::pair<std::string_view, const json::Value*>> passed_;
  bool odd_ = false;  // an unknown key, or one to come, stands here
};

// Reports what is wrong with an expression's text as a string; true when nothing is. `aggregates`:
// calls of aggregate functions may stand in it.
bool check_expression(Findings& findings, const Spot& spot, bool aggregates = false);
// The expression of a value that passed check_expression().
Expression expression_at(const Spot& spot);
// {"expr": "…"}
std::optional<Expression> read_expression_object(Findings& findings, const Spot& spot);
// A literal, or {"expr": "…"}. Requires: not null.
std::optional<TextOrExpression> read_text_or_expression(Findings& findings, const Spot& spot);
bool check_topic_name(Findings& findings, const Spot& spot);
std::optional<FieldPath> read_field_path(Findings& findings, std::string_view text,
                                         const std::string& pointer, json::Place place);
// One path is the other, or lies above it.
bool overlap(const FieldPath& a, const FieldPath& b);
// Warns of a field that expressions cannot name as it is.
void warn_if_shadowed(Findings& findings, const Spot& spot, std::string_view name);

// ^[a-z0-9][a-z0-9._-]{0,62}$
bool is_pipeline_name(std::string_view text) noexcept;
// ^[A-Za-z_][A-Za-z0-9_-]{0,62}$
bool is_id(std::string_view text) noexcept;
// What Kafka takes as the name of a topic.
bool is_topic_name(std::string_view text) noexcept;
bool has_control_characters(std::string_view text) noexcept;
// For messages: at most 64 code points of it, in backticks.
std::string quoted(std::string_view text);

}  // namespace leat::spec
