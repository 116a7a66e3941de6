#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "json/document.h"
#include "net/http_client.h"

namespace leat::test {

// One `leat serve` process and its state folder, gone with this object. Thread-confined, but call() may be made on any thread.
class Daemon {
 public:
  struct Answer {
    int status = 0;
    json::Value body;
    std::string text;
  };

  // `brokers` as the setting kafka.profiles.default.brokers takes it.
  // `instance` tells it from others of its application.
  explicit Daemon(std::string brokers, std::string instance = "acceptance");
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Starts the process and returns with its ready line; a failure fails the test. `faults` as LEAT_FAULTS takes it.
  void start(const std::string& faults = {});
  // kill -9.
  void kill();
  // SIGTERM; the exit code, or -signal. A process that does not end in time is killed and fails the test.
  int terminate();
  // Waits for the process to end by itself: the exit code, or -signal; false when it does not.
  bool ended_by_itself(int& how, int timeout_ms);
  pid_t pid() const noexcept { return pid_; }
  // Where it keeps its state.
  std::string state_dir() const { return folder_ + "/state"; }

  Answer call(const std::string& method, const std::string& target, const std::string& body = {}) const;
  // Posts a definition; anything but 201 fails the test.
  void post(const std::string& definition) const;
  // Waits (GET …:wait) until it holds.
  bool wait_for(const std::string& pipeline, const std::string& what, int timeout_s = 60) const;
  // The text at a JSON pointer of `GET /v1/pipelines/<pipeline>`, or "".
  std::string text_at(const std::string& pipeline, const std::string& pointer) const;
  // How many partitions it reads.
  std::size_t partitions_of(const std::string& pipeline) const;
  // status.conditions[type].status, or "" when it is not there.
  std::string condition(const std::string& pipeline, const std::string& type) const;
  // Whether the text stands anywhere in the process' log.
  bool logged(const std::string& text) const;
  // The end of the process' log.
  std::string log() const;

 private:
  int reap(int timeout_ms);
  std::string whole_log() const;

  const std::string brokers_;
  const std::string instance_;
  std::string folder_;
  net::Address address_;
  pid_t pid_ = -1;
  int output_ = -1;
};

// Asks every 50 ms until it holds or the time is over.
bool eventually(int timeout_ms, const std::function<bool()>& holds);

// "True" with LEAT_LONG=1 in the environment: full size.
bool long_run();

}  // namespace leat::test
