#include "spec/reading.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "json/write.h"
#include "spec/field_path.h"
#include "spec/glob.h"
#include "spec/names.h"
#include "spec/stop_if.h"
#include "spec/time.h"

namespace leat::spec {
namespace {

constexpr std::size_t kWarningsMax = 100;

bool contains_word(std::string_view words, std::string_view word) {
  const auto list = split_words(words);
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::string_view kEnv = "${env:";
constexpr std::string_view kFile = "${file:";

bool is_outside_value(const std::string* text) noexcept {
  return text != nullptr && (text->starts_with(kEnv) || text->starts_with(kFile)) &&
         text->ends_with('}');
}

bool is_variable_name(std::string_view text) noexcept {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

bool leaves_folder(std::string_view path) noexcept {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

bool in_folders(std::string_view path, const std::vector<std::string>& folders) noexcept {
  return std::any_of(folders.begin(), folders.end(), [path](std::string_view folder) {
    while (folder.ends_with('/')) folder.remove_suffix(1);
    return path.starts_with(folder) && path.size() > folder.size() + 1 &&
           path[folder.size()] == '/';
  });
}

// Why a reference may not be used; empty = it may.
std::string why_refused(std::string_view kind, std::string_view name, const Options& options) {
  if (kind == "env" ? !is_variable_name(name) : !name.starts_with('/') || leaves_folder(name))
    return kind == "env" ? " names no variable: letters, digits and `_`"
                         : " names no file: an absolute path without `..`";
  if (!options.outside) return {};
  const auto& names = options.outside->env;
  const bool allowed =
      kind == "env"
          ? std::any_of(names.begin(), names.end(),
                        [name](const std::string& glob) { return glob_matches(glob, name); })
          : in_folders(name, options.outside->folders);
  if (allowed) return {};
  return kind == "env" ? " is not allowed by `values.env` of the daemon's configuration"
                       : " is in none of the folders of `values.folders` of the daemon's "
                         "configuration";
}

std::string bound_text(Type type, double value) {
  const auto whole = static_cast<std::uint64_t>(value);
  if (type == Type::duration || type == Type::shift)
    return base::format_duration(static_cast<std::int64_t>(value));
  if (type == Type::size) {
    if (whole >= 1024 * 1024 * 1024) return std::to_string(whole / (1024 * 1024 * 1024)) + "GiB";
    if (whole >= 1024 * 1024) return std::to_string(whole / (1024 * 1024)) + "MiB";
    return std::to_string(whole) + "B";
  }
  std::string text;
  if (type == Type::number)
    json::append_double(text, value);
  else
    text = std::to_string(whole);
  return text;
}

double upper_bound(const Field& field, const Options& options) noexcept {
  switch (field.limit) {
    case Limit::parallelism: return options.parallelism_max;
    case Limit::steps: return static_cast<double>(options.steps_max);
    case Limit::topics: return static_cast<double>(options.topics_max);
    case Limit::window: return static_cast<double>(options.window_max.count());
    case Limit::none: break;
  }
  return field.high;
}

// What the configuration calls a bound; empty = it is none of its own.
std::string_view name_of(Limit limit) noexcept {
  switch (limit) {
    case Limit::parallelism: return "limits.parallelism";
    case Limit::steps: return "steps_max";
    case Limit::topics: return "topics_max";
    case Limit::window: return "limits.window";
    case Limit::none: break;
  }
  return {};
}

bool out_of_range(Findings& findings, const Field& field, const Spot& spot) {
  const std::string_view limit = name_of(field.limit);
  findings.error("OUT_OF_RANGE", spot,
                 "`" + std::string(field.key) + "` must be between " +
                     bound_text(field.type, field.low) + " and " +
                     bound_text(field.type, upper_bound(field, findings.options())) +
                     (limit.empty() ? "" : " (`" + std::string(limit) + "`)"));
  return false;
}

// A list that is too long is read all the same, where that ends soon: its other mistakes are told
// too.
bool check_length(Findings& findings, const Field& field, const Spot& spot) {
  constexpr std::size_t kReadMax = 1024;
  const std::size_t length = spot.value.elements().size();
  const double high = upper_bound(field, findings.options());
  if (high == 0 || static_cast<double>(length) <= high) return true;
  const std::string_view limit = name_of(field.limit);
  findings.error("OUT_OF_RANGE", spot,
                 "`" + std::string(field.key) + "` has " + std::to_string(length) + "; at most " +
                     bound_text(Type::integer, high) + " are taken" +
                     (limit.empty() ? "" : " (`" + std::string(limit) + "`)"));
  return length <= kReadMax;
}

bool check_bounds(Findings& findings, const Field& field, const Spot& spot, double value) {
  const double high = upper_bound(field, findings.options());
  return high == 0 || (value >= field.low && value <= high) || out_of_range(findings, field, spot);
}

bool check_text(Findings& findings, const Field& field, const Spot& spot) {
  const std::string& text = findings.text(spot.value);
  const std::string key = "`" + std::string(field.key) + "`";
  if (field.type == Type::text && text.empty()) {
    findings.error("OUT_OF_RANGE", spot, key + " must not be empty");
    return false;
  }
  if (field.high > 0 && static_cast<double>(text.size()) > field.high) {
    findings.error("OUT_OF_RANGE", spot,
                   key + " has " + std::to_string(text.size()) + " bytes; at most " +
                       bound_text(Type::integer, field.high) + " are taken");
    return false;
  }
  if (field.type == Type::text && has_control_characters(text)) {
    findings.error("BAD_VALUE", spot, key + " has control characters");
    return false;
  }
  return true;
}

bool check_letter(Findings& findings, const Spot& spot) {
  const std::string& text = *spot.value.as_string();
  if (text.size() == 1 && (text[0] == '\t' || (text[0] >= ' ' && text[0] <= '~')) && text[0] != '"')
    return true;
  findings.error("BAD_VALUE", spot,
                 quoted(text) + " is not one ASCII character other than a quote or a line end");
  return false;
}

bool check_true(Findings& findings, const Field& field, const Spot& spot) {
  if (*spot.value.as_bool()) return true;
  findings.error("BAD_VALUE", spot, "`" + std::string(field.key) + "` can only be true");
  return false;
}

bool check_time(Findings& findings, const Spot& spot) {
  const std::string& text = *spot.value.as_string();
  if (parse_rfc3339(text)) return true;
  findings.error("BAD_VALUE", spot,
                 quoted(text) + " is not a time; write \"2026-01-01T00:00:00Z\"");
  return false;
}

bool check_time_format(Findings& findings, const Field& field, const Spot& spot) {
  if (!check_text(findings, field, spot)) return false;
  const std::string& text = *spot.value.as_string();
  if (contains_word("s ms us ns", text) || text.find('%') != std::string::npos) return true;
  findings.error("BAD_VALUE", spot,
                 quoted(text) +
                     " is none of \"s\", \"ms\", \"us\", \"ns\", and no strptime pattern such as "
                     "\"%Y-%m-%d %H:%M:%S\"");
  return false;
}

bool is_zone(std::string_view text) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.starts_with('+') || text.starts_with('-'))
    return text.size() == 6 && is_digit(text[1]) && is_digit(text[2]) && text[3] == ':' &&
           is_digit(text[4]) && is_digit(text[5]);
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

bool check_zone(Findings& findings, const Spot& spot) {
  if (is_zone(*spot.value.as_string())) return true;
  findings.error("BAD_VALUE", spot,
                 quoted(*spot.value.as_string()) +
                     " is no time zone; write a name such as \"Europe/Berlin\", or \"+01:00\"");
  return false;
}

bool check_topic_pattern(Findings& findings, const Field& field, const Spot& spot) {
  if (!check_text(findings, field, spot)) return false;
  const std::string& text = *spot.value.as_string();
  if (text.empty())
    findings.error("OUT_OF_RANGE", spot, "`pattern` must not be empty");
  else if (has_control_characters(text) || !text.starts_with('^') || !text.ends_with('$'))
    findings.error("BAD_VALUE", spot,
                   "a pattern begins with `^` and ends with `$`: it is matched against whole "
                   "names");
  else
    return true;
  return false;
}

bool check_stop_if(Findings& findings, const Spot& spot) {
  const Result<StopIfSpec> condition = parse_stop_if(*spot.value.as_string());
  if (condition.ok()) return true;
  findings.error("BAD_VALUE", spot, condition.status().message());
  return false;
}

// A duration but for the number in it, which no 64 bits hold.
bool is_too_long(std::string_view text) noexcept {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  return digits > 4 && contains_word("ns us ms s m h d", text.substr(digits));
}

bool check_quantity(Findings& findings, const Field& field, const Spot& spot) {
  const std::string& text = *spot.value.as_string();
  if (field.type == Type::duration || field.type == Type::shift) {
    const bool back = field.type == Type::shift && text.starts_with('-');
    const std::string_view length = std::string_view(text).substr(back ? 1 : 0);
    std::int64_t ns = 0;
    if (base::parse_duration_ns(length, ns))
      return check_bounds(findings, field, spot, static_cast<double>(ns));
    if (field.limit == Limit::window && is_too_long(length))
      return out_of_range(findings, field, spot);
    findings.error("BAD_VALUE", spot,
                   quoted(text) + " is not a duration; write \"250ms\", \"10s\", \"1h30m\"");
    return false;
  }
  std::uint64_t bytes = 0;
  if (base::parse_size_bytes(text, bytes))
    return check_bounds(findings, field, spot, static_cast<double>(bytes));
  findings.error("BAD_VALUE", spot, quoted(text) + " is not a size; write \"512KiB\", \"64MiB\"");
  return false;
}

// A format as an object.
std::string with_settings(std::string_view format) {
  return "{\"" + std::string(format) + "\": {\"fields\": […]}}";
}

bool check_choice(Findings& findings, const Field& field, const Spot& spot,
                  const std::string& word) {
  if (contains_word(field.words, word)) return true;
  if (contains_word(field.later_words, word)) {
    findings.not_yet(spot.pointer, spot.value.place(), word);
    return false;
  }
  auto known = split_words(field.words);
  std::string list;
  for (const std::string_view choice : known)
    list += (list.empty() ? "`" : ", `") + std::string(choice) + "`";
  // What needs settings has no bare name.
  for (const Field& object : fields_of(field.of)) {
    if (object.need == Need::later || contains_word(field.words, object.key)) continue;
    list += ", " + with_settings(object.key);
    known.push_back(object.key);
  }
  findings.error("UNKNOWN_VALUE", spot, quoted(word) + " is not one of " + list,
                 base::nearest(word, known));
  return false;
}

bool check_choices(Findings& findings, const Field& field, const Spot& spot) {
  const auto words = spot.value.elements();
  if (words.empty()) findings.error("OUT_OF_RANGE", spot, "at least one word must stand here");
  bool fine = !words.empty();
  for (std::size_t i = 0; i < words.size() && !findings.full(); ++i) {
    const Spot at = spot.at(i);
    const std::string* word = at.value.as_string();
    if (word == nullptr) {
      findings.error("WRONG_TYPE", at,
                     "a word is a string, not " + std::string(json::kind_name(at.value.kind())));
      fine = false;
    } else if (!check_choice(findings, field, at, *word)) {
      fine = false;
    } else if (std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i),
                           [word](const json::Value& other) {
                             return other.is_string() && *other.as_string() == *word;
                           })) {
      findings.error("BAD_VALUE", at, quoted(*word) + " is listed twice");
      fine = false;
    }
  }
  return fine;
}

// A format that needs settings is named by its object only.
bool check_format(Findings& findings, const Field& field, const Spot& spot) {
  if (spot.value.is_object()) return true;
  const std::string& word = *spot.value.as_string();
  const Field* object = find_field(field.of, word);
  if (object == nullptr || object->need == Need::later || contains_word(field.words, word))
    return check_choice(findings, field, spot, word);
  findings.error("MISSING_FIELD", spot,
                 quoted(word) + " needs settings: write " + with_settings(word));
  return false;
}

bool check_name(Findings& findings, const Field& field, const Spot& spot) {
  const std::string& text = *spot.value.as_string();
  if (field.type == Type::id ? is_id(text) : is_pipeline_name(text)) return true;
  findings.error(
      "BAD_NAME", spot,
      quoted(text) +
          (field.type == Type::id
               ? " is no id: a letter or `_`, then letters, digits, `_`, `-`; at most 63 characters"
               : " is no name: lower-case letters, digits, `.`, `_`, `-`; the first a letter or "
                 "digit; "
                 "at most 63 characters"));
  return false;
}

// An integer that int64 does not hold is an integer all the same: its range is wrong, not its type.
bool is_huge_integer(const json::Value& value) noexcept {
  return value.kind() == json::Kind::real &&
         value.number_token().find_first_of(".eE") == std::string_view::npos;
}

bool check_kind(Findings& findings, const Field& field, const Spot& spot) {
  if (accepts(field.type, spot.value.kind())) return true;
  findings.error("WRONG_TYPE", spot,
                 "`" + std::string(field.key) + "` must be " +
                     std::string(description_of(field.type)) + ", not " +
                     std::string(json::kind_name(spot.value.kind())));
  return false;
}

// What the type says about a value of the right kind.
bool check_form(Findings& findings, const Field& field, const Spot& spot) {
  switch (field.type) {
    case Type::text:
    case Type::prose: return check_text(findings, field, spot);
    case Type::letter: return check_letter(findings, spot);
    case Type::pipeline_name:
    case Type::id: return check_name(findings, field, spot);
    case Type::only_true: return check_true(findings, field, spot);
    case Type::integer:
    case Type::number: return check_bounds(findings, field, spot, *spot.value.as_double());
    case Type::duration:
    case Type::shift:
    case Type::size: return check_quantity(findings, field, spot);
    case Type::time: return check_time(findings, spot);
    case Type::time_format: return check_time_format(findings, field, spot);
    case Type::zone: return check_zone(findings, spot);
    case Type::topic_pattern: return check_topic_pattern(findings, field, spot);
    case Type::choice: return check_choice(findings, field, spot, *spot.value.as_string());
    case Type::choices: return check_choices(findings, field, spot);
    case Type::format: return check_format(findings, field, spot);
    case Type::expression: return check_expression(findings, spot);
    case Type::topic: return check_topic_name(findings, spot);
    case Type::topic_or_expression:
      return spot.value.is_object() || check_topic_name(findings, spot);
    case Type::stop_if: return check_stop_if(findings, spot);
    case Type::list: return check_length(findings, field, spot);
    default: return true;
  }
}

// A value from outside is whole: a piece of it in a text would be taken as it stands.
bool check_whole(Findings& findings, const Spot& spot) {
  const std::string* text = spot.value.as_string();
  if (text == nullptr || is_outside_value(text)) return true;
  if (text->starts_with("${") && text->ends_with('}')) {
    findings.error(
        "OUTSIDE_VALUE_REFUSED", spot,
        quoted(*text) + " is no value from outside: those are `${env:NAME}` and `${file:/path}`");
    return false;
  }
  const bool begins = text->starts_with(kEnv) || text->starts_with(kFile);
  const bool holds =
      text->find(kEnv) != std::string::npos || text->find(kFile) != std::string::npos;
  if (!holds) return true;
  const bool closed = !begins || text->find('}') != std::string::npos;
  findings.error("BAD_VALUE", spot,
                 closed ? "a value from outside stands alone, not inside a text"
                        : "the `}` is missing at the end of the value from outside");
  return false;
}

bool check_value(Findings& findings, const Field& field, const Spot& spot) {
  if (is_outside_value(spot.value.as_string()) && findings.taken(spot.value)) {
    if (!field.outside || !accepts(field.type, json::Kind::string)) return false;
    if (!findings.claim(spot)) return false;
    if (findings.unread(spot.value)) return true;
  }
  if (field.type == Type::integer && is_huge_integer(spot.value))
    return check_bounds(findings, field, spot, *spot.value.as_double());
  if (field.outside && !check_whole(findings, spot)) return false;
  return check_kind(findings, field, spot) && check_form(findings, field, spot);
}

}  // namespace

void Findings::error_at(std::string_view code, std::string pointer, json::Place place,
                        std::string message, std::vector<std::string> did_you_mean) {
  if (++errors_ > ParseResult::kErrorsMax) return;
  found_.push_back({Severity::error, std::move(pointer), static_cast<int>(place.line),
                    static_cast<int>(place.column), std::nullopt, std::string(code),
                    std::move(message), std::move(did_you_mean)});
}

void Findings::warning(std::string_view code, const Spot& spot, std::string message) {
  if (found_.size() >= ParseResult::kErrorsMax + kWarningsMax) return;
  const json::Place place = spot.value.place();
  found_.push_back({Severity::warning,
                    spot.pointer,
                    static_cast<int>(place.line),
                    static_cast<int>(place.column),
                    std::nullopt,
                    std::string(code),
                    std::move(message),
                    {}});
}

void Findings::not_yet(const std::string& pointer, json::Place place, std::string_view what) {
  error_at("NOT_AVAILABLE_YET", pointer, place,
           quoted(what) + " is described but not available in this version");
}

void Findings::note_outside(const json::Value& value, std::string& pointer) {
  if (is_outside_value(value.as_string())) {
    outside_[&value].pointer = pointer;
    return;
  }
  const std::size_t outer = pointer.size();
  std::size_t index = 0;
  for (const json::Value& element : value.elements()) {
    json::append_to_pointer(pointer, std::to_string(index++));
    note_outside(element, pointer);
    pointer.resize(outer);
  }
  for (const json::Member& member : value.members()) {
    json::append_to_pointer(pointer, member.key);
    note_outside(member.value, pointer);
    pointer.resize(outer);
  }
}

void Findings::refuse_unclaimed() {
  for (auto& [value, outside] : outside_) {
    if (outside.judged) continue;
    outside.judged = true;
    error("OUTSIDE_VALUE_REFUSED", {*value, outside.pointer},
          "no value from outside can stand here; it can for topics, groups, profiles, paths, "
          "properties, and for the text of keys and headers");
  }
}

bool Findings::claim(const Spot& spot) {
  const auto found = outside_.find(&spot.value);
  if (found == outside_.end()) return check_whole(*this, spot);
  Outside& outside = found->second;
  if (!outside.judged) {
    outside.judged = true;
    outside.claimed = check_outside(spot, outside);
  }
  return outside.claimed;
}

bool Findings::check_outside(const Spot& spot, Outside& outside) {
  const std::string_view text = *spot.value.as_string();
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(2, colon - 2);
  const std::string_view name = text.substr(colon + 1, text.size() - colon - 2);
  if (const std::string why = why_refused(kind, name, options_); !why.empty()) {
    error("OUTSIDE_VALUE_REFUSED", spot, quoted(text) + why);
    return false;
  }
  if (!options_.outside)
    warning("OUTSIDE_VALUE_UNCHECKED", spot,
            "what stands for " + quoted(text) + " is read by the daemon, where `" +
                (kind == "env" ? "values.env" : "values.folders") +
                "` of its configuration allows it: neither is checked here");
  if (!options_.read_outside) return true;
  Result<std::string> value = options_.read_outside(kind, name);
  if (value.ok()) {
    outside.text = *std::move(value);
    return true;
  }
  error("OUTSIDE_VALUE_MISSING", spot, quoted(text) + ": " + value.status().message());
  return false;
}

bool Findings::taken(const json::Value& value) const {
  const auto found = outside_.find(&value);
  return found != outside_.end() && !found->second.claimed;
}

bool Findings::unread(const json::Value& value) const {
  const auto found = outside_.find(&value);
  return found != outside_.end() && !found->second.text;
}

const std::string& Findings::text(const json::Value& value) const {
  const auto found = outside_.find(&value);
  return found != outside_.end() && found->second.text ? *found->second.text : *value.as_string();
}

std::string Findings::shown(const json::Value& value) const {
  const std::string written = quoted(*value.as_string());
  return outside_.contains(&value) ? "the value of " + written : written;
}

std::vector<Diagnostic> Findings::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (errors_ > ParseResult::kErrorsMax)
    found_.push_back(
        {Severity::error,
         "",
         0,
         0,
         std::nullopt,
         "TOO_MANY_ERRORS",
         std::to_string(errors_ - ParseResult::kErrorsMax) + " further errors are not listed",
         {}});
  return std::move(found_);
}

