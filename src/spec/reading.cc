#include "spec/reading.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "json/write.h"

namespace leat::spec {
namespace {

constexpr std::size_t kWarningsMax = 100;

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    list.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return list;
}

bool contains_word(std::string_view words, std::string_view word) {
  const auto list = split_words(words);
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_outside_value(const std::string* text) noexcept {
  return text != nullptr && (text->starts_with("${env:") || text->starts_with("${file:")) &&
         text->ends_with('}');
}

std::string bound_text(Type type, double value) {
  const auto whole = static_cast<std::uint64_t>(value);
  if (type == Type::duration) return base::format_duration(static_cast<std::int64_t>(value));
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
    case Limit::none: break;
  }
  return field.high;
}

bool check_bounds(Findings& findings, const Field& field, const Spot& spot, double value) {
  const double high = upper_bound(field, findings.options());
  if (high == 0 || (value >= field.low && value <= high)) return true;
  findings.error("OUT_OF_RANGE", spot,
                 "`" + std::string(field.key) + "` must be between " +
                     bound_text(field.type, field.low) + " and " + bound_text(field.type, high));
  return false;
}

bool check_text(Findings& findings, const Field& field, const Spot& spot) {
  const std::string& text = *spot.value.as_string();
  if (field.type == Type::text && text.empty()) {
    findings.error("OUT_OF_RANGE", spot, "`" + std::string(field.key) + "` must not be empty");
    return false;
  }
  if (field.high > 0 && static_cast<double>(text.size()) > field.high) {
    findings.error("OUT_OF_RANGE", spot,
                   "`" + std::string(field.key) + "` has " + std::to_string(text.size()) +
                       " bytes; at most " + bound_text(Type::integer, field.high) + " are taken");
    return false;
  }
  if (field.type == Type::text && has_control_characters(text)) {
    findings.error("BAD_VALUE", spot, "`" + std::string(field.key) + "` has control characters");
    return false;
  }
  return true;
}

bool check_quantity(Findings& findings, const Field& field, const Spot& spot) {
  const std::string& text = *spot.value.as_string();
  if (field.type == Type::duration) {
    std::int64_t ns = 0;
    if (base::parse_duration_ns(text, ns))
      return check_bounds(findings, field, spot, static_cast<double>(ns));
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

bool check_choice(Findings& findings, const Field& field, const Spot& spot,
                  const std::string& word) {
  if (contains_word(field.words, word)) return true;
  if (contains_word(field.later_words, word)) {
    findings.not_yet(spot.pointer, spot.value.place(), word);
    return false;
  }
  const auto known = split_words(field.words);
  std::string list;
  for (const std::string_view choice : known)
    list += (list.empty() ? "`" : ", `") + std::string(choice) + "`";
  findings.error("UNKNOWN_VALUE", spot, quoted(word) + " is not one of " + list,
                 base::nearest(word, known));
  return false;
}

bool check_format(Findings& findings, const Field& field, const Spot& spot) {
  if (spot.value.is_string()) return check_choice(findings, field, spot, *spot.value.as_string());
  if (spot.value.members().size() == 1)
    return check_choice(findings, field, spot, spot.value.members()[0].key);
  findings.error("WRONG_TYPE", spot, "a format is a name, or an object with one key");
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

bool check_value(Findings& findings, const Field& field, const Spot& spot) {
  if (findings.taken(spot.value)) return false;
  if (field.type == Type::integer && is_huge_integer(spot.value))
    return check_bounds(findings, field, spot, *spot.value.as_double());
  if (!accepts(field.type, spot.value.kind())) {
    findings.error("WRONG_TYPE", spot,
                   "`" + std::string(field.key) + "` must be " +
                       std::string(description_of(field.type)) + ", not " +
                       std::string(json::kind_name(spot.value.kind())));
    return false;
  }
  switch (field.type) {
    case Type::text:
    case Type::prose: return check_text(findings, field, spot);
    case Type::pipeline_name:
    case Type::id: return check_name(findings, field, spot);
    case Type::integer:
    case Type::number: return check_bounds(findings, field, spot, *spot.value.as_double());
    case Type::duration:
    case Type::size: return check_quantity(findings, field, spot);
    case Type::choice: return check_choice(findings, field, spot, *spot.value.as_string());
    case Type::format: return check_format(findings, field, spot);
    case Type::expression: return check_expression(findings, spot);
    case Type::list:
      return check_bounds(findings, field, spot, static_cast<double>(spot.value.elements().size()));
    default: return true;
  }
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

void Findings::refuse_outside_values(const json::Value& value, std::string& pointer) {
  if (is_outside_value(value.as_string())) {
    taken_.insert(&value);
    const std::string& text = *value.as_string();
    return not_yet(pointer, value.place(), text.substr(0, text.find(':')) + ":…}");
  }
  const std::size_t outer = pointer.size();
  std::size_t index = 0;
  for (const json::Value& element : value.elements()) {
    json::append_to_pointer(pointer, std::to_string(index++));
    refuse_outside_values(element, pointer);
    pointer.resize(outer);
  }
  for (const json::Member& member : value.members()) {
    json::append_to_pointer(pointer, member.key);
    refuse_outside_values(member.value, pointer);
    pointer.resize(outer);
  }
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
    : findings_(findings), spot_(std::move(spot)) {
  if (!spot_.value.is_object()) {
    if (!findings_.taken(spot_.value))
      findings_.error("WRONG_TYPE", spot_,
                      "must be an object, not " + std::string(json::kind_name(spot_.value.kind())));
    odd_ = true;
    return;
  }
  for (const json::Member& member : spot_.value.members()) read_member(member, object);
  for (const Field& field : fields_of(object)) {
    if (field.need != Need::required || has(field.key)) continue;
    if (std::find(absent_ok.begin(), absent_ok.end(), field.key) != absent_ok.end()) continue;
    findings_.error("MISSING_FIELD", spot_,
                    "`" + std::string(field.key) + "` is missing: " + std::string(field.doc));
  }
}

void ObjectReader::read_member(const json::Member& member, std::string_view object) {
  if (findings_.full()) return;
  const Field* field = find_field(object, member.key);
  if (field == nullptr) {
    odd_ = true;
    std::vector<std::string_view> known;
    for (const Field& each : fields_of(object)) known.push_back(each.key);
    findings_.error_at("UNKNOWN_FIELD", json::pointer_to(spot_.pointer, member.key),
                       member.key_place, quoted(member.key) + " is not known here",
                       base::nearest(member.key, known));
  } else if (field->need == Need::later) {
    odd_ = true;
    findings_.not_yet(json::pointer_to(spot_.pointer, member.key), member.key_place, member.key);
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
                                                 : std::optional(*value->as_string());
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
  return written && base::parse_duration_ns(*written, ns) ? std::optional(Duration(ns))
                                                          : std::nullopt;
}

std::optional<std::uint64_t> ObjectReader::size(std::string_view key) const {
  std::uint64_t bytes = 0;
  const auto written = text(key);
  return written && base::parse_size_bytes(*written, bytes) ? std::optional(bytes) : std::nullopt;
}

std::string_view ObjectReader::exactly_one(std::string_view what,
                                           std::initializer_list<std::string_view> keys) const {
  std::string_view found;
  std::string present;
  std::string all;
  for (const std::string_view key : keys) {
    all += (all.empty() ? "`" : ", `") + std::string(key) + "`";
    if (!has(key)) continue;
    found = key;
    present += (present.empty() ? "`" : " and `") + std::string(key) + "`";
  }
  const bool several = present.find(' ') != std::string::npos;
  if (several || (found.empty() && !odd_))
    findings_.error("EXACTLY_ONE_OF", spot_,
                    std::string(what) + " has exactly one of " + all + "; here " +
                        (several ? "are " + present : "is none"));
  return several ? std::string_view() : found;
}

bool check_expression(Findings& findings, const Spot& spot) {
  if (findings.taken(spot.value)) return false;
  const std::string* text = spot.value.as_string();
  if (text == nullptr) {
    findings.error(
        "WRONG_TYPE", spot,
        "an expression is a string, not " + std::string(json::kind_name(spot.value.kind())));
    return false;
  }
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    findings.error("OUT_OF_RANGE", spot, "the expression is empty");
    return false;
  }
  if (text->size() <= findings.options().expression_length) {
    findings.saw({*text, spot.pointer});
    return true;
  }
  findings.error("OUT_OF_RANGE", spot,
                 "the expression has " + std::to_string(text->size()) +
                     " bytes; `limits.expression_length` is " +
                     std::to_string(findings.options().expression_length));
  return false;
}

std::optional<Expression> read_expression_object(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "expression");
  const auto inner = reader.spot_of("expr");
  if (!inner) return std::nullopt;
  return Expression{*inner->value.as_string(), inner->pointer};
}

std::optional<TextOrExpression> read_text_or_expression(Findings& findings, const Spot& spot) {
  if (findings.taken(spot.value)) return std::nullopt;
  if (const std::string* literal = spot.value.as_string()) return TextOrExpression(*literal);
  if (spot.value.is_object()) {
    if (auto expression = read_expression_object(findings, spot))
      return TextOrExpression(*std::move(expression));
    return std::nullopt;
  }
  findings.error("WRONG_TYPE", spot,
                 "must be a string, {\"expr\": \"…\"} or null, not " +
                     std::string(json::kind_name(spot.value.kind())));
  return std::nullopt;
}

std::optional<Format> read_format(const ObjectReader& reader) {
  const json::Value* value = reader.get("format");
  if (value == nullptr) return std::nullopt;
  const std::string& name = value->is_string() ? *value->as_string() : value->members()[0].key;
  if (name == "string") return Format::string;
  return name == "bytes" ? Format::bytes : Format::json;
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
