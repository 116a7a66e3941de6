#include "support/real_broker.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

extern char** environ;

namespace leat::test {
namespace {

[[noreturn]] void give_up(std::string_view what) {
  std::fprintf(stderr, "RealBroker: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

std::string make_folder() {
  const char* base = std::getenv("TMPDIR");
  std::string path = std::string(base != nullptr ? base : "/tmp") + "/leat-broker.XXXXXX";
  if (mkdtemp(path.data()) == nullptr) give_up("no temporary folder at " + path);
  return path;
}

std::vector<std::string> command_line(const RealBroker::Options& options,
                                      const std::string& folder) {
  std::vector<std::string> words = {LEAT_BROKER_SCRIPT, "run", "--temporary", "--dir", folder};
  if (options.port != 0) {
    words.push_back("--port");
    words.push_back(std::to_string(options.port));
  }
  for (const std::string& setting : options.settings) {
    words.push_back("--set");
    words.push_back(setting);
  }
  return words;
}

struct Child {
  pid_t pid;
  int input;   // write end of its stdin
  int output;  // read end of its stdout
};

// Both of our ends are close-on-exec: a daemon that a test starts later must not keep the broker
// alive.
Child spawn(const std::vector<std::string>& words) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0)
    give_up("no pipe");
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output[1], STDOUT_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  ::close(input[0]);
  ::close(output[1]);
  if (error != 0) give_up(words[0] + ": " + std::strerror(error));
  return {pid, input[1], output[0]};
}

// Up to the line's end or the end of the output.
std::string read_line(int fd) {
  std::string line;
  char letter = 0;
  while (true) {
    const ssize_t n = ::read(fd, &letter, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || letter == '\n') return line;
    line.push_back(letter);
  }
}

// The value of `key=` in a line of words; empty when it is not there.
std::string word_of(const std::string& line, const std::string& key) {
  const std::size_t at = line.find(key + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size() + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

}  // namespace

RealBroker::RealBroker() : RealBroker(Options{}) {}

RealBroker::RealBroker(Options options) : options_(std::move(options)) {}

RealBroker::~RealBroker() {
  kill();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void RealBroker::start() {
  if (running()) give_up("start: it runs already");
  if (folder_.empty()) folder_ = make_folder();
  const Child child = spawn(command_line(options_, folder_));
  script_ = child.pid;
  lifeline_ = child.input;
  const std::string line = read_line(child.output);
  ::close(child.output);
  bootstrap_ = word_of(line, "bootstrap");
  broker_ = static_cast<pid_t>(std::atoi(word_of(line, "pid").c_str()));
  if (bootstrap_.empty() || broker_ <= 0) give_up("the broker did not start (its log is above)");
}

void RealBroker::stop() { end(SIGTERM); }

void RealBroker::kill() { end(SIGKILL); }

void RealBroker::restart() {
  stop();
  start();
}

void RealBroker::suspend() {
  if (!running()) give_up("suspend: it does not run");
  ::kill(broker_, SIGSTOP);
}

void RealBroker::resume() {
  if (!running()) give_up("resume: it does not run");
  ::kill(broker_, SIGCONT);
}

std::uint16_t RealBroker::port() const noexcept {
  return static_cast<std::uint16_t>(std::atoi(bootstrap_.c_str() + bootstrap_.find(':') + 1));
}

RealBroker& RealBroker::shared() {
  static RealBroker broker;
  if (!broker.running()) broker.start();
  return broker;
}

void RealBroker::end(int signal) {
  if (!running()) return;
  ::kill(broker_, SIGCONT);
  ::kill(broker_, signal);
  reap();
}

// The script ends after its broker did; only then may the lifeline close, or it would remove the
// folder.
void RealBroker::reap() {
  int status = 0;
  while (waitpid(script_, &status, 0) < 0 && errno == EINTR) {}
  ::close(lifeline_);
  script_ = -1;
  broker_ = -1;
  lifeline_ = -1;
}

}  // namespace leat::test
