#include "plugin/probe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "plugin/descriptor.h"

namespace leat::plugin {
namespace {

constexpr int kReport = 3;
constexpr std::size_t kReportBytesMax = 16 * 1024 * 1024;
constexpr int kTickMs = 10;  // where the kernel cannot tell us of the end of a process

Refusal failed(std::string message) { return {RefusalCode::probe_failed, std::move(message)}; }

// What the probe is spawned with. Never copied: the C library's records are freed once.
class SpawnSettings {
 public:
  explicit SpawnSettings(int report) {
    ::posix_spawn_file_actions_init(&actions);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, report, kReport);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kReport + 1);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// The process that runs the plugin; killed with its owner.
class ProbeProcess {
 public:
  ProbeProcess() = default;
  ~ProbeProcess() { kill(); }
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  std::optional<Refusal> start(const std::string& path, const ProbeOptions& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      return failed("no pipe: " + std::string(std::strerror(errno)));
    report_ = Descriptor(ends[0]);
    Descriptor write_end(ends[1]);
    // A descriptor that is its own target would keep its close-on-exec mark.
    if (write_end.fd() == kReport) write_end = Descriptor(::fcntl(kReport, F_DUPFD_CLOEXEC, 10));
    ::fcntl(report_.fd(), F_SETFL, O_NONBLOCK);
    const SpawnSettings settings(write_end.fd());
    std::string program = options.program, command = kProbeCommand, library = path,
                memory = std::to_string(options.memory_bytes), locale = "LC_ALL=C";
    std::array<char*, 5> arguments{program.data(), command.data(), library.data(), memory.data(),
                                   nullptr};
    std::array<char*, 2> environment{locale.data(), nullptr};
    const int error = ::posix_spawn(&pid_, program.c_str(), &settings.actions, &settings.attributes,
                                    arguments.data(), environment.data());
    if (error != 0) {
      pid_ = -1;
      return failed("the probe cannot be started: " + std::string(std::strerror(error)));
    }
    ended_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    return {};
  }

  // Waits for the end, and reads on. False when the time is up.
  bool wait(Duration timeout, const Clock& clock) {
    const Instant deadline = clock.now() + timeout;
    for (;;) {
      read_report();
      if (reap(WNOHANG)) {
        read_report();
        return true;
      }
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now()).count();
      if (left <= 0) return false;
      std::array<pollfd, 2> watched{
          {{closed_ ? -1 : report_.fd(), POLLIN, 0}, {ended_.fd(), POLLIN, 0}}};
      const bool ticks = !ended_.open();
      ::poll(watched.data(), watched.size(),
             ticks ? std::min<int>(kTickMs, static_cast<int>(left)) : static_cast<int>(left));
    }
  }

  void kill() noexcept {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    reap(0);
  }

  const std::string& report() const noexcept { return text_; }
  int status() const noexcept { return status_; }

 private:
  void read_report() {
    std::array<char, 4096> piece;
    while (!closed_) {
      const ssize_t got = ::read(report_.fd(), piece.data(), piece.size());
      if (got < 0) return;
      if (got == 0) closed_ = true;
      const std::size_t room = kReportBytesMax - text_.size();
      text_.append(piece.data(), std::min(room, static_cast<std::size_t>(got)));
    }
  }
  bool reap(int flags) noexcept {
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, flags);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    // Somebody else may have collected it; then how it ended is unknown.
    status_ = got == pid_ ? status : -1;
    pid_ = -1;
    return true;
  }

  pid_t pid_ = -1;
  Descriptor report_, ended_;
  std::string text_;
  int status_ = -1;
  bool closed_ = false;
};

// What the probe said, line by line. It comes from a process that ran foreign code.
struct ProbeReport {
  std::string at;  // the last part that began
  std::optional<Refusal> refusal;
  std::optional<std::vector<FunctionInfo>> functions;
};

std::optional<RefusalCode> probe_code(std::string_view name) {
  for (std::size_t i = 0; i < kRefusalCodes; ++i) {
    const auto code = static_cast<RefusalCode>(i);
    if (to_string(code) == name && check_of(code) >= 5) return code;
  }
  return {};
}

void read_line(std::string_view line, ProbeReport& report) {
  json::ParseOptions options;
  options.bytes_max = kReportBytesMax;
  const json::Parsed parsed = json::parse(line, options);
  if (!parsed.ok() || !parsed.root().is_object()) return;
  const auto text = [&parsed](std::string_view key) -> const std::string* {
    const json::Value* value = parsed.root().find(key);
    return value == nullptr ? nullptr : value->as_string();
  };
  if (const std::string* at = text("at")) report.at = at->substr(0, 64);
  const std::string* code = text("code");
  const std::string* message = text("message");
  if (code != nullptr && message != nullptr)
    if (const auto known = probe_code(*code))
      report.refusal = Refusal{*known, message->substr(0, 2000)};
  if (const json::Value* functions = parsed.root().find("functions")) {
    Result<std::vector<FunctionInfo>> read = read_listing(json::to_text(*functions));
    if (read.ok()) report.functions = std::move(read).value();
  }
}

ProbeReport read_report(std::string_view text) {
  ProbeReport report;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    read_line(text.substr(0, end), report);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return report;
}

std::string where(const ProbeReport& report) {
  if (report.at.empty()) return " before it was loaded";
  std::string out = " in ";
  base::append_printable(out, report.at);
  return out;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    return "it crashed with SIG" + std::string(name == nullptr ? "?" : name);
  }
  return "it ended the process with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Checked<std::vector<FunctionInfo>> probe_library(const std::string& path,
                                                 const ProbeOptions& options, const Clock& clock) {
  ProbeProcess process;
  if (auto refusal = process.start(path, options)) return *std::move(refusal);
  const bool ended = process.wait(options.timeout, clock);
  process.kill();
  ProbeReport report = read_report(process.report());
  if (!ended)
    return Refusal{
        RefusalCode::probe_timeout,
        "it was not done after " + base::format_duration(options.timeout.count()) + where(report)};
  if (report.refusal) return *std::move(report.refusal);
  if (process.status() == -1) return failed("nobody knows how the probe ended");
  if (!WIFEXITED(process.status()) || WEXITSTATUS(process.status()) != 0 || !report.functions) {
    // 64, 127: the probe did not understand us, or is not there.
    if (report.at.empty() && WIFEXITED(process.status()))
      return failed("the probe ended with status " + std::to_string(WEXITSTATUS(process.status())));
    return Refusal{RefusalCode::probe_crashed, how_it_ended(process.status()) + where(report)};
  }
  return *std::move(report.functions);
}

}  // namespace leat::plugin
