#include "daemon/layers.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "json/parse.h"

namespace leat::daemon {
namespace {

using T = SettingType;

// `LEAT_HTTP__CONNECTIONS_MAX` → "http.connections_max", `LEAT__WORKERS` → "workers"; nothing for
// other variables.
std::optional<std::string> key_of_variable(std::string_view name) {
  constexpr std::string_view kPrefix = "LEAT_";
  if (!name.starts_with(kPrefix) || name.find("__") == std::string_view::npos) return std::nullopt;
  std::string_view rest = name.substr(kPrefix.size());
  std::string key;
  if (rest.starts_with('_')) {
    rest.remove_prefix(1);
    if (rest.find("__") != std::string_view::npos)
      return std::string(rest);  // no such form: unknown
  }
  while (!rest.empty()) {
    if (rest.starts_with("__")) {
      key += '.';
      rest.remove_prefix(2);
      continue;
    }
    const char c = rest.front();
    key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    rest.remove_prefix(1);
  }
  return key;
}

bool all_strings(const json::Value& value) {
  return value.is_array() &&
         std::all_of(value.elements().begin(), value.elements().end(),
                     [](const json::Value& e) { return e.is_string() && !e.as_string()->empty(); });
}

bool is_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t blank = words.find(' ');
    if (words.substr(0, blank) == word) return true;
    words = blank == std::string_view::npos ? std::string_view() : words.substr(blank + 1);
  }
  return false;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '.' || text.front() == '_' ||
      text.front() == '-')
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

bool within(const Setting& setting, double number) {
  return number >= setting.low && (setting.high == 0 || number <= setting.high);
}

bool is_integer(const Setting& setting, const json::Value& value) {
  const auto number = value.as_integer();
  return number.has_value() && within(setting, static_cast<double>(*number));
}

bool is_duration(const Setting& setting, std::string_view text) {
  std::int64_t ns = 0;
  return base::parse_duration_ns(text, ns) && within(setting, static_cast<double>(ns));
}

bool is_size(const Setting& setting, std::string_view text) {
  std::uint64_t bytes = 0;
  return base::parse_size_bytes(text, bytes) && within(setting, static_cast<double>(bytes));
}

