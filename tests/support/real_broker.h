#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace leat::test {

// One real Apache Kafka broker (tests/broker/kafka.sh): its own port, its own folder, gone with
// this object.
//
// Owns the process and the folder. When the test process dies, even by SIGKILL, the broker ends and
// its folder is removed. A start takes about three seconds, so tests share one broker per suite and
// use topics of their own. Thread-confined. A broker that does not start or stop ends the test
// program with its log on stderr: no test can go on without it.
class RealBroker {
 public:
  struct Options {
    int port = 0;                       // 0 = any free one
    std::vector<std::string> settings;  // "key=value" of server.properties, over the defaults
  };

  RealBroker();
  explicit RealBroker(Options options);
  ~RealBroker();
  RealBroker(const RealBroker&) = delete;
  RealBroker& operator=(const RealBroker&) = delete;

  // Returns when it answers. After stop() or kill() it comes back with the same data on the same
  // port. Requires: !running().
  void start();
  // In order, as SIGTERM does; returns when it is gone. Nothing happens when it does not run.
  void stop();
  // As a crash does; returns when it is gone. A start after a kill takes some seconds longer.
  void kill();
  void restart();
  // Freezes and continues it: connections stay open and nothing answers. Requires: running().
  void suspend();
  void resume();

  bool running() const noexcept { return broker_ > 0; }
  // "127.0.0.1:<port>", the same over restarts. Requires: started once.
  const std::string& bootstrap() const noexcept { return bootstrap_; }
  std::uint16_t port() const noexcept;
  // Holds server.properties, broker.log and data/.
  const std::string& folder() const noexcept { return folder_; }

  // One broker for all tests of this program, started at the first call.
  static RealBroker& shared();

 private:
  void end(int signal);
  void reap();

  Options options_;
  std::string folder_;
  std::string bootstrap_;
  pid_t script_ = -1;  // kafka.sh run
  pid_t broker_ = -1;  // the JVM, a child of the script
  int lifeline_ = -1;  // the script's stdin: it ends the broker when this closes
};

}  // namespace leat::test
