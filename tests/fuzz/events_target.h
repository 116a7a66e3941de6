#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/event_stream.h"

// Server-sent events as the client reads them, against a reader that has the whole text.
namespace leat::fuzz {

// Gives a text in pieces of `piece` bytes.
class PiecewiseStream final : public net::ResponseStream {
 public:
  PiecewiseStream(std::string_view text, std::size_t piece) : rest_(text), piece_(piece) {}
  const net::Response& head() const noexcept override { return head_; }
  Result<std::size_t> read(std::span<char> into, Instant) override {
    const std::size_t count = std::min({piece_, into.size(), rest_.size()});
    rest_.copy(into.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
  net::Response head_;
};

inline std::string shown(const net::ServerEvent& event) {
  return event.type + "|" + event.id + "|" + event.data;
}

// Lines that are ended, whatever ends them.
inline std::vector<std::string> ended_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      line += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines.push_back(line);
    line.clear();
  }
  return lines;
}

inline std::vector<std::string> expected_events(std::string_view text) {
  std::vector<std::string> events;
  net::ServerEvent event;
  std::vector<std::string> data;
  for (const std::string& line : ended_lines(text)) {
    if (line.empty()) {
      for (const std::string& each : data) event.data += (&each == &data[0] ? "" : "\n") + each;
      if (!data.empty()) events.push_back(shown(event));
      event = {.type = "message", .data = {}, .id = event.id};
      data.clear();
      continue;
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string field = line.substr(0, colon);
    std::string value = colon < line.size() ? line.substr(colon + 1) : "";
    if (!value.empty() && value[0] == ' ') value.erase(0, 1);
    if (field == "data") data.push_back(value);
    if (field == "event") event.type = value.empty() ? "message" : value;
    if (field == "id") event.id = value;
  }
  return events;
}

inline void fuzz_events(std::string_view text) {
  const std::vector<std::string> expected = expected_events(text);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{100'000}}) {
    net::EventStream stream(std::make_unique<PiecewiseStream>(text, piece));
    std::vector<std::string> events;
    for (;;) {
      const Result<std::optional<net::ServerEvent>> next = stream.next(Instant());
      LEAT_CHECK(next.ok());
      if (!next->has_value()) break;
      events.push_back(shown(**next));
    }
    LEAT_CHECK(events == expected);
  }
}

}  // namespace leat::fuzz
