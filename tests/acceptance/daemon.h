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
  explicit Daemon(std::string brokers);
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

  Answer call(const std::string& method, const std::string& target, const std::string& body = {}) const;
  // Posts a definition; anything but 201 fails the test.
  void post(const std::string& definition) const;
  // Waits (GET …:wait) until it holds.
  bool wait_for(const std::string& pipeline, const std::string& what, int timeout_s = 60) const;
  // status.conditions[type].status, or "" when it is not there.
  std::string condition(const std::string& pipeline, const std::string& type) const;
  // What stands in the process' log.
  std::string log() const;

 private:
  int reap(int timeout_ms);

  const std::string brokers_;
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