ObjectReader::ObjectReader(Findings& findings, Spot spot, std::string_view object,
                           std::initializer_list<std::string_view> absent_ok)
    : findings_(findings), spot_(std::move(spot)), object_(object) {
  if (!spot_.value.is_object()) {
    if (!findings_.taken(spot_.value))
      findings_.error("WRONG_TYPE", spot_,
                      "must be an object, not " + std::string(json::kind_name(spot_.value.kind())));
    odd_ = true;
    return;
  }
  for (const json::Member& member : spot_.value.members()) read_member(member);
  for (const Field& field : fields_of(object)) {
    if (field.need != Need::required || has(field.key)) continue;
    if (std::find(absent_ok.begin(), absent_ok.end(), field.key) != absent_ok.end()) continue;
    findings_.error("MISSING_FIELD", spot_,
                    "`" + std::string(field.key) + "` is missing: " + std::string(field.doc));
  }
}

void ObjectReader::read_member(const json::Member& member) {
  if (findings_.full()) return;
  const Field* field = find_field(object_, member.key);
  if (field == nullptr) {
    odd_ = true;
    std::vector<std::string_view> known;
    for (const Field& each : fields_of(object_))
      if (each.need != Need::refused) known.push_back(each.key);
    std::vector<std::string> near = base::nearest(member.key, known);
    const std::string there_are = near.empty() ? listed(known) : "";
    findings_.error_at("UNKNOWN_FIELD", json::pointer_to(spot_.pointer, member.key),
                       member.key_place, quoted(member.key) + " is not known here" + there_are,
                       std::move(near));
  } else if (field->need == Need::later) {
    odd_ = true;
    findings_.not_yet(json::pointer_to(spot_.pointer, member.key), member.key_place, member.key);
  } else if (field->need == Need::refused) {
    odd_ = true;
    const auto instead = split_words(field->words);
    findings_.error_at("UNKNOWN_FIELD", json::pointer_to(spot_.pointer, member.key),
                       member.key_place,
                       "there is no `" + member.key + "`: " + std::string(field->doc),
                       {instead.begin(), instead.end()});
  } else if (get(field->key) == nullptr &&
             check_value(findings_, *field, spot_.at(member.key, member.value))) {
    passed_.emplace_back(field->key, &member.value);
  }
}

