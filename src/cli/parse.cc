#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <exception>
#include <sstream>

#include "base/text.h"
#include "cli/invocation.h"
#include "json/write.h"

namespace leat::cli {
namespace {

struct Row {
  Command command;
  std::string_view name;
  const char* doc;
};
constexpr Row kCommands[] = {
    {Command::serve, "serve", "Run the daemon"},
    {Command::run, "run", "Run one pipeline without a daemon"},
    {Command::validate, "validate", "Check definitions"},
    {Command::test, "test", "Run the tests of definitions, without a broker"},
    {Command::preview, "preview", "Show what becomes of some rows, step by step"},
    {Command::expr, "expr", "Evaluate an expression over rows"},
    {Command::schema, "schema", "Print the JSON Schema of definitions, or explain a key"},
    {Command::apply, "apply", "Create or replace pipelines"},
    {Command::get, "get", "Show all pipelines, or one"},
    {Command::tap, "tap", "Show rows as they leave a step"},
    {Command::wait, "wait", "Wait until a pipeline is in a state"},
    {Command::trigger, "trigger", "Show or switch the trigger of a running pipeline"},
    {Command::pause, "pause", "Stop reading, keep everything else"},
    {Command::resume, "resume", "Go on after a pause"},
    {Command::drain, "drain", "Let all windows out, commit and stop"},
    {Command::stop, "stop", "Commit and stop"},
    {Command::start, "start", "Start a stopped pipeline"},
    {Command::restart, "restart", "Stop and start"},
    {Command::remove, "delete", "Delete a pipeline"},
    {Command::offsets, "offsets", "Show where a pipeline reads, or where a stopped one goes on"},
    {Command::state, "state", "Show what a pipeline keeps"},
    {Command::checkpoint, "checkpoint", "Keep a pipeline's state and offsets, and go back to them"},
    {Command::plugin, "plugin", "Check plugins, show them, and say which versions count"},
    {Command::functions, "functions", "List the functions of expressions"},
    {Command::config, "config", "Print the effective configuration of a daemon"},
    {Command::version, "version", "Print the version"},
    {Command::completion, "completion", "Print a completion script"},
};

bool is_duration(const std::string& text) {
  std::int64_t ns = 0;
  return base::parse_duration_ns(text, ns) && ns >= 0;
}

std::string check_duration(const std::string& text) {
  return is_duration(text) ? std::string() : "`" + text + "` is not a duration (30s, 500ms)";
}

std::string as_json(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() == 1 ? "" : ",") + as_json(item);
  return out + "]";
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// The command tree; fills an Invocation while CLI11 parses.
class Tree {
 public:
  Tree();
  Parsed parse(int argc, const char* const* argv);
  std::vector<CommandHelp> list() const;

 private:
  CLI::App* add(Command command);
  void add_settings(CLI::App* app);
  void setting(CLI::App* app, const char* flag, const char* key, const char* doc);
  void add_globals();
  void add_daemon_commands();
  void add_definition_commands();
  void add_pipeline_commands();
  void add_rows(CLI::App* app, const std::string& prefix);
  CLI::App* add_named(Command command);
  void add_state_commands();
  void add_checkpoint_commands();
  void add_plugin_commands();
  void add_plugins_folder(CLI::App* app);
  void add_offsets();
  std::string check_offsets() const;
  std::string finish();

