#include "admin/stream_writer.h"

#include <utility>

namespace leat::admin {

namespace {
constexpr std::string_view kComment = ": keep-alive\n\n";
}

void StreamWriter::start(ByteSink& sink, std::string head) {
  sink_ = &sink;
  waiting_bytes_ += head.size();
  append(std::move(head));
  watch_stall(0, progress_);
  comment_later();
}

bool StreamWriter::send(std::string text) {
  if (closed_.load() || waiting_bytes_.load() + text.size() > limits_.buffer_bytes_max)
    return false;
  waiting_bytes_ += text.size();
  loop_.post([self = shared_from_this(), text = std::move(text)]() mutable {
    self->append(std::move(text));
  });
  return true;
}

void StreamWriter::end(std::string last) {
  loop_.post([self = shared_from_this(), last = std::move(last)]() mutable {
    if (self->closed_.load() || self->ending_) return;
    self->waiting_bytes_ += last.size();
    self->append(std::move(last));
    self->ending_ = true;
    self->pump();
  });
}

void StreamWriter::on_close(std::function<void()> closed) {
  loop_.post([self = shared_from_this(), closed = std::move(closed)]() mutable {
    if (self->closed_.load()) return closed();
    self->on_close_.push_back(std::move(closed));
  });
}

void StreamWriter::append(std::string text) {
  if (closed_.load() || ending_) {
    waiting_bytes_ -= text.size();
    return;
  }
  buffer_ += text;
  pump();
}

void StreamWriter::pump() {
  if (writing_ || closed_.load()) return;
  if (!buffer_.empty()) {
    in_flight_ = std::exchange(buffer_, {});
    offset_ = 0;
    return write_next();
  }
  if (!ending_) return;
  shut();
  finished_(Outcome::ended);
}

void StreamWriter::write_next() {
  writing_ = true;
  sink_->write_some(std::string_view(in_flight_).substr(offset_),
                    [self = shared_from_this()](bool ok, std::size_t n) { self->written(ok, n); });
}

void StreamWriter::written(bool ok, std::size_t n) {
  writing_ = false;
  if (closed_.load()) return;
  if (!ok) {
    shut();
    return finished_(Outcome::failed);
  }
  ++progress_;
  offset_ += n;
  waiting_bytes_ -= n;
  if (offset_ < in_flight_.size()) return write_next();
  pump();
}

void StreamWriter::watch_stall(int idle_ticks, std::uint64_t seen) {
  loop_.after(limits_.stall_timeout / 2, [weak = weak_from_this(), idle_ticks, seen] {
    const auto self = weak.lock();
    if (self == nullptr || self->closed_.load()) return;
    const bool stalled = self->writing_ && self->progress_ == seen;
    if (!stalled) return self->watch_stall(0, self->progress_);
    if (idle_ticks < 2) return self->watch_stall(idle_ticks + 1, seen);
    self->shut();
    self->finished_(Outcome::failed);
  });
}

void StreamWriter::comment_later() {
  loop_.after(limits_.comment_interval, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->closed_.load()) return;
    self->send(std::string(kComment));
    self->comment_later();
  });
}

void StreamWriter::abandon() {
  if (!closed_.load()) shut();
}

void StreamWriter::shut() {
  closed_.store(true);
  for (const auto& closed : std::exchange(on_close_, {})) closed();
}

}  // namespace leat::admin