const json::Value* ObjectReader::get(std::string_view key) const noexcept {
  for (const auto& [name, value] : passed_)
    if (name == key) return value;
  return nullptr;
}

std::optional<Spot> ObjectReader::spot_of(std::string_view key) const {
  const json::Value* value = get(key);
  return value == nullptr ? std::nullopt : std::optional<Spot>(spot_.at(key, *value));
}

std::optional<std::string> ObjectReader::text(std::string_view key) const {
  const json::Value* value = get(key);
  return value == nullptr || !value->is_string() ? std::nullopt
                                                 : std::optional(findings_.text(*value));
}

std::optional<bool> ObjectReader::flag(std::string_view key) const {
  const json::Value* value = get(key);
  return value == nullptr ? std::nullopt : value->as_bool();
}

std::optional<std::uint64_t> ObjectReader::count(std::string_view key) const {
  const json::Value* value = get(key);
  return value == nullptr ? std::nullopt : value->as_integer<std::uint64_t>();
}

std::optional<double> ObjectReader::number(std::string_view key) const {
  const json::Value* value = get(key);
  return value == nullptr ? std::nullopt : value->as_double();
}

std::optional<Duration> ObjectReader::duration(std::string_view key) const {
  std::int64_t ns = 0;
  const auto written = text(key);
  if (!written) return std::nullopt;
  const bool back = written->starts_with('-');
  if (!base::parse_duration_ns(std::string_view(*written).substr(back ? 1 : 0), ns))
    return std::nullopt;
  return Duration(back ? -ns : ns);
}

