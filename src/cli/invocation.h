#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"

namespace leat::cli {

enum class Command : std::uint8_t {
  serve,
  run,
  config,  // need no daemon: others carry them out
  validate,
  test,
  preview,
  expr,
  schema,
  apply,
  get,
  tap,
  wait,
  trigger,
  pause,
  resume,
  drain,
  stop,
  start,
  restart,
  remove,
  state,
  checkpoint,
  offsets,
  functions,
  version,
  completion,
  plugin,
};
// "serve", …, "delete".
std::string_view command_name(Command command) noexcept;

enum class Output : std::uint8_t { table, json, name };

// What one call of `leat` asks for. A value.
struct Invocation {
  Command command = Command::version;

  // serve, run, config: where settings come from
  std::optional<std::string> config;
  std::vector<std::string> sets;                           // key=value
  std::vector<std::pair<std::string, std::string>> flags;  // key → JSON
  bool check = false;
  bool origin = false;

  // client commands
  std::string url;
  std::string token_file;
  std::optional<Output> output;  // absent = table on a terminal, json otherwise
  bool quiet = false;
  bool color = true;
  bool dry_run = false;
  std::string if_match;
  std::optional<Duration> timeout;  // as given; commands have their own defaults

  std::vector<std::string> files;  // run, validate, apply, serve --apply
  std::string name;
  std::string step;
  std::optional<std::string> field;   // schema: one key, "sources.*.kafka"
  std::string junit;                  // test: where the report for JUnit goes
  std::vector<std::string> inputs;    // preview, expr: files of rows
  std::vector<std::string> rows;      // preview, expr: JSON
  std::optional<std::uint64_t> read;  // preview: records of every source, read by the daemon
  std::string expression;
  bool show_type = false;
  std::string shell;     // completion
  std::string wait_for;  // "running", "caught_up", "stopped"
  std::optional<std::uint64_t> limit;

  bool discard_state = false;  // apply: kept state that does not fit may go
  // state: the store (none = all of them), and a key or a range of keys
  std::string store;
  std::optional<std::string> key, from, to;
  bool committed = false, latest = false;  // none = latest for a key, committed for a range
  // checkpoint: "list", "create", "show", "restore" or "delete", and which one; plugin: "list", "check",
  // "push", "activate" or "rescan"
  std::string verb;
  std::string checkpoint;
  bool keep_offsets = false;
  // offsets: where they go (`to`, `shift` or `at`; none = show), of these sources (none = all)
  std::optional<std::int64_t> shift;
  std::vector<std::string> at;  // topic-partition=offset
  std::vector<std::string> sources;

  std::string mode;   // trigger: empty = show; delete: "commit", "drain", "now"
  std::string state;  // delete: "keep", "purge"; offsets: "keep", "discard"
  bool reset = false;
  std::string interval;
  std::string checkpoint_interval;
  std::optional<std::uint64_t> records_max;

  std::string plugins;         // validate, test, preview: the folder that they lie in
  std::string plugin_version;  // plugin activate
};

// An invocation, or how the program ends at once: help on stdout, or a usage error on stderr.
struct Parsed {
  std::optional<Invocation> invocation;
  ExitCode code = ExitCode::done;
  std::string out;
  std::string err;
};
Parsed parse(int argc, const char* const* argv);

// A script that completes commands, options and names of pipelines; "" for an unknown shell.
std::string completion_script(std::string_view shell);

// One command with its options, as help and completion show it.
struct CommandHelp {
  std::string name;
  std::string doc;
  std::vector<std::string> options;  // "--config", "-o"
  std::string words_from;  // a call that prints what its argument can be; "" = files or nothing
};
std::vector<CommandHelp> command_list();

}  // namespace leat::cli
