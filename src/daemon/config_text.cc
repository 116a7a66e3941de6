// The configuration as people and the API see it.

#include <algorithm>

#include "base/text.h"
#include "daemon/config.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::daemon {
namespace {

bool looks_secret(std::string_view name) {
  for (const std::string_view part :
       {"password", "secret", "token", "jaas", "key.pem", "certificate.pem"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

// References are printed as they are written; literal secrets are not printed.
json::Value shown(const Effective& held) {
  if (held.setting->type != SettingType::properties) return held.value;
  std::vector<json::Member> members;
  for (const json::Member& member : held.value.members()) {
    const std::string* text = member.value.as_string();
    const bool hide =
        looks_secret(member.key) && (text == nullptr || !Reference{*text}.is_reference());
    members.push_back({member.key, {}, hide ? json::Value::string({}, "***") : member.value});
  }
  return json::Value::object({}, std::move(members));
}

std::string_view origin_name(Origin origin) {
  switch (origin) {
    case Origin::fallback: return "default";
    case Origin::file: return "file";
    case Origin::environment: return "env";
    case Origin::flag: return "flag";
  }
  return {};
}

// Puts `value` at a dotted key; the name of a profile is one part, dots and all.
void insert(std::vector<json::Member>& members, const std::vector<std::string>& parts,
            std::size_t at, json::Value value) {
  if (at + 1 == parts.size()) {
    members.push_back({parts[at], {}, std::move(value)});
    return;
  }
  auto found = std::find_if(members.begin(), members.end(),
                            [&](const json::Member& m) { return m.key == parts[at]; });
  std::vector<json::Member> inner;
  if (found != members.end())
    inner.assign(found->value.members().begin(), found->value.members().end());
  insert(inner, parts, at + 1, std::move(value));
  json::Value group = json::Value::object({}, std::move(inner));
  if (found != members.end())
    found->value = std::move(group);
  else
    members.push_back({parts[at], {}, std::move(group)});
}

std::vector<std::string> parts_of(const Effective& held) {
  std::vector<std::string> parts;
  std::string_view pattern = held.setting->key;
  std::string_view key = held.key;
  while (!pattern.empty()) {
    const std::string_view part = pattern.substr(0, pattern.find('.'));
    const std::string_view after = pattern.substr(std::min(pattern.size(), part.size() + 1));
    const std::size_t length =
        part != "*" ? part.size() : key.size() - (after.empty() ? 0 : after.size() + 1);
    parts.emplace_back(key.substr(0, length));
    key.remove_prefix(std::min(key.size(), length + 1));
    pattern = after;
  }
  return parts;
}

const Effective* find(const ConfigResult& result, std::string_view key) {
  for (const Effective& held : result.effective) {
    if (held.key == key) return &held;
  }
  return nullptr;
}

}  // namespace

std::string ConfigProblem::to_line() const {
  std::string line;
  base::append_printable(line, (where.empty() ? std::string() : where + ": ") + message);
  line += " [" + code + "]";
  for (std::size_t i = 0; i < did_you_mean.size(); ++i)
    line += (i == 0 ? "; did you mean `" : ", `") + did_you_mean[i] + "`";
  return did_you_mean.empty() ? line : line + "?";
}

std::string print_config(const ConfigResult& result) {
  std::vector<json::Member> members;
  for (const Effective& held : result.effective) insert(members, parts_of(held), 0, shown(held));
  return json::pretty(json::Value::object({}, std::move(members))) + "\n";
}

std::string print_origins(const ConfigResult& result) {
  std::size_t width = 0;
  for (const Effective& held : result.effective) width = std::max(width, held.key.size());
  std::string out;
  for (const Effective& held : result.effective) {
    out += held.key + std::string(width - held.key.size() + 2, ' ') + json::to_text(shown(held)) +
           "  ";
    out += origin_name(held.origin);
    const bool placed = held.origin == Origin::file || held.origin == Origin::environment;
    out += (placed ? ":" + held.where : std::string()) + "\n";
  }
  return out;
}

std::string config_items_json(const ConfigResult& result,
                              const std::vector<std::string>& pending_restart) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  for (const Effective& held : result.effective) {
    writer.begin_object().member("key", held.key).key("value").value(shown(held));
    writer.member("origin", std::string(origin_name(held.origin)));
    if (held.where.empty())
      writer.member_null("where");
    else
      writer.member("where", held.where);
    writer.member("reload", held.setting->reload == Reload::live ? "live" : "restart");
    const json::Parsed fallback = json::parse(held.setting->fallback);
    if (fallback.ok()) writer.key("default").value(fallback.root());
    writer.end_object();
  }
  writer.end_array().key("pending_restart").begin_array();
  for (const std::string& key : pending_restart) writer.value(key);
  return writer.end_array().end_object().take();
}

ConfigChanges compare(const ConfigResult& before, const ConfigResult& after) {
  ConfigChanges changes;
  const auto note = [&](const Effective& held) {
    (held.setting->reload == Reload::live ? changes.live : changes.restart).push_back(held.key);
  };
  for (const Effective& held : after.effective) {
    const Effective* old = find(before, held.key);
    if (old == nullptr || json::to_text(old->value) != json::to_text(held.value)) note(held);
  }
  for (const Effective& held : before.effective) {
    if (find(after, held.key) == nullptr) note(held);
  }
  return changes;
}

}  // namespace leat::daemon