std::optional<std::uint64_t> ObjectReader::size(std::string_view key) const {
  std::uint64_t bytes = 0;
  const auto written = text(key);
  return written && base::parse_size_bytes(*written, bytes) ? std::optional(bytes) : std::nullopt;
}

std::string_view ObjectReader::exactly_one(std::string_view what) const {
  std::string_view found;
  std::string present;
  std::string all;
  std::size_t count = 0;
  for (const Field& field : fields_of(object_)) {
    if (!field.alternative) continue;
    all += (all.empty() ? "`" : ", `") + std::string(field.key) + "`";
    if (!has(field.key)) continue;
    found = field.key;
    present += (count++ == 0 ? "`" : " and `") + std::string(field.key) + "`";
  }
  if (count > 1 || (count == 0 && !odd_))
    findings_.error("EXACTLY_ONE_OF", spot_,
                    std::string(what) + " has exactly one of " + all + "; here " +
                        (count > 1 ? "are " + present : "is none"));
  return count > 1 ? std::string_view() : found;
}

bool check_expression(Findings& findings, const Spot& spot, bool aggregates) {
  if (findings.taken(spot.value)) return false;
  const std::string* text = spot.value.as_string();
  if (text == nullptr) {
    findings.error(
        "WRONG_TYPE", spot,
        "an expression is a string, not " + std::string(json::kind_name(spot.value.kind())));
    return false;
  }
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    findings.error("OUT_OF_RANGE", spot,
                   "the expression is empty: write a value, as `true` or `amount`");
    return false;
  }
  if (text->size() <= findings.options().expression_length) {
    findings.saw({*text, spot.pointer, aggregates});
    return true;
  }
  findings.error("OUT_OF_RANGE", spot,
                 "the expression has " + std::to_string(text->size()) +
                     " bytes; `limits.expression_length` is " +
                     std::to_string(findings.options().expression_length));
  return false;
}

