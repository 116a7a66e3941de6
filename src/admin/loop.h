#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"

namespace boost::asio {
class io_context;
}

namespace leat::admin {

// The io thread's loop. post() and stop() are thread-safe, also after stop(); the rest belongs to
// the thread that runs it. Nothing thrown by a handler leaves run(): it is logged, and the loop
// goes on.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs handlers until stop().
  void run();
  void stop();
  // Runs `work` on the io thread, soon. Dropped after stop().
  void post(std::function<void()> work);
  // Runs `work` on the io thread after `delay`. Dropped after stop().
  void after(Duration delay, std::function<void()> work);
  boost::asio::io_context& io() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leat::admin
