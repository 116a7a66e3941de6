#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/status.h"
#include "base/wakeup.h"

namespace leat::runtime {

using Action = std::function<void()>;

// What things on the control thread need of it; a test drives them with a queue of its own.
// Thread-safe members.
struct ControlPort {
  base::Wakeup& wakeup;              // wakes the loop; also given to sources and sinks
  std::function<void(Action)> post;  // runs the action on the control thread, later
  const Clock& clock;
};

// The control thread: runs posted actions, then ticks its owner, then sleeps until the next
// deadline or wake-up.
class ControlLoop {
 public:
  explicit ControlLoop(const Clock& clock);
  ~ControlLoop();
  ControlLoop(const ControlLoop&) = delete;
  ControlLoop& operator=(const ControlLoop&) = delete;

  // `tick` is called on the loop's thread and returns when it wants to be called again at the
  // latest.
  void start(std::function<Instant(Instant)> tick);
  // Ends the loop after what was posted before; joins. Not from the loop's own thread.
  void stop();
  void post(Action action);
  ControlPort port();
  // True when the loop turned within `limit`.
  bool turned_within(Duration limit) const noexcept;

 private:
  void run();

  const Clock& clock_;
  base::Wakeup wakeup_;
  base::Mailbox<Action> mailbox_;
  std::function<Instant(Instant)> tick_;
  std::atomic<bool> ending_{false};
  std::atomic<Duration::rep> turned_at_{0};
  std::thread thread_;
};

// One thread for work that waits for the disk. Actions run in order; what they have to say they
// post back.
class DiskThread {
 public:
  DiskThread();
  ~DiskThread();  // runs what was posted before, then joins
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;
  void post(Action action);

 private:
  void run();

  base::Wakeup wakeup_;
  base::Mailbox<Action> mailbox_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

// Names the calling thread for ps and top (at most 15 characters).
void name_this_thread(const char* name) noexcept;

}  // namespace leat::runtime
