#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <future>
#include <memory>

#include "base/file.h"
#include "base/log.h"
#include "daemon/definitions.h"
#include "daemon/pipeline_engine.h"
#include "daemon/signals.h"
#include "plugin/folder.h"

namespace leat::daemon {
namespace {

using namespace std::chrono_literals;
using runtime::Actual;

constexpr Duration kLookEvery = 20ms;

ExitCode tell(ExitCode code, const std::string& text) {
  std::fputs(("leat: " + text + "\n").c_str(), stderr);
  return code;
}

// What sources remember while the process lives; gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string pattern =
        (std::filesystem::temp_directory_path(error) / "leat-run-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// Looks until the pipeline ended or a signal came.
ExitCode watch(runtime::Supervisor& supervisor, const std::string& name, Signals& signals) {
  for (;;) {
    if (const std::optional<int> signal = signals.next(kLookEvery)) {
      if (*signal == SIGINT || *signal == SIGTERM) return ExitCode::done;
      if (*signal == SIGUSR1) log::reopen();
    }
    const runtime::SnapshotPtr snapshot = supervisor.find(name);
    if (snapshot == nullptr) continue;
    if (snapshot->actual == Actual::failed)
      return tell(ExitCode::failed, "pipeline `" + name + "` failed: " + snapshot->reason);
    if (snapshot->actual == Actual::stopped) return ExitCode::done;
  }
}

plugin::Folder::Rules folder_rules(const Config& config) {
  plugin::Folder::Rules rules;
  rules.trust = config.plugins.trust;
  rules.inspect.needed_allow = config.plugins.needed_allow;
  rules.probe.timeout = config.plugins.probe_timeout;
  rules.probe.memory_bytes = config.plugins.probe_memory;
  rules.bytes_max = config.plugins.bytes_max;
  return rules;
}

ExitCode run_pipeline(const Config& config, runtime::PutRequest request, Signals& signals) {
  const std::string name = request.spec->name;
  Result<flow::Registry> registry = make_registry(config);
  if (!registry.ok()) return tell(ExitCode::bad_config, registry.status().to_string());
  const ScratchFolder scratch;
  if (scratch.path().empty())
    return tell(ExitCode::cant_create, "no folder can be made in $TMPDIR or /tmp");
  runtime::SupervisorOptions options = supervisor_options(config, scratch.path());
  options.dead_letter_dir = ".";  // the scratch folder goes with the process, they do not
  runtime::Supervisor supervisor(options, std::move(*registry));
  const Status started =
      supervisor.start([](const std::string&, const std::string&) -> Result<runtime::PutRequest> {
        return Status(Code::not_found, "nothing is stored");
      });
  if (!started.ok()) return tell(ExitCode::internal, started.to_string());
  auto answered = std::make_shared<std::promise<Status>>();
  std::future<Status> outcome = answered->get_future();
  supervisor.put(std::move(request), [answered](Result<runtime::PutReceipt> receipt) {
    answered->set_value(receipt.status());
  });
  const Status put = outcome.get();
  const ExitCode code =
      put.ok() ? watch(supervisor, name, signals) : tell(ExitCode::failed, put.to_string());
  signals.die_on_next();
  supervisor.stop();
  return code;
}

}  // namespace

ExitCode run_file(const ConfigInput& input, const std::string& file) {
  const ConfigResult loaded = load_config(input);
  for (const ConfigProblem& problem : loaded.problems)
    tell(ExitCode::bad_config, problem.to_line());
  if (!loaded.ok()) return ExitCode::bad_config;
  const Config& config = *loaded.config;
  if (const Status logs = log::configure(config.log.level, config.log.format, config.log.path);
      !logs.ok()) {
    return tell(ExitCode::bad_config, logs.to_string());
  }
  std::unique_ptr<plugin::Folder> plugins;
  if (std::error_code error; std::filesystem::is_directory(config.plugins.dir, error)) {
    auto opened =
        plugin::Folder::open(config.plugins.dir, folder_rules(config), base::machine_clock());
    if (!opened.ok()) return tell(ExitCode::bad_config, opened.status().to_string());
    plugins = *std::move(opened);
  }
  const Result<std::string> text = base::read_file(file, config.http.definition_max);
  if (!text.ok()) return tell(ExitCode::bad_config, text.status().to_string());
  Result<runtime::PutRequest> request = read_definition(
      config, file == "-" ? "stdin" : file, *text, {}, plugins ? &plugins->plugins() : nullptr);
  if (!request.ok()) {
    std::fputs((request.status().message() + "\n").c_str(), stderr);
    return ExitCode::bad_config;
  }
  Signals signals;
  try {
    return run_pipeline(config, std::move(*request), signals);
  } catch (const std::exception& thrown) {
    return tell(ExitCode::internal, std::string("internal error: ") + thrown.what());
  }
}

}  // namespace leat::daemon
