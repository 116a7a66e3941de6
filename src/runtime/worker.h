#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/wakeup.h"
#include "flow/task.h"

namespace leat::runtime {

// Where tasks live: a thread of its own in the daemon, the test's own thread in tests.
class TaskHost {
 public:
  virtual ~TaskHost() = default;
  // Tasks, readers and writers that live here are woken by it.
  virtual base::Wakeup& wakeup() = 0;
  // Takes the task over; it is stepped from now on.
  virtual void add(std::unique_ptr<flow::Task> task) = 0;
  // Closes and destroys the tasks on their own thread, then calls `done` there.
  virtual void remove(std::vector<flow::Task*> tasks, std::function<void()> done) = 0;
  // Runs `work` on the tasks' thread between two steps, behind what was asked for before. Short work
  // only.
  virtual void between_steps(std::function<void()> work) = 0;
};

struct IdleStrategy {
  Duration spin{};   // keep looking for work so long after the last
  Duration yield{};  // then so long, giving the core away between looks; then sleep
};

// A thread that steps its tasks as long as any of them works, and sleeps when none does.
class Worker final : public TaskHost {
 public:
  // `pin_to`: the core to stay on, negative = any.
  Worker(std::uint32_t number, const Clock& clock, IdleStrategy idle, int pin_to);
  ~Worker() override;  // joins; tasks still here are closed
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  base::Wakeup& wakeup() override { return wakeup_; }
  void add(std::unique_ptr<flow::Task> task) override;
  void remove(std::vector<flow::Task*> tasks, std::function<void()> done) override;
  void between_steps(std::function<void()> work) override;

 private:
  void run();
  bool step_all(Instant now, Instant& wake_at);
  void sleep_until(Instant wake_at);

  const std::uint32_t number_;
  const Clock& clock_;
  const IdleStrategy idle_;
  const int pin_to_;
  base::Wakeup wakeup_;
  base::Mailbox<std::function<void()>> mailbox_;
  std::vector<std::unique_ptr<flow::Task>> tasks_;  // of the worker's thread
  Duration last_sleep_{};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace leat::runtime
