// plugin: libraries with functions for expressions.

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/plugins_folder.h"
#include "crypto/digest.h"
#include "json/write.h"
#include "plugin/inspect.h"

namespace leat::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPushTimeout = 60s;
constexpr std::size_t kLibraryBytesMax = std::size_t{1} << 30;
constexpr std::size_t kSignatureBytesMax = 1024;

// Base64 (RFC 4648 4) of hex digits.
std::string base64_of_hex(std::string_view hex) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto nibble = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  std::string text;
  unsigned held = 0;
  int bits = 0;
  for (const char c : hex) {
    held = (held << 4 | nibble(c)) & 0xFFFF;
    bits += 4;
    if (bits < 6) continue;
    bits -= 6;
    text += kDigits[held >> bits & 63];
  }
  if (bits > 0) text += kDigits[held << (6 - bits) & 63];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  base::append_printable(out, text);
  return out;
}

// ---- check

std::string shown(const plugin::CheckOutcome& outcome, const std::string& file) {
  std::string text;
  if (outcome.identity) {
    const plugin::Identity& who = *outcome.identity;
    text += who.name + " " + to_string(who.version) + "  ABI " + std::to_string(who.abi_major) +
            "." + std::to_string(who.abi_minor) +
            (who.build.empty() ? "" : "  " + printable(who.build)) + "\n";
  }
  if (!outcome.ok()) return text;
  text += "  sha256:" + outcome.library->sha256 + "\n";
  for (const plugin::FunctionInfo& function : outcome.library->functions)
    text += "  " + outcome.identity->name + "." + function.name +
            printable(function.signature_text) + "  " +
            std::string(plugin::to_string(function.kind)) +
            (function.doc.empty() ? "" : "  " + printable(function.doc)) + "\n";
  return text + file + ": can be loaded\n";
}

std::string json_of(const plugin::CheckOutcome& outcome, const std::string& file) {
  json::Writer writer;
  writer.begin_object().member("file", file).member("valid", outcome.ok());
  if (outcome.identity)
    writer.member("name", outcome.identity->name)
        .member("version", to_string(outcome.identity->version));
  writer.key("functions").begin_array();
  if (outcome.ok())
    for (const plugin::FunctionInfo& function : outcome.library->functions)
      writer.begin_object()
          .member("name", outcome.identity->name + "." + function.name)
          .member("kind", plugin::to_string(function.kind))
          .member("signature", function.signature_text)
          .member("doc", function.doc)
          .end_object();
  writer.end_array().key("refused").begin_array();
  for (const plugin::Refusal& refusal : outcome.refusals)
    writer.begin_object()
        .member("code", plugin::to_string(refusal.code))
        .member("message", refusal.message)
        .end_object();
  return writer.end_array().end_object().take();
}

ExitCode check(Session& session) {
  ExitCode code = ExitCode::done;
  for (const std::string& file : session.invocation().files) {
    const auto outcome = plugin::look_at(file, {}, session.clock());
    if (!outcome.ok()) {
      session.console().err("leat: " + outcome.status().to_string() + "\n");
      return ExitCode::cant_create;
    }
    if (session.output() == Output::json)
      session.print(json_of(*outcome, file) + "\n");
    else if (!session.silent())
      session.print(shown(*outcome, file));
    for (const plugin::Refusal& refusal : outcome->refusals)
      session.console().err("leat: " + std::string(plugin::to_string(refusal.code)) + ": " + file +
                            ": " + printable(refusal.message) + "\n");
    if (!outcome->ok()) code = ExitCode::failed;
  }
  return code;
}

// ---- what the daemon has

std::string steps_of(const json::Value& version) {
  std::string text;
  const json::Value* const users = version.find("used_by");
  if (users == nullptr) return "-";
  for (const json::Value& user : users->elements())
    text += (text.empty() ? "" : ", ") + cell(user, "/pipeline");
  return text.empty() ? "-" : text;
}

void add_rows(Table& table, std::string& names, const json::Value& plugin) {
  const json::Value* const versions = plugin.find("versions");
  if (versions == nullptr) return;
  const std::string name = cell(plugin, "/name");
  names += name + "\n";
  for (const json::Value& version : versions->elements())
    table.add({name, cell(version, "/version"), cell(version, "/state"),
               cell(version, "/sha256").substr(0, 12), cell(version, "/loaded_at"),
               steps_of(version)});
}

ExitCode list(Session& session) {
  const std::string& name = session.invocation().name;
  const auto answer = session.fetch(
      {.target = "/v1/plugins" + (name.empty() ? "" : "/" + net::encode_component(name))});
  if (!answer) return session.code();
  Table table({"PLUGIN", "VERSION", "STATE", "SHA256", "LOADED", "USED BY"});
  std::string names;
  if (const json::Value* const items = answer->find("items"))
    for (const json::Value& item : items->elements()) add_rows(table, names, item);
  else
    add_rows(table, names, *answer);
  session.print(session.output() == Output::name ? names : table.text(session.color()));
  if (const json::Value* const refused = answer->find("refused"))
    for (const json::Value& one : refused->elements())
      session.console().err("leat: refused: " + cell(one, "/code") + ": " + cell(one, "/file") +
                            ": " + cell(one, "/message") + "\n");
  return ExitCode::done;
}

