#include "main/run_file.h"

#include <csignal>
#include <cstdio>

#include <fstream>
#include <future>
#include <iterator>

#include "base/log.h"
#include "daemon/signals.h"
#include "main/registry.h"
#include "runtime/supervisor.h"

namespace leat::main {
namespace {

void complain(const std::string& text) { std::fprintf(stderr, "leat: %s\n", text.c_str()); }

// Waits until the pipeline is over or somebody ends it. True when it gave up.
bool watch(const runtime::Supervisor& supervisor, const std::string& name, daemon::Signals& signals) {
  constexpr Duration kLook = std::chrono::milliseconds(50);
  while (true) {
    if (const auto signal = signals.next(kLook); signal && (*signal == SIGTERM || *signal == SIGINT)) return false;
    const runtime::SnapshotPtr snapshot = supervisor.find(name);
    if (!snapshot) continue;
    if (snapshot->actual == runtime::Actual::stopped) return false;
    if (snapshot->actual == runtime::Actual::failed && snapshot->reason.starts_with("GAVE_UP")) {
      complain(snapshot->reason);
      return true;
    }
  }
}

}  // namespace

ExitCode run_file(const std::string& file, const daemon::ConfigInput& input) {
  daemon::Signals signals;
  const daemon::ConfigResult config = daemon::load_config(input);
  if (!config.ok()) {
    for (const daemon::ConfigProblem& problem : config.problems) complain(problem.to_line());
    return ExitCode::bad_config;
  }
  const auto& logs = config.config->log;
  if (const Status status = log::configure(logs.level, logs.format, logs.path); !status.ok()) complain(status.to_string());
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    complain(file + ": cannot be read");
    return ExitCode::failed;
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  auto registry = make_registry(*config.config);
  if (!registry.ok()) {
    complain(registry.status().to_string());
    return ExitCode::bad_config;
  }
  auto request = read_definition(file, text, definition_options(*config.config), config.config->workers);
  if (!request.ok()) {
    std::fprintf(stderr, "%s\n", request.status().message().c_str());
    return ExitCode::bad_config;
  }
  runtime::SupervisorOptions options = supervisor_options(*config.config, base::machine_clock());
  options.state_dir.clear();  // nothing is kept: the file is the definition
  const std::string name = request->spec->name;
  runtime::Supervisor supervisor(std::move(options), *std::move(registry));
  if (const Status status = supervisor.start({}); !status.ok()) {
    complain(status.to_string());
    return ExitCode::failed;
  }
  std::promise<Status> created;
  supervisor.put(*std::move(request),
                 [&](const Result<runtime::PutReceipt>& receipt) { created.set_value(receipt.status()); });
  if (const Status status = created.get_future().get(); !status.ok()) {
    complain(status.to_string());
    return ExitCode::failed;
  }
  const bool gave_up = watch(supervisor, name, signals);
  signals.die_on_next();
  supervisor.stop();
  return gave_up ? ExitCode::failed : ExitCode::done;
}

}  // namespace leat::main
