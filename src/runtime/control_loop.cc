#include "runtime/control_loop.h"

#include <pthread.h>

#include <algorithm>

namespace leat::runtime {
namespace {
// The loop turns at least this often, so that sources are served and liveness can be judged.
constexpr Duration kTurnMax = std::chrono::seconds(1);
}  // namespace

void name_this_thread(const char* name) noexcept { ::pthread_setname_np(::pthread_self(), name); }

ControlLoop::ControlLoop(const Clock& clock) : clock_(clock), mailbox_(wakeup_) {}

ControlLoop::~ControlLoop() { stop(); }

void ControlLoop::start(std::function<Instant(Instant)> tick) {
  tick_ = std::move(tick);
  turned_at_.store(clock_.now().time_since_epoch().count());
  thread_ = std::thread([this] { run(); });
}

void ControlLoop::stop() {
  if (!thread_.joinable()) return;
  post([this] { ending_.store(true); });
  thread_.join();
}

void ControlLoop::post(Action action) { LEAT_CHECK(mailbox_.push(std::move(action))); }

ControlPort ControlLoop::port() {
  return {wakeup_, [this](Action action) { post(std::move(action)); }, clock_};
}

bool ControlLoop::turned_within(Duration limit) const noexcept {
  return clock_.now().time_since_epoch().count() - turned_at_.load() <= limit.count();
}

void ControlLoop::run() {
  name_this_thread("leat-control");
  while (!ending_.load()) {
    for (Action& action : mailbox_.take()) action();
    const Instant now = clock_.now();
    turned_at_.store(now.time_since_epoch().count());
    const Instant again = std::min(tick_(now), now + kTurnMax);
    wakeup_.announce();
    if (mailbox_.pending() || ending_.load()) {
      wakeup_.cancel();
      continue;
    }
    const Instant before_sleep = clock_.now();
    if (again <= before_sleep) {
      wakeup_.cancel();
      continue;
    }
    wakeup_.sleep(again - before_sleep);
  }
}

DiskThread::DiskThread() : mailbox_(wakeup_), thread_([this] { run(); }) {}

DiskThread::~DiskThread() {
  post([this] { ending_.store(true); });
  thread_.join();
}

void DiskThread::post(Action action) { LEAT_CHECK(mailbox_.push(std::move(action))); }

void DiskThread::run() {
  name_this_thread("leat-checkpoint");
  while (!ending_.load()) {
    for (Action& action : mailbox_.take()) action();
    wakeup_.announce();
    if (mailbox_.pending() || ending_.load()) {
      wakeup_.cancel();
      continue;
    }
    wakeup_.sleep(Duration(-1));
  }
}

}  // namespace leat::runtime