// Prints the answer of a write: `line` for people.
ExitCode finish(Session& session, const net::Response& response, const std::string& line) {
  if (response.status < 200 || response.status > 299) return session.refuse(response, "");
  if (session.silent()) return ExitCode::done;
  if (session.output() == Output::json)
    session.print_body(response);
  else
    session.print(line);
  return ExitCode::done;
}

ExitCode push(Session& session) {
  const std::string& file = session.invocation().files.front();
  const Result<std::string> bytes = base::read_file(file, kLibraryBytesMax);
  if (!bytes.ok()) {
    session.console().err("leat: " + bytes.status().to_string() + "\n");
    return ExitCode::failed;
  }
  const plugin::Inspection found = plugin::inspect(*bytes);
  if (!found.identity) {
    for (const plugin::Refusal& refusal : found.refusals)
      session.complain(plugin::to_string(refusal.code), refusal.message);
    return ExitCode::failed;
  }
  const std::string version = to_string(found.identity->version);
  net::Request request{.method = "PUT",
                       .target = "/v1/plugins/" + found.identity->name + "/versions/" + version,
                       .body = *bytes};
  request.headers.emplace_back("Content-Type", "application/octet-stream");
  request.headers.emplace_back("Content-Digest",
                               "sha-256=:" + base64_of_hex(crypto::sha256_hex(*bytes)) + ":");
  if (const auto signature = base::read_file(file + ".sig", kSignatureBytesMax); signature.ok()) {
    std::string text = *signature;
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    request.headers.emplace_back("Leat-Signature",
                                 (text.starts_with("ed25519=") ? "" : "ed25519=") + text);
  }
  const auto response =
      session.send(std::move(request), session.invocation().timeout.value_or(kPushTimeout));
  if (!response) return session.code();
  return finish(session, *response,
                found.identity->name + "  " + version + "  " +
                    (response->status == 201 ? "taken" : "is there") + "\n");
}

ExitCode activate(Session& session) {
  const Invocation& asked = session.invocation();
  json::Writer body;
  body.begin_object().member("version", asked.plugin_version).end_object();
  const auto response =
      session.send({.method = "POST",
                    .target = "/v1/plugins/" + net::encode_component(asked.name) + "/activate",
                    .body = body.take()});
  if (!response) return session.code();
  const json::Value answer = read_answer(*response);
  std::string line =
      asked.name + "  " + cell(answer, "/from") + " -> " + cell(answer, "/to") + "\n";
  if (const json::Value* const pipelines = answer.find("pipelines"))
    for (const json::Value& one : pipelines->elements())
      line += "  " + cell(one, "/pipeline") + "  " + cell(one, "/result") + "  " +
              cell(one, "/reason") + "\n";
  return finish(session, *response, line);
}

ExitCode rescan(Session& session) {
  const auto response =
      session.send({.method = "POST", .target = "/v1/plugins:rescan"}, kPushTimeout);
  if (!response) return session.code();
  const json::Value answer = read_answer(*response);
  std::string lines;
  if (const json::Value* const loaded = answer.find("loaded"))
    for (const json::Value& one : loaded->elements()) lines += "loaded  " + cell(one, "") + "\n";
  if (const json::Value* const refused = answer.find("refused"))
    for (const json::Value& one : refused->elements())
      lines += "refused  " + cell(one, "/file") + "  " + cell(one, "/code") + "  " +
               cell(one, "/message") + "\n";
  return finish(session, *response, lines + "unchanged  " + cell(answer, "/unchanged") + "\n");
}

}  // namespace

Result<std::unique_ptr<plugin::Folder>> open_plugins(Session& session) {
  const std::string& folder = session.invocation().plugins;
  if (folder.empty()) return std::unique_ptr<plugin::Folder>();
  log::set_level("plugin", log::Level::off);  // what is refused is told below
  auto opened = plugin::Folder::open(folder, {}, session.clock());
  if (!opened.ok()) return opened;
  for (const plugin::RefusedView& one : (*opened)->plugins().view()->refused)
    session.console().err("leat: " + std::string(plugin::to_string(one.refusal.code)) + ": " +
                          one.file + ": " + printable(one.refusal.message) + "\n");
  return opened;
}

GivenPlugins given_plugins(Session& session) {
  auto opened = open_plugins(session);
  if (opened.ok()) return {*std::move(opened), ExitCode::done};
  session.console().err("leat: " + opened.status().to_string() + "\n");
  return {nullptr, ExitCode::usage};
}

ExitCode plugin(Session& session) {
  const std::string& verb = session.invocation().verb;
  if (verb == "check") return check(session);
  if (verb == "push") return push(session);
  if (verb == "activate") return activate(session);
  return verb == "rescan" ? rescan(session) : list(session);
}

}  // namespace leat::cli
