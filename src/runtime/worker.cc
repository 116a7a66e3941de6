#include "runtime/worker.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <string>

#include "runtime/control_loop.h"

namespace leat::runtime {

Worker::Worker(std::uint32_t number, const Clock& clock, IdleStrategy idle, int pin_to)
    : number_(number), clock_(clock), idle_(idle), pin_to_(pin_to), mailbox_(wakeup_) {
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  LEAT_CHECK(mailbox_.push([this] { ending_.store(true); }));
  thread_.join();
}

void Worker::add(std::unique_ptr<flow::Task> task) {
  // std::function wants copyable captures; the task is owned by the tasks_ vector once the action
  // ran.
  auto* const raw = task.release();
  LEAT_CHECK(mailbox_.push([this, raw] { tasks_.emplace_back(raw); }));
}

void Worker::remove(std::vector<flow::Task*> tasks, std::function<void()> done) {
  LEAT_CHECK(mailbox_.push([this, tasks = std::move(tasks), done = std::move(done)] {
    const auto leaves = [&](const std::unique_ptr<flow::Task>& task) {
      return std::find(tasks.begin(), tasks.end(), task.get()) != tasks.end();
    };
    for (const auto& task : tasks_)
      if (leaves(task)) task->close();
    std::erase_if(tasks_, leaves);
    done();
  }));
}

void Worker::between_steps(std::function<void()> work) {
  LEAT_CHECK(mailbox_.push(std::move(work)));
}

bool Worker::step_all(Instant now, Instant& wake_at) {
  const WallTime wall = clock_.wall_now();
  bool worked = false;
  for (const auto& task : tasks_) {
    const flow::StepOutcome outcome = task->step(now, wall);
    worked |= outcome.worked;
    wake_at = std::min(wake_at, outcome.wake_at);
  }
  return worked;
}

void Worker::sleep_until(Instant wake_at) {
  const Instant from = clock_.now();
  if (wake_at <= from) {
    wakeup_.cancel();
    return;
  }
  wakeup_.sleep(wake_at == base::kNever ? Duration(-1) : wake_at - from);
  last_sleep_ = clock_.now() - from;
}

void Worker::run() {
  name_this_thread(("leat-worker-" + std::to_string(number_)).c_str());
  if (pin_to_ >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(pin_to_), &set);
    ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
  }
  Instant idle_since{};
  bool idle = false;
  while (true) {
    for (auto& action : mailbox_.take()) action();
    if (ending_.load(std::memory_order_relaxed)) break;
    const Instant now = clock_.now();
    Instant wake_at = base::kNever;
    if (step_all(now, wake_at)) {
      idle = false;
      continue;
    }
    if (!idle) {
      idle = true;
      idle_since = now;
    }
    const Duration quiet = now - idle_since;
    const bool spins = last_sleep_ < idle_.spin;  // the last wait was short: this one may be too
    if (spins && quiet < idle_.spin) continue;
    if (spins && quiet < idle_.spin + idle_.yield) {
      ::sched_yield();
      continue;
    }
    // Announce first, look once more, then sleep: whoever has work for us sees the announcement, or
    // we see the work.
    wakeup_.announce();
    Instant again = base::kNever;
    if (mailbox_.pending() || step_all(clock_.now(), again)) {
      wakeup_.cancel();
      idle = false;
      continue;
    }
    sleep_until(again);
  }
  for (const auto& task : tasks_) task->close();
  tasks_.clear();
}

}  // namespace leat::runtime
