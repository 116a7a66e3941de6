#include "daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "json/parse.h"

extern char** environ;

namespace leat::test {
namespace {

constexpr int kStartMsMax = 30'000;
constexpr int kStopMsMax = 45'000;

std::string make_folder() {
  std::string path = "/tmp/leat-acceptance.XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

// A line of the process' stdout; what came when the time is over.
std::string read_line(int fd, int timeout_ms) {
  std::string line;
  char letter = 0;
  pollfd ready{fd, POLLIN, 0};
  while (poll(&ready, 1, timeout_ms) > 0 && read(fd, &letter, 1) == 1 && letter != '\n') line.push_back(letter);
  return line;
}

// The environment of the test without what would configure the daemon, with `faults`.
std::vector<std::string> environment(const std::string& faults) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string(*entry).starts_with("LEAT_")) out.emplace_back(*entry);
  if (!faults.empty()) out.push_back("LEAT_FAULTS=" + faults);
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const std::string& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Daemon::Daemon(std::string brokers, std::string instance)
    : brokers_(std::move(brokers)), instance_(std::move(instance)), folder_(make_folder()) {}

Daemon::~Daemon() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Daemon::start(const std::string& faults) {
  const std::vector<std::string> words = {LEAT_BINARY, "serve", "--listen", "127.0.0.1:0", "--state-dir", folder_ + "/state", "--brokers", brokers_,
                                          "--set", "auth.mode=none", "--set", "instance=" + instance_, "--log-format", "text"};
  const std::vector<std::string> variables = environment(faults);
  std::array<int, 2> output{};
  ASSERT_EQ(pipe2(output.data(), O_CLOEXEC), 0);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int error = posix_spawn(&pid_, LEAT_BINARY, &files, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  ::close(output[1]);
  ASSERT_EQ(error, 0) << LEAT_BINARY;
  output_ = output[0];
  const std::string line = read_line(output_, kStartMsMax);
  const std::size_t at = line.find("http://");
  ASSERT_NE(at, std::string::npos) << "no ready line, but: " << line << "\n" << log();
  const Result<net::Address> address = net::parse_address(line.substr(at, line.find(' ', at) - at));
  ASSERT_TRUE(address.ok()) << line;
  address_ = *address;
}

void Daemon::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap(kStopMsMax);
}

int Daemon::terminate() {
  EXPECT_GT(pid_, 0);
  ::kill(pid_, SIGTERM);
  int how = 0;
  if (!ended_by_itself(how, kStopMsMax)) {
    ADD_FAILURE() << "SIGTERM does not end it\n" << log();
    kill();
    return -SIGKILL;
  }
  return how;
}

bool Daemon::ended_by_itself(int& how, int timeout_ms) {
  how = reap(timeout_ms);
  return pid_ < 0;
}

int Daemon::reap(int timeout_ms) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{handle, POLLIN, 0};
  const bool over = poll(&ended, 1, timeout_ms) > 0;
  ::close(handle);
  if (!over) return 0;
  int status = 0;
  waitpid(pid_, &status, 0);
  ::close(output_);
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Daemon::Answer Daemon::call(const std::string& method, const std::string& target, const std::string& body) const {
  const net::HttpClient client(address_, base::machine_clock());
  net::Request request{method, target, {}, body};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  const Result<net::Response> response = client.exchange(request, std::chrono::seconds(90));
  Answer answer;
  if (!response.ok()) {
    answer.text = response.status().to_string();
    return answer;
  }
  answer.status = response->status;
  answer.text = response->body;
  if (json::Parsed parsed = json::parse(answer.text); parsed.ok()) answer.body = parsed.root();
  return answer;
}

void Daemon::post(const std::string& definition) const {
  const Answer answer = call("POST", "/v1/pipelines", definition);
  ASSERT_EQ(answer.status, 201) << answer.text << "\n" << log();
}

bool Daemon::wait_for(const std::string& pipeline, const std::string& what, int timeout_s) const {
  const std::string target = "/v1/pipelines/" + pipeline + ":wait?for=" + what + "&timeout=" + std::to_string(timeout_s) + "s";
  const Answer answer = call("GET", target);
  const json::Value* const met = answer.body.find("met");
  const bool holds = answer.status == 200 && met != nullptr && met->as_bool().value_or(false);
  EXPECT_TRUE(holds) << what << ": " << answer.status << " " << answer.text << "\n" << log();
  return holds;
}

std::string Daemon::text_at(const std::string& pipeline, const std::string& pointer) const {
  const Answer answer = call("GET", "/v1/pipelines/" + pipeline);
  const json::Value* const found = json::find_pointer(answer.body, pointer);
  return found != nullptr && found->as_string() != nullptr ? *found->as_string() : std::string();
}

std::size_t Daemon::partitions_of(const std::string& pipeline) const {
  const Answer answer = call("GET", "/v1/pipelines/" + pipeline + "/offsets");
  const json::Value* const items = answer.body.find("items");
  return items != nullptr ? items->elements().size() : 0;
}

std::string Daemon::condition(const std::string& pipeline, const std::string& type) const {
  const Answer answer = call("GET", "/v1/pipelines/" + pipeline);
  const json::Value* const conditions = json::find_pointer(answer.body, "/status/conditions");
  if (conditions == nullptr) return {};
  for (const json::Value& condition : conditions->elements()) {
    const json::Value* const name = condition.find("type");
    const json::Value* const status = condition.find("status");
    if (name != nullptr && name->as_string() != nullptr && *name->as_string() == type && status != nullptr && status->as_string() != nullptr)
      return *status->as_string();
  }
  return {};
}

std::string Daemon::whole_log() const {
  std::ostringstream text;
  text << std::ifstream(folder_ + "/log").rdbuf();
  return text.str();
}

bool Daemon::logged(const std::string& text) const {
  return whole_log().find(text) != std::string::npos;
}

std::string Daemon::log() const {
  const std::string all = whole_log();
  return all.size() > 6000 ? all.substr(all.size() - 6000) : all;
}

bool eventually(int timeout_ms, const std::function<bool()>& holds) {
  const Instant until = base::machine_clock().now() + std::chrono::milliseconds(timeout_ms);
  while (!holds()) {
    if (base::machine_clock().now() > until) return false;
    poll(nullptr, 0, 50);
  }
  return true;
}

bool long_run() {
  const char* const set = std::getenv("LEAT_LONG");
  return set != nullptr && std::string_view(set) == "1";
}

}  // namespace leat::test
