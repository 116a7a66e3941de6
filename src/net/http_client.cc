#include "net/http_client.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <exception>
#include <limits>
#include <optional>

#include "base/version.h"
#include "net/socket.h"

namespace leat::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using Parser = http::response_parser<http::buffer_body>;

Status damaged(std::string_view why) {
  return Status(Code::data_loss, "the answer is not proper HTTP/1.1: " + std::string(why));
}

bool has_line_end(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool has_body(const Request& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

Result<std::string> encode(const Request& request, const Address& address) {
  bool unsafe = has_line_end(request.method) || has_line_end(request.target) ||
                !request.target.starts_with('/') || request.target.find(' ') != std::string::npos;
  std::string text = request.method + " " + request.target +
                     " HTTP/1.1\r\nHost: " + address.host_header() + "\r\nUser-Agent: leat/" +
                     std::string(base::version()) + "\r\nConnection: close\r\n";
  for (const auto& [name, value] : request.headers) {
    unsafe = unsafe || has_line_end(name) || has_line_end(value);
    text += name + ": " + value + "\r\n";
  }
  if (unsafe)
    return Status(Code::invalid_argument,
                  "a request with line ends or spaces in its parts is not sent");
  if (has_body(request)) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  text += "\r\n";
  text += request.body;
  return text;
}

// Feeds what the socket brings to Beast's parser. `ahead_` holds bytes that the parser did not take
// yet.
class SocketStream final : public ResponseStream {
 public:
  explicit SocketStream(Socket socket) : socket_(std::move(socket)) {
    parser_.header_limit(HttpClient::kHeaderBytesMax);
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
  }

  Status read_head(Instant deadline) {
    bool any = false;
    while (!parser_.is_header_done()) {
      const Result<std::size_t> got = fill(deadline);
      if (!got.ok()) return got.status();
      if (*got == 0 && !any)
        return Status(Code::unavailable, "the connection was closed without an answer");
      if (*got == 0) return damaged("it ends in the headers");
      any = true;
      LEAT_RETURN_IF_ERROR(feed());
    }
    const auto& message = parser_.get();
    if (message.version() != 11 && message.version() != 10) return damaged("another version");
    if (message.result_int() < 200) return damaged("an interim answer nobody asked for");
    head_.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      head_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    return {};
  }

  const Response& head() const noexcept override { return head_; }

  Result<std::size_t> read(std::span<char> into, Instant deadline) override {
    if (into.empty()) return std::size_t{0};
    while (!parser_.is_done()) {
      auto& body = parser_.get().body();
      body.data = into.data();
      body.size = into.size();
      body.more = true;
      const std::size_t waiting = ahead_.size();
      const Status fed = waiting == 0 ? Status() : feed();
      const std::size_t taken = into.size() - body.size;
      body.data = nullptr;
      body.size = 0;
      if (!fed.ok()) return fed;
      if (taken > 0) return taken;
      if (parser_.is_done() || ahead_.size() < waiting) continue;
      const Result<std::size_t> got = fill(deadline);
      if (!got.ok()) return got;
      if (*got == 0) return at_close();
    }
    return std::size_t{0};
  }

 private:
  Result<std::size_t> fill(Instant deadline) {
    Result<std::size_t> got = socket_.read_some(buffer_, deadline);
    if (got.ok()) ahead_.append(buffer_.data(), *got);
    return got;
  }

  // Gives `ahead_` to the parser once; "needs more" and "body buffer full" are not failures. Beast
  // may throw from inside the parser on hostile field sizes, so this is a border.
  Status feed() {
    error_code error;
    try {
      const std::size_t used =
          parser_.put(boost::asio::const_buffer(ahead_.data(), ahead_.size()), error);
      ahead_.erase(0, used);
    } catch (const std::exception& thrown) {
      return damaged(thrown.what());
    }
    if (!error || error == http::error::need_more || error == http::error::need_buffer) return {};
    if (error == http::error::header_limit)
      return Status(Code::exhausted, "the headers of the answer are too large");
    return damaged(error.message());
  }

  Result<std::size_t> at_close() {
    error_code error;
    parser_.put_eof(error);
    if (error)
      return Status(Code::data_loss, "the connection was closed before the answer was complete");
    return std::size_t{0};
  }

  Socket socket_;
  Parser parser_;
  std::string ahead_;
  std::array<char, 16 * 1024> buffer_;
  Response head_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

Result<std::unique_ptr<ResponseStream>> open_until(const Address& address, const Clock& clock,
                                                   const Request& request, Instant deadline) {
  const Result<std::string> text = encode(request, address);
  if (!text.ok()) return text.status();
  Result<Socket> socket = Socket::connect(address, clock, deadline);
  if (!socket.ok()) return std::move(socket).status();
  // A server may answer and close before it took the whole body (413): the answer is worth more
  // than the failed write.
  const Status sent = socket->write_all(*text, deadline);
  if (sent.code() == Code::timed_out) return sent;
  auto stream = std::make_unique<SocketStream>(std::move(*socket));
  if (Status head = stream->read_head(deadline); !head.ok()) return sent.ok() ? head : sent;
  return std::unique_ptr<ResponseStream>(std::move(stream));
}

}  // namespace

std::string_view Response::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

Result<std::unique_ptr<ResponseStream>> HttpClient::open(const Request& request,
                                                         Duration timeout) const {
  return open_until(address_, clock_, request, clock_.now() + timeout);
}

Result<Response> HttpClient::exchange(const Request& request, Duration timeout) const {
  const Instant deadline = clock_.now() + timeout;
  const auto stream = open_until(address_, clock_, request, deadline);
  if (!stream.ok()) return stream.status();
  Response response = (*stream)->head();
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const Result<std::size_t> got = (*stream)->read(buffer, deadline);
    if (!got.ok()) return got.status();
    if (*got == 0) return response;
    if (response.body.size() + *got > kBodyBytesMax)
      return Status(Code::exhausted, "the answer is too large");
    response.body.append(buffer.data(), *got);
  }
}

std::string encode_component(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace leat::net
