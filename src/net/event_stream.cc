#include "net/event_stream.h"

#include <array>

namespace leat::net {

Result<std::optional<ServerEvent>> EventStream::next(Instant deadline) {
  for (;;) {
    Result<std::optional<std::string>> line = next_line(deadline);
    if (!line.ok()) return std::move(line).status();
    if (!line->has_value()) return std::optional<ServerEvent>();
    if (!(**line).empty()) {
      take_field(**line);
      if (open_.data.size() > kEventBytesMax)
        return Status(Code::exhausted, "an event of the stream is too large");
      continue;
    }
    ServerEvent done = std::move(open_);
    const bool complete = has_data_;
    open_ = {};
    open_.id = done.id;  // the id holds until another one comes
    has_data_ = false;
    if (complete) return std::optional<ServerEvent>(std::move(done));
  }
}

Result<std::optional<std::string>> EventStream::next_line(Instant deadline) {
  for (;;) {
    if (skip_lf_ && !ahead_.empty()) {
      if (ahead_.front() == '\n') ahead_.erase(0, 1);
      skip_lf_ = false;
    }
    const std::size_t end = ahead_.find_first_of("\r\n", scanned_);
    if (end != std::string::npos) {
      std::optional<std::string> line(ahead_.substr(0, end));
      skip_lf_ = ahead_[end] == '\r';
      ahead_.erase(0, end + 1);
      scanned_ = 0;
      return line;
    }
    scanned_ = ahead_.size();
    if (scanned_ > kEventBytesMax)
      return Status(Code::exhausted, "a line of the stream is too long");
    std::array<char, 16 * 1024> buffer;
    const Result<std::size_t> got = stream_->read(buffer, deadline);
    if (!got.ok()) return got.status();
    if (*got == 0) return std::optional<std::string>();
    ahead_.append(buffer.data(), *got);
  }
}

void EventStream::take_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") {
    open_.type = value.empty() ? "message" : std::string(value);
  } else if (name == "data") {
    if (has_data_) open_.data += '\n';
    open_.data += value;
    has_data_ = true;
  } else if (name == "id") {
    open_.id = value;
  }
}

}  // namespace leat::net
