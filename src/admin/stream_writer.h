#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admin/loop.h"
#include "admin/request.h"
#include "base/clock.h"

namespace leat::admin {

// Where a stream's bytes go. `done(ok, n)` is called later on the io thread; the bytes live until
// then.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write_some(std::string_view bytes,
                          std::function<void(bool ok, std::size_t n)> done) = 0;
};

// The writing side of one event stream: a bounded buffer between whoever has events and a reader of
// any speed. Sends a keep-alive comment now and then, and gives up on a reader that takes nothing
// for `stall_timeout` (at most half of it later). send(), end() and on_close() are thread-safe, the
// rest is the io thread's.
class StreamWriter final : public EventStream, public std::enable_shared_from_this<StreamWriter> {
 public:
  struct Limits {
    std::size_t buffer_bytes_max = 0;
    Duration stall_timeout{};
    Duration comment_interval{};
  };
  enum class Outcome : bool { ended, failed };
  // `finished` is called once on the io thread: everything was written after end(), or the reader
  // failed.
  StreamWriter(Loop& loop, Limits limits, std::function<void(Outcome)> finished)
      : loop_(loop), limits_(limits), finished_(std::move(finished)) {}

  // Writes `head` first. `sink` must live until finished or abandon().
  void start(ByteSink& sink, std::string head);
  // The connection is gone: nothing more is written, finished is not called.
  void abandon();

  bool send(std::string text) override;
  void end(std::string last) override;
  void on_close(std::function<void()> closed) override;

 private:
  void append(std::string text);
  void pump();
  void write_next();
  void written(bool ok, std::size_t n);
  void watch_stall(int idle_ticks, std::uint64_t seen);
  void comment_later();
  void shut();

  Loop& loop_;
  const Limits limits_;
  std::function<void(Outcome)> finished_;
  std::atomic<std::size_t> waiting_bytes_{0};  // given to send() and not yet written
  std::atomic<bool> closed_{false};
  ByteSink* sink_ = nullptr;
  std::string buffer_;
  std::string in_flight_;
  std::size_t offset_ = 0;
  std::uint64_t progress_ = 0;
  bool writing_ = false;
  bool ending_ = false;
  std::vector<std::function<void()>> on_close_;
};

}  // namespace leat::admin
