#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "net/address.h"

namespace leat::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Host, Content-Length, Connection and User-Agent are added by the client.
struct Request {
  std::string method = "GET";
  std::string target = "/";  // origin form, already percent-encoded
  Headers headers = {};
  std::string body = {};  // sent when not empty, and always with POST, PUT, PATCH
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;

  // The first header of that name (ASCII case ignored), or "".
  std::string_view header(std::string_view name) const noexcept;
};

// An answer whose body is read as it arrives. Thread-confined.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // Status and headers; the body is empty.
  virtual const Response& head() const noexcept = 0;
  // At least one byte, or 0 at the end of the body. A body cut short is data_loss.
  virtual Result<std::size_t> read(std::span<char> into, Instant deadline) = 0;
};

// One request per connection, HTTP/1.1. Immutable; each call may be made on any thread.
//
// Codes: unavailable = nobody there, or gone before the answer began; timed_out = the deadline
// passed; data_loss = what came is not a complete HTTP/1.1 answer; exhausted = an answer above the
// limits; invalid_argument = a request that must not be sent (line ends in the target or a header).
class HttpClient {
 public:
  static constexpr std::uint32_t kHeaderBytesMax = 32 * 1024;
  static constexpr std::size_t kBodyBytesMax = 64 * 1024 * 1024;

  HttpClient(Address address, const Clock& clock) : address_(std::move(address)), clock_(clock) {}

  const Address& address() const noexcept { return address_; }
  const Clock& clock() const noexcept { return clock_; }
  // The whole answer, within `timeout`.
  Result<Response> exchange(const Request& request, Duration timeout) const;
  // Returns when the headers are there, within `timeout`.
  Result<std::unique_ptr<ResponseStream>> open(const Request& request, Duration timeout) const;

 private:
  Address address_;
  const Clock& clock_;
};

// Percent-encodes all but letters, digits and `-._~`: for one segment of a path or one value of a
// query.
std::string encode_component(std::string_view text);

}  // namespace leat::net
