#include "local/line_sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "base/wall_ms.h"

namespace leat::local {
namespace {

constexpr Duration kRetryInterval = std::chrono::milliseconds(10);

// A duration for a histogram; clocks may step back.
std::uint64_t microseconds(std::int64_t passed) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, passed));
}

Status write_failure(int error) {
  return Status(Code::unavailable, std::string("lines cannot be written: ") + std::strerror(error));
}

}  // namespace

LineWriter::LineWriter(const LineTarget& target, Descriptor file, flow::SinkBinding binding,
                       const flow::WriterContext& context, flow::SinkListener& listener)
    : json_(target.json),
      synced_(file.open()),
      fd_(file.open() ? file.get() : target.fd),
      file_(std::move(file)),
      binding_(std::move(binding)),
      stats_(context.stats),
      latency_(context.latency),
      route_(context.errors),
      ledger_(context.ledger),
      clock_(context.clock),
      listener_(listener) {}

bool LineWriter::append(std::string_view text) {
  const std::size_t begin = buffer_.size();
  if (text.find_first_of("\n\r") == std::string_view::npos) {
    buffer_.append(text);
  } else if (json_) {
    buffer_.append(text);
    // No JSON string holds one as it is: they stand between tokens.
    std::replace_if(
        buffer_.begin() + static_cast<std::ptrdiff_t>(begin), buffer_.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
  } else {
    return false;
  }
  buffer_.push_back('\n');
  return true;
}

Status LineWriter::write(record::RecordBatch& batch, EpochId epoch) {
  stats_.in.add(batch.size());
  texts_.resize(batch.size());
  errors_.resize(batch.size());
  binding_.encoder->encode(batch, texts_, errors_);
  const std::size_t begin = buffer_.size();
  Mark mark{epoch, 0, 0, clock_.now(), {}};
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const record::Row& row = batch.rows()[i];
    if (row.tombstone()) {
      stats_.dropped(flow::DropReason::tombstone).add(1);
    } else if (errors_[i] != nullptr) {
      route_.fail(batch, i, *errors_[i]);
    } else if (!append(texts_[i])) {
      route_.fail(batch, i, kLineFeed);
    } else {
      mark_row(mark, row);
    }
  }
  if (mark.rows == 0) return {};
  stats_.out.add(mark.rows);
  stats_.bytes.add(buffer_.size() - begin);
  ledger_.add(epoch, mark.rows);
  mark.end = total_done_ + buffer_.size();
  marks_.push_back(std::move(mark));
  if (batch.now.us > 0) latency_.process.add(microseconds(clock_.wall_now().us - batch.now.us));
  return flush();
}

void LineWriter::mark_row(Mark& mark, const record::Row& row) {
  ++mark.rows;
  // The time of a row that a step made is its window's: no record was under way since then.
  const std::int64_t timestamp_ms = row.made() ? 0 : row.timestamp_ms;
  if (mark.times.empty() || mark.times.back().first != timestamp_ms)
    mark.times.emplace_back(timestamp_ms, 0);
  ++mark.times.back().second;
}

Status LineWriter::flush() {
  while (written_ < buffer_.size()) {
    std::size_t bytes = buffer_.size() - written_;
    if (!synced_) {
      // A pipe that is ready takes PIPE_BUF bytes without blocking, and its flags are not ours to
      // change.
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, 0) == 0) break;
      bytes = std::min<std::size_t>(bytes, PIPE_BUF);
    }
    const ssize_t done = ::write(fd_, buffer_.data() + written_, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EAGAIN) break;
    if (done < 0) return write_failure(errno);
    written_ += static_cast<std::size_t>(done);
  }
  if (written_ == buffer_.size() || written_ >= kBufferBytesMax) {
    total_done_ += written_;
    buffer_.erase(0, written_);
    written_ = 0;
  }
  if (!synced_) acknowledge(total_done_ + written_);
  return {};
}

void LineWriter::acknowledge(std::uint64_t bytes_done) {
  if (marks_.empty() || marks_.front().end > bytes_done) return;
  const Instant now = clock_.now();
  const std::int64_t wall_us = clock_.wall_now().us;
  while (!marks_.empty() && marks_.front().end <= bytes_done) {
    const Mark mark = std::move(marks_.front());
    marks_.pop_front();
    ledger_.done(mark.epoch, mark.rows);
    latency_.sink_ack.add(microseconds((now - mark.taken_at).count() / 1000), mark.rows);
    for (const auto& [timestamp_ms, rows] : mark.times)
      if (timestamp_ms > 0)
        latency_.end_to_end.add(microseconds(wall_us - base::wall_of_ms(timestamp_ms).us), rows);
  }
}

Status LineWriter::on_epoch_end(EpochId) {
  LEAT_RETURN_IF_ERROR(flush());
  if (!synced_ || marks_.empty()) return {};
  if (::fdatasync(fd_) != 0) return write_failure(errno);
  acknowledge(total_done_ + written_);
  return {};
}

Instant LineWriter::serve(Instant now) {
  if (failed_ || written_ == buffer_.size()) return base::kNever;
  if (Status status = flush(); !status.ok()) {
    failed_ = true;
    listener_.on_sink_failed(std::move(status));
    return base::kNever;
  }
  return written_ == buffer_.size() ? base::kNever : now + kRetryInterval;
}

Result<Descriptor> LineSink::open(const LineTarget& target) const {
  if (target.path.empty()) return Descriptor();
  Result<Descriptor> file = open_beneath(folders_, target.path, Access::append);
  if (!file.ok()) return file.status();
  // A crash may have left half a line.
  struct stat about {};
  char last = '\n';
  if (::fstat(file->get(), &about) == 0 && about.st_size > 0 &&
      ::pread(file->get(), &last, 1, about.st_size - 1) == 1 && last != '\n') {
    if (::write(file->get(), "\n", 1) != 1) return write_failure(errno).with("path", target.path);
  }
  return file;
}

Status LineSink::start(flow::SinkListener& listener, base::Wakeup& control) {
  for (const auto& [sink, target] : targets_) {
    Result<Descriptor> file = open(target);
    if (!file.ok()) return file.status();
  }
  listener_ = &listener;
  control.wake();
  return {};
}

Result<std::unique_ptr<flow::SinkWriter>> LineSink::make_writer(
    std::uint32_t sink, flow::SinkBinding binding, const flow::WriterContext& context) {
  const LineTarget& target = targets_.at(sink);
  Result<Descriptor> file = open(target);
  if (!file.ok()) return file.status();
  return std::unique_ptr<flow::SinkWriter>(std::make_unique<LineWriter>(
      target, *std::move(file), std::move(binding), context, *listener_));
}

Instant LineSink::serve(Instant) {
  if (!told_ && listener_ != nullptr) {
    told_ = true;
    listener_->on_sink_connected(true, "CONNECTED", "all targets are open");
  }
  return base::kNever;
}

}  // namespace leat::local
