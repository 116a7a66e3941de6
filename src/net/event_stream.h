#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "net/http_client.h"

namespace leat::net {

// One server-sent event.
struct ServerEvent {
  std::string type = "message";
  std::string data;  // lines joined by \n
  std::string id;
};

// Reads `text/event-stream` as the WHATWG standard says: LF, CR LF or CR end lines, comments (`:
// keep-alive`) and unknown fields are skipped. Thread-confined; owns the stream.
class EventStream {
 public:
  static constexpr std::size_t kEventBytesMax = 32 * 1024 * 1024;

  explicit EventStream(std::unique_ptr<ResponseStream> stream) : stream_(std::move(stream)) {}

  // The next event; nothing when the server ended the stream. An event above kEventBytesMax is
  // exhausted.
  Result<std::optional<ServerEvent>> next(Instant deadline);

 private:
  // The next line without its end, or nothing at the end of the stream.
  Result<std::optional<std::string>> next_line(Instant deadline);
  void take_field(std::string_view line);

  std::unique_ptr<ResponseStream> stream_;
  std::string ahead_;
  std::size_t scanned_ = 0;  // bytes of ahead_ without a line end
  bool skip_lf_ = false;     // the last line ended with CR
  ServerEvent open_;
  bool has_data_ = false;
};

}  // namespace leat::net