  CLI::App app_{"leat: pipelines beside Kafka"};
  Invocation invocation_;
  std::string output_;
  std::string timeout_;
  bool no_color_ = false;
};

Tree::Tree() {
  app_.name("leat");
  app_.require_subcommand(1);
  app_.failure_message(CLI::FailureMessage::simple);
  add_globals();
  add_daemon_commands();
  add_definition_commands();
  add_pipeline_commands();
}

CLI::App* Tree::add(Command command) {
  for (const Row& row : kCommands) {
    if (row.command != command) continue;
    CLI::App* sub = app_.add_subcommand(std::string(row.name), row.doc);
    sub->fallthrough();
    sub->callback([this, command] { invocation_.command = command; });
    return sub;
  }
  return nullptr;
}

void Tree::add_globals() {
  app_.add_option("--url", invocation_.url, "Where the daemon is: http://host:port or unix:/path");
  app_.add_option("--token-file", invocation_.token_file, "File with the token");
  app_.add_option("-o,--output", output_, "table, json or name")
      ->check(CLI::IsMember({"table", "json", "name"}));
  app_.add_flag("-q,--quiet", invocation_.quiet, "Print only problems");
  app_.add_option("--timeout", timeout_, "How long to wait for an answer (30s)")
      ->check(CLI::Validator(check_duration, "DURATION"));
  app_.add_flag("--no-color", no_color_, "No colours");
  app_.add_flag("--dry-run", invocation_.dry_run, "Say what would happen, change nothing");
  app_.add_option("--if-match", invocation_.if_match, "Only if the ETag is this one");
}

void Tree::setting(CLI::App* app, const char* flag, const char* key, const char* doc) {
  const std::string setting_key = key;
  app->add_option_function<std::string>(
      flag,
      [this, setting_key](const std::string& text) {
        invocation_.flags.emplace_back(setting_key, as_json(text));
      },
      doc);
}

void Tree::add_settings(CLI::App* app) {
  app->add_option("--config", invocation_.config, "Configuration file");
  app->add_option("--set", invocation_.sets, "A setting: key=value")->allow_extra_args(false);
  app->add_option_function<std::vector<std::string>>(
         "--listen",
         [this](const std::vector<std::string>& items) {
           invocation_.flags.emplace_back("http.listen", list_of(items));
         },
         "Address of the API, host:port (repeatable)")
      ->allow_extra_args(false);
  setting(app, "--state-dir", "state_dir", "Folder of the daemon's state");
  app->add_option_function<std::string>(
      "--brokers",
      [this](const std::string& text) {
        invocation_.flags.emplace_back("kafka.profiles.default.brokers", list_of(split(text)));
      },
      "Kafka brokers, with commas, or `embedded`");
  app->add_option_function<std::string>(
      "--workers",
      [this](const std::string& text) {
        invocation_.flags.emplace_back("workers", text == "auto" ? as_json(text) : text);
      },
      "Threads that step tasks");
  setting(app, "--plugins-dir", "plugins.dir", "Folder of plugins");
  setting(app, "--log-level", "log.level", "debug, info, warn, error or off");
  setting(app, "--log-format", "log.format", "auto, text or json");
}

void Tree::add_daemon_commands() {
  CLI::App* serve = add(Command::serve);
  add_settings(serve);
  serve->add_option("--apply", invocation_.files, "Definitions to apply before it is ready");
  serve->add_flag("--check", invocation_.check,
                  "Check configuration and definitions, start nothing");
  CLI::App* run = add(Command::run);
  add_settings(run);
  run->add_option("FILE", invocation_.files, "The definition, or - for stdin")
      ->required()
      ->expected(1);
  CLI::App* config = add(Command::config);
  add_settings(config);
  config->add_flag("--origin", invocation_.origin, "Say where each value comes from");
  add(Command::version);
  add(Command::completion)
      ->add_option("SHELL", invocation_.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

void Tree::add_definition_commands() {
  add(Command::functions)
      ->add_option("TEXT", invocation_.name, "Only those that mention it; none = all");
  CLI::App* validate = add(Command::validate);
  validate->add_option("FILE", invocation_.files, "Definitions, or - for stdin")->required();
  add_plugins_folder(validate);
  CLI::App* test = add(Command::test);
  test->add_option("FILE", invocation_.files, "Definitions, folders of them, or - for stdin")
      ->required();
  add_plugins_folder(test);
  test->add_option("--junit", invocation_.junit, "Write a report for JUnit to this file");
  CLI::App* preview = add(Command::preview);
  preview->add_option("FILE", invocation_.files, "The definition")->required()->expected(1);
  add_plugins_folder(preview);
  add_rows(preview, "[SOURCE=]");
  preview->add_option("--limit", invocation_.limit, "At most so many rows of each step (100)");
  preview->add_option("--read", invocation_.read,
                      "Let the daemon read the newest records of each Kafka source, so many");
  CLI::App* expr = add(Command::expr);
  expr->add_option("EXPRESSION", invocation_.expression,
                   "Over the fields of a row; one that begins with -o, -q, -h or --x stands behind "
                   "`--`, options before that")
      ->required();
  add_rows(expr, "");
  expr->add_flag("--type", invocation_.show_type, "Print the types of the values instead");
  add(Command::schema)
      ->add_option("--field", invocation_.field, "Explain this key: sources.*.kafka.start");
  add(Command::apply)
      ->add_option("-f,--file,FILE", invocation_.files,
                   "Definitions, folders of them, or - for stdin")
      ->required();
  app_.get_subcommand("apply")->add_flag("--discard-state", invocation_.discard_state,
                                         "Kept state that does not fit may go");
}

// `prefix` says whose rows they are.
void Tree::add_rows(CLI::App* app, const std::string& prefix) {
  app->add_option("--input", invocation_.inputs,
                  prefix + "FILE: rows as JSON, one a line, or - for stdin")
      ->allow_extra_args(false);
  app->add_option("--row", invocation_.rows, prefix + "JSON: one row")->allow_extra_args(false);
}

CLI::App* Tree::add_named(Command command) {
  CLI::App* app = add(command);
  app->add_option("NAME", invocation_.name, "The pipeline")->required();
  return app;
}

void Tree::add_pipeline_commands() {
  add(Command::get)->add_option("NAME", invocation_.name, "The pipeline; none = all");
  CLI::App* tap = add_named(Command::tap);
  tap->add_option("STEP", invocation_.step, "The step or source")->required();
  tap->add_option("--limit", invocation_.limit, "End after so many rows");
  add_named(Command::wait)
      ->add_option("--for", invocation_.wait_for, "running, caught_up or stopped")
      ->required()
      ->check(CLI::IsMember({"running", "caught_up", "stopped"}));
  CLI::App* trigger = add_named(Command::trigger);
  trigger->add_option("MODE", invocation_.mode,
                      "real_time, micro_batch or available_now; none = show");
  trigger->add_option("--interval", invocation_.interval, "Of micro_batch")
      ->check(CLI::Validator(check_duration, "DURATION"));
  trigger->add_option("--max-records", invocation_.records_max, "Of micro_batch and available_now");
  trigger->add_option("--checkpoint-interval", invocation_.checkpoint_interval, "Of real_time")
      ->check(CLI::Validator(check_duration, "DURATION"));
  trigger->add_flag("--reset", invocation_.reset, "Back to the definition's trigger");
  for (const Command command : {Command::pause, Command::resume, Command::drain, Command::stop,
                                Command::start, Command::restart}) {
    add_named(command);
  }
  add_offsets();
  add_state_commands();
  add_checkpoint_commands();
  add_plugin_commands();
  CLI::App* remove = add_named(Command::remove);
  remove->add_option("--mode", invocation_.mode, "commit, drain or now")
      ->check(CLI::IsMember({"commit", "drain", "now"}));
  remove->add_option("--state", invocation_.state, "keep or purge")
      ->check(CLI::IsMember({"keep", "purge"}));
}

void Tree::add_state_commands() {
  CLI::App* state = add(Command::state);
  state->require_subcommand(1);
  CLI::App* list = state->add_subcommand("list", "The stores of a pipeline");
  list->fallthrough();
  list->add_option("NAME", invocation_.name, "The pipeline")->required();
  CLI::App* get = state->add_subcommand("get", "The value of a key, or of a range of keys");
  get->fallthrough();
  get->add_option("NAME", invocation_.name, "The pipeline")->required();
  get->add_option("STORE", invocation_.store, "The step that keeps it")->required();
  get->add_option("KEY", invocation_.key,
                  "The text of a string, or JSON ([\"a\",1]); none = a range");
  get->add_option("--from", invocation_.from, "Range: the first key");
  get->add_option("--to", invocation_.to, "Range: up to this key, without it");
  get->add_option("--limit", invocation_.limit, "Range: at most so many keys (1000)");
  CLI::Option* committed = get->add_flag("--committed", invocation_.committed,
                                         "Of the last commit (a range is, if not told)");
  get->add_flag("--latest", invocation_.latest, "Of now (a key is, if not told)")
      ->excludes(committed);
}

void Tree::add_checkpoint_commands() {
  CLI::App* checkpoint = add(Command::checkpoint);
  checkpoint->require_subcommand(1);
  const auto add_verb = [&](const char* verb, const char* doc) {
    CLI::App* app = checkpoint->add_subcommand(verb, doc);
    app->fallthrough();
    app->callback([this, verb] { invocation_.verb = verb; });
    app->add_option("NAME", invocation_.name, "The pipeline")->required();
    return app;
  };
  add_verb("list", "All of a pipeline, newest first");
  const auto add_one = [&](const char* verb, const char* doc, const char* which) {
    CLI::App* app = add_verb(verb, doc);
    app->add_option("CHECKPOINT", invocation_.checkpoint, which)->required();
    return app;
  };
  add_one("create", "Keep what is committed next", "Its name");
  add_one("show", "Show one", "Its name or id");
  add_one("restore", "State and offsets of a stopped pipeline go back to it", "Its name or id")
      ->add_flag("--keep-offsets", invocation_.keep_offsets, "The state alone goes back");
  add_one("delete", "Delete one", "Its name or id");
}

void Tree::add_plugin_commands() {
  CLI::App* plugin = add(Command::plugin);
  plugin->require_subcommand(1);
  const auto add_verb = [&](const char* verb, const char* doc) {
    CLI::App* app = plugin->add_subcommand(verb, doc);
    app->fallthrough();
    app->callback([this, verb] { invocation_.verb = verb; });
    return app;
  };
  add_verb("list", "The plugins of the daemon, or one")
      ->add_option("NAME", invocation_.name, "The plugin; none = all");
  add_verb("check", "Look at a library as the daemon does, and say what it adds")
      ->add_option("FILE", invocation_.files, "The library")
      ->required();
  add_verb("push", "Send a library to the daemon (where `plugins.upload` is on)")
      ->add_option("FILE", invocation_.files, "The library; FILE.sig is its signature")
      ->required()
      ->expected(1);
  CLI::App* activate = add_verb("activate", "Say which version a range means");
  activate->add_option("NAME", invocation_.name, "The plugin")->required();
  activate->add_option("VERSION", invocation_.plugin_version, "1.2.3")->required();
  add_verb("rescan", "Let the daemon look at its plugin folder");
}

void Tree::add_plugins_folder(CLI::App* app) {
  app->add_option("--plugins", invocation_.plugins, "Folder of the plugins that it names");
}

void Tree::add_offsets() {
  CLI::App* offsets = add_named(Command::offsets);
  offsets->add_option("--to", invocation_.to, "earliest, latest or a time: 2026-01-01T00:00:00Z");
  offsets->add_option("--shift", invocation_.shift, "So many records on, or back: -1000");
  offsets->add_option("--at", invocation_.at, "TOPIC-PARTITION=OFFSET (repeatable)")
      ->allow_extra_args(false);
  offsets->add_option("--source", invocation_.sources, "Only of this source (repeatable)")
      ->allow_extra_args(false);
  offsets->add_option("--state", invocation_.state, "What becomes of kept state: keep or discard")
      ->check(CLI::IsMember({"keep", "discard"}));
}

std::string Tree::check_offsets() const {
  const bool moves = invocation_.to || invocation_.shift || !invocation_.at.empty();
  if (int{invocation_.to.has_value()} + int{invocation_.shift.has_value()} +
          int{!invocation_.at.empty()} >
      1)
    return "--to, --shift and --at exclude each other";
  if (!moves && (!invocation_.sources.empty() || !invocation_.state.empty()))
    return "--source and --state need --to, --shift or --at";
  for (const std::string& one : invocation_.at) {
    const std::size_t equals = one.rfind('=');
    const std::string digits = equals == std::string::npos ? "" : one.substr(equals + 1);
    if (equals == 0 || digits.empty() || digits.size() > 18 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      return "`" + one + "` is not TOPIC-PARTITION=OFFSET";
  }
  return {};
}

// What CLI11 cannot say by itself; a message when the arguments do not fit together.
std::string Tree::finish() {
  if (!output_.empty()) {
    invocation_.output = output_ == "table"  ? Output::table
                         : output_ == "json" ? Output::json
                                             : Output::name;
  }
  std::int64_t ns = 0;
  if (!timeout_.empty() && base::parse_duration_ns(timeout_, ns))
    invocation_.timeout = Duration(ns);
  invocation_.color = !no_color_;
  const Command command = invocation_.command;
  const bool reads = command == Command::preview && invocation_.read.has_value();
  if (reads && (!invocation_.inputs.empty() || !invocation_.rows.empty()))
    return "--read takes the place of --input and --row";
  const bool local = command == Command::test || (command == Command::preview && !reads) ||
                     command == Command::expr;
  if (local && !invocation_.url.empty())
    return "`" + std::string(command_name(command)) + "` works without a daemon: it takes no --url";
  const bool range = invocation_.from || invocation_.to || invocation_.limit;
  if (command == Command::state && invocation_.key && range)
    return "--from, --to and --limit belong to a range: leave KEY out";
  if (command == Command::offsets) return check_offsets();
  if (command != Command::trigger) return {};
  const bool members = !invocation_.interval.empty() || !invocation_.checkpoint_interval.empty() ||
                       invocation_.records_max.has_value();
  if (invocation_.reset && !invocation_.mode.empty()) return "--reset takes no MODE";
  if (members && invocation_.mode.empty())
    return "--interval, --max-records and --checkpoint-interval need a MODE";
  return {};
}

Parsed Tree::parse(int argc, const char* const* argv) {
  Parsed parsed;
  try {
    app_.parse(argc, argv);
    if (const std::string wrong = finish(); !wrong.empty()) {
      parsed.code = ExitCode::usage;
      parsed.err = "leat: " + wrong + "\n";
      return parsed;
    }
    parsed.invocation = std::move(invocation_);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool helped = app_.exit(error, out, err) == 0;
    parsed.code = helped ? ExitCode::done : ExitCode::usage;
    parsed.out = out.str();
    const bool hidden = invocation_.expression.empty() && app_.got_subcommand("expr");
    if (!helped)
      parsed.err = "leat: " + std::string(error.what()) +
                   (hidden ? "; one that begins with -o, -q, -h or --x stands behind `--`: "
                             "leat expr -- '--x'"
                           : "") +
                   "\nUsage: leat COMMAND [ARGUMENTS]; leat --help shows them\n";
  }
  return parsed;
}

std::vector<CommandHelp> Tree::list() const {
  std::vector<CommandHelp> all;
  const auto options_of = [](const CLI::App* app, std::vector<std::string>& names) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  };
  for (const CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; })) {
    CommandHelp help{sub->get_name(), sub->get_description(), {}, {}};
    options_of(sub, help.options);
    options_of(&app_, help.options);
    for (const CLI::Option* option : sub->get_options())
      if (option->get_name() == "NAME") help.words_from = "leat get -o name";
    if (help.name == command_name(Command::functions)) help.words_from = "leat functions -o name";
    all.push_back(std::move(help));
  }
  return all;
}

}  // namespace

std::string_view command_name(Command command) noexcept {
  for (const Row& row : kCommands) {
    if (row.command == command) return row.name;
  }
  return {};
}

namespace {

// CLI11 only says that a command is missing; a mistyped one deserves its name and the nearest.
std::optional<Parsed> unknown_command(int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-' || argv[1][0] == '\0') return std::nullopt;
  const std::string word = argv[1];
  std::vector<std::string_view> names;
  for (const Row& row : kCommands) {
    if (row.name == word) return std::nullopt;
    names.push_back(row.name);
  }
  constexpr std::string_view kLater[] = {"bench",  "console", "describe", "diff", "doctor",
                                         "events", "health",  "rollback", "top"};
  if (std::find(std::begin(kLater), std::end(kLater), word) != std::end(kLater))
    return Parsed{std::nullopt,
                  ExitCode::usage,
                  {},
                  "leat: NOT_AVAILABLE_YET: the command `" + word + "` is not available yet\n"};
  std::string text = "leat: there is no command `" + word + "`";
  for (const std::string& near : base::nearest(word, names))
    text += "; did you mean `" + near + "`?";
  return Parsed{std::nullopt, ExitCode::usage, {}, text + "\nRun `leat --help` for the list.\n"};
}

// `leat expr '-a + 1'`: what begins with `-` and is no option of the command is the expression, as if
// it stood behind `--`.
std::vector<const char*> arguments_of(int argc, const char* const* argv) {
  std::vector<const char*> all(argv, argv + argc);
  if (argc < 2 || argv[1] != command_name(Command::expr)) return all;
  const auto is_expression = [](std::string_view text) {
    if (text == "-" || text == "--" || text.substr(0, 1) != "-") return false;
    const bool long_option = text[1] == '-' && text.size() > 2 && std::isalpha(text[2]) != 0;
    const bool short_option = std::string_view("oqh").find(text[1]) != std::string_view::npos;
    return !long_option && !short_option;
  };
  if (std::find(all.begin(), all.end(), std::string_view("--")) != all.end()) return all;
  const auto found = std::find_if(all.begin() + 2, all.end(), is_expression);
  if (found == all.end()) return all;
  const char* const expression = *found;
  all.erase(found);
  all.insert(all.end(), {"--", expression});
  return all;
}

}  // namespace

Parsed parse(int argc, const char* const* argv) {
  if (auto unknown = unknown_command(argc, argv)) return *std::move(unknown);
  try {
    const std::vector<const char*> all = arguments_of(argc, argv);
    return Tree().parse(static_cast<int>(all.size()), all.data());
  } catch (const std::exception& thrown) {
    return {std::nullopt, ExitCode::internal, {}, std::string("leat: ") + thrown.what() + "\n"};
  }
}

std::vector<CommandHelp> command_list() { return Tree().list(); }

}  // namespace leat::cli