bool is_octal(std::string_view text) {
  return text.size() >= 3 && text.size() <= 4 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

bool is_role(const json::Value* value) {
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text != nullptr && is_word("viewer operator admin", *text);
}

bool fits_object(const Setting& setting, const json::Value& value) {
  if (!value.is_object()) return false;
  return std::all_of(
      value.members().begin(), value.members().end(), [&](const json::Member& member) {
        if (setting.type == T::peers) return is_role(&member.value);
        if (setting.type == T::levels)
          return member.value.is_string() && is_word(setting.words, *member.value.as_string());
        return !member.value.is_null() && !member.value.is_array() && !member.value.is_object();
      });
}

std::optional<std::string> check_tokens(const json::Value& value) {
  const std::string shape = "must be a list of { \"name\", \"role\", \"token\" }";
  if (!value.is_array()) return shape;
  for (const json::Value& entry : value.elements()) {
    for (const json::Member& member : entry.members()) {
      if (member.key == "sha256")
        return "`sha256` is not available yet: give `token` as a reference";
      if (member.key != "name" && member.key != "role" && member.key != "token")
        return shape + "; not `" + member.key + "`";
    }
    const json::Value* name = entry.find("name");
    const json::Value* token = entry.find("token");
    if (name == nullptr || !name->is_string() || !is_name(*name->as_string())) return shape;
    if (!is_role(entry.find("role"))) return "role must be `viewer`, `operator` or `admin`";
    if (token == nullptr || !token->is_string()) return shape;
    if (!Reference{*token->as_string()}.is_reference()) {
      return "a token is given as a reference: `${file:…}` or `${env:…}`";
    }
  }
  return std::nullopt;
}

bool fits_text(const Setting& setting, std::string_view text) {
  switch (setting.type) {
    case T::name: return is_name(text);
    case T::text:
    case T::path:
    case T::path_or_null: return !text.empty() && text.find('\0') == std::string_view::npos;
    case T::duration: return is_duration(setting, text);
    case T::size: return is_size(setting, text);
    case T::size_or_auto: return text == "auto" || is_size(setting, text);
    case T::integer_or_auto: return text == "auto";
    case T::choice:
    case T::start: return is_word(setting.words, text);
    case T::octal: return is_octal(text);
    case T::brokers: return !text.empty();
    default: return false;
  }
}

bool fits(const Setting& setting, const json::Value& value) {
  if (const std::string* written = value.as_string()) {
    const Result<std::string> text = Reference{*written}.resolve();
    return text.ok() && fits_text(setting, *text);
  }
  switch (setting.type) {
    case T::flag: return value.as_bool().has_value();
    case T::integer:
    case T::integer_or_auto: return is_integer(setting, value);
    case T::integer_or_null: return value.is_null() || is_integer(setting, value);
    case T::path_or_null: return value.is_null();
    case T::texts:
    case T::listeners: return all_strings(value);
    case T::texts_or_null: return value.is_null() || all_strings(value);
    case T::brokers: return all_strings(value) && !value.elements().empty();
    case T::properties:
    case T::levels:
    case T::peers: return fits_object(setting, value);
    case T::any: return true;
    default: return false;
  }
}

std::string place_text(const std::string& file, json::Place place) {
  return file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace

std::optional<std::string> check_value(const Setting& setting, const json::Value& value) {
  if (setting.type == T::tokens) return check_tokens(value);
  if (const std::string* text = value.as_string()) {
    const Result<std::string> resolved = Reference{*text}.resolve();
    if (!resolved.ok()) return resolved.status().to_string();
    if (is_word(setting.later_words, *resolved)) return "`" + *resolved + "` is not available yet";
  }
  if (fits(setting, value)) return std::nullopt;
  return "must be " + description_of(setting);
}

void Layers::read_file(const std::string& path) {
  const Result<std::string> text = base::read_file(path, ConfigInput::kFileBytesMax);
  if (!text.ok()) {
    problems_.push_back({path, "UNREADABLE", text.status().message(), {}});
    return;
  }
  read_text(path, *text);
}

void Layers::read_text(const std::string& name, std::string_view text) {
  json::ParseOptions options;
  options.bytes_max = ConfigInput::kFileBytesMax;
  const json::Parsed parsed = json::parse(text, options);
  for (const json::Problem& problem : parsed.problems()) {
    problems_.push_back({place_text(name, problem.place), problem.code, problem.message, {}});
  }
  if (!parsed.ok()) return;
  if (!parsed.root().is_object()) {
    problems_.push_back({place_text(name, parsed.root().place()),
                         "INVALID_VALUE",
                         "the configuration must be one object",
                         {}});
    return;
  }
  walk(name, "", parsed.root());
}

void Layers::walk(const std::string& file, const std::string& prefix, const json::Value& object) {
  for (const json::Member& member : object.members()) {
    const std::string key = prefix + member.key;
    const std::string place = place_text(file, member.key_place);
    if (find_setting(key) != nullptr) {
      put(key, member.value, Origin::file, file + ":" + std::to_string(member.key_place.line),
          place);
    } else if (!is_group(key) && !holds_names(prefix)) {
      unknown(key, place);
    } else if (!member.value.is_object()) {
      problems_.push_back({place, "INVALID_VALUE", "`" + key + "` must be an object", {}});
    } else {
      walk(file, key + ".", member.value);
    }
  }
}

void Layers::read_environment(const std::vector<std::pair<std::string, std::string>>& environment) {
  for (const auto& [name, text] : environment) {
    const std::optional<std::string> key = key_of_variable(name);
    if (key) read_pair(*key, text, Origin::environment, name);
  }
}

void Layers::read_set(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    problems_.push_back(
        {"--set", "INVALID_VALUE", "`" + std::string(assignment) + "` is not key=value", {}});
    return;
  }
  read_pair(std::string(assignment.substr(0, equals)), assignment.substr(equals + 1), Origin::flag,
            "--set");
}

void Layers::read_flag(const std::string& key, std::string_view json) {
  read_pair(key, json, Origin::flag, "");
}

// The value is JSON, or, when it is none, the text itself.
void Layers::read_pair(std::string key, std::string_view text, Origin origin,
                       const std::string& where) {
  json::ParseOptions options;
  options.comments = false;
  const json::Parsed parsed = json::parse(text, options);
  if (parsed.ok()) {
    put(std::move(key), parsed.root(), origin, where, where);
  } else if (parsed.malformed()) {
    put(std::move(key), json::Value::string({}, std::string(text)), origin, where, where);
  } else {
    problems_.push_back(
        {where, parsed.problems().front().code, parsed.problems().front().message, {}});
  }
}

void Layers::put(std::string key, const json::Value& value, Origin origin, std::string where,
                 const std::string& place) {
  const Setting* setting = find_setting(key);
  if (setting == nullptr) return unknown(key, place);
  if (setting->availability == Availability::later) {
    problems_.push_back({place, "NOT_AVAILABLE_YET", "`" + key + "` is not available yet", {}});
    return;
  }
  if (const auto wrong = check_value(*setting, value)) {
    const bool later = wrong->find("not available yet") != std::string::npos;
    problems_.push_back(
        {place, later ? "NOT_AVAILABLE_YET" : "INVALID_VALUE", "`" + key + "`: " + *wrong, {}});
    return;
  }
  std::erase_if(values_, [&](const Effective& held) { return held.key == key; });
  values_.push_back({setting, std::move(key), value, origin, std::move(where)});
}

void Layers::unknown(const std::string& key, const std::string& place) {
  if (is_group(key)) {
    problems_.push_back(
        {place, "INVALID_VALUE", "`" + key + "` is a group: set one of its keys", {}});
    return;
  }
  problems_.push_back(
      {place, "UNKNOWN_SETTING", "there is no setting `" + key + "`", suggestions_for(key)});
}

}  // namespace leat::daemon