Expression expression_at(const Spot& spot) { return {*spot.value.as_string(), spot.pointer}; }

std::optional<Expression> read_expression_object(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "expression");
  const auto inner = reader.spot_of("expr");
  if (!inner) return std::nullopt;
  return expression_at(*inner);
}

std::optional<TextOrExpression> read_text_or_expression(Findings& findings, const Spot& spot) {
  if (spot.value.is_string()) {
    if (!findings.claim(spot)) return std::nullopt;
    return TextOrExpression(findings.text(spot.value));
  }
  if (spot.value.is_object()) {
    if (auto expression = read_expression_object(findings, spot))
      return TextOrExpression(*std::move(expression));
    return std::nullopt;
  }
  findings.error("WRONG_TYPE", spot,
                 "this must be a string, {\"expr\": \"…\"} or null, not " +
                     std::string(json::kind_name(spot.value.kind())));
  return std::nullopt;
}

bool check_topic_name(Findings& findings, const Spot& spot) {
  if (findings.unread(spot.value)) return true;
  const std::string& name = findings.text(spot.value);
  if (!is_topic_name(name)) {
    findings.error("BAD_NAME", spot,
                   findings.shown(spot.value) +
                       " is no name of a topic: letters, digits, `.`, `_`, `-`; at most 249");
  } else if (name.starts_with("__")) {
    findings.error("RESERVED_NAME", spot,
                   findings.shown(spot.value) + " is an internal topic of Kafka");
  } else {
    return true;
  }
  return false;
}

