#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>

#include <librdkafka/rdkafka.h>

#include "base/ref.h"
#include "base/status.h"
#include "base/wakeup.h"
#include "kafka/lists.h"
#include "kafka/settings.h"

namespace leat::kafka {

// One librdkafka client and its background thread.
//
// Kept alive by everything that views its memory (partitions, batches), so it is destroyed when the
// last of them goes; that takes milliseconds, or up to kCallMs while a posted call waits for a
// broker that is away. A consumer does not leave its group by that: a static member keeps its
// place. Thread-safe.
class Client final : public base::RefCounted {
 public:
  // Bound of one blocking call on the background thread.
  static constexpr int kCallMs = 1000;

  // Takes `conf`. `on_error` (producers) is called from whoever polls the client.
  static Result<base::Ref<Client>> make(
      Role role, rd_kafka_conf_t* conf,
      std::function<void(rd_kafka_resp_err_t, const char*)> on_error = {});

  rd_kafka_t* handle() const noexcept { return handle_; }
  // Runs `call` on the client's background thread after those posted before; dropped when the
  // client goes first. The call may block up to about kCallMs at a time. It must not hold a
  // reference to the client.
  void post(std::function<void(rd_kafka_t*)> call);

 private:
  Client() = default;
  ~Client() override;
  void run_next();
  static void on_background_event(rd_kafka_t* handle, rd_kafka_event_t* event, void* self);

  rd_kafka_t* handle_ = nullptr;
  Queue background_;
  std::function<void(rd_kafka_resp_err_t, const char*)> on_error_;
  std::mutex mutex_;
  std::deque<std::function<void(rd_kafka_t*)>> calls_;  // under mutex_
  std::atomic<bool> ending_{false};
};

// Wakes `wakeup` whenever the queue gets something after it was empty. `wakeup` outlives the queue.
void wake_on(const Queue& queue, base::Wakeup& wakeup);

}  // namespace leat::kafka
