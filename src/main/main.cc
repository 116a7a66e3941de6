#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "cli/client.h"
#include "cli/invocation.h"
#include "daemon/daemon.h"
#include "daemon/pipeline_engine.h"
#include "plugin/probe/probe.h"

namespace {

using leat::ExitCode;

void put(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

leat::daemon::ConfigInput config_input(const leat::cli::Invocation& asked) {
  leat::daemon::ConfigInput input;
  input.file = asked.config;
  input.environment = leat::daemon::process_environment();
  input.sets = asked.sets;
  input.flags = asked.flags;
  return input;
}

ExitCode run_client(const leat::cli::Invocation& asked) {
  // Where a daemon on this host keeps its state: with the same rules as the daemon. A configuration
  // with mistakes is its business; a client then goes by the defaults.
  leat::daemon::ConfigInput input = config_input(asked);
  leat::daemon::ConfigResult config = leat::daemon::load_config(input);
  if (!config.ok()) {
    std::erase_if(input.environment,
                  [](const auto& variable) { return variable.first.starts_with("LEAT_"); });
    input.system_file.clear();
    config = leat::daemon::load_config(input);
  }
  const leat::cli::Console console{[](std::string_view text) { put(stdout, text); },
                                   [](std::string_view text) { put(stderr, text); },
                                   ::isatty(STDOUT_FILENO) == 1};
  const leat::cli::Surroundings around{
      [](const char* name) -> const char* { return std::getenv(name); },
      config.ok() ? config.config->state_dir : std::string("/var/lib/leat"),
      leat::base::machine_clock()};
  return leat::cli::run_client(asked, around, console);
}

ExitCode run(int argc, char** argv) {
  const leat::cli::Parsed parsed = leat::cli::parse(argc, argv);
  put(stdout, parsed.out);
  put(stderr, parsed.err);
  if (!parsed.invocation) return parsed.code;
  const leat::cli::Invocation& asked = *parsed.invocation;
  switch (asked.command) {
    case leat::cli::Command::serve:
      return leat::daemon::serve({config_input(asked), asked.files, asked.check},
                                 leat::daemon::make_pipeline_engine);
    case leat::cli::Command::run:
      return leat::daemon::run_file(config_input(asked), asked.files.front());
    case leat::cli::Command::config:
      return leat::daemon::show_config(config_input(asked), asked.origin);
    default: return run_client(asked);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // Not for people: the daemon starts itself like this to look at a plugin.
    if (argc > 1 && std::string_view(argv[1]) == leat::plugin::kProbeCommand)
      return leat::plugin::probe_main({argv + 1, argv + argc});
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& thrown) {
    put(stderr, std::string("leat: internal error: ") + thrown.what() + "\n");
    return static_cast<int>(ExitCode::internal);
  }
}