std::optional<FieldPath> read_field_path(Findings& findings, std::string_view text,
                                         const std::string& pointer, json::Place place) {
  Result<FieldPath> path = parse_field_path(text);
  if (path.ok()) return *std::move(path);
  findings.error_at("BAD_FIELD_PATH", pointer, place,
                    quoted(text) + ": " + path.status().message());
  return std::nullopt;
}

bool overlap(const FieldPath& a, const FieldPath& b) {
  return std::equal(
      a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
}

void warn_if_shadowed(Findings& findings, const Spot& spot, std::string_view name) {
  if (!is_reserved_word(name)) return;
  const std::string text(name);
  findings.warning("SHADOWED_FIELD", spot,
                   "expressions do not see a field by the name " + quoted(name) +
                       ", which is a word of theirs; they reach it as `this['" + text + "']`");
}

bool is_pipeline_name(std::string_view text) noexcept {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || text.size() > 63 || !is_alphanumeric(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  });
}

bool is_id(std::string_view text) noexcept {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || text.size() > 63 || !is_letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_topic_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > 249 || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool has_control_characters(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 64;
  std::string out = "`";
  if (text.size() <= kShown) {
    base::append_printable(out, text);
  } else {
    std::size_t end = kShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    base::append_printable(out, text.substr(0, end));
    out += "…";
  }
  return out + "`";
}

}  // namespace leat::spec
