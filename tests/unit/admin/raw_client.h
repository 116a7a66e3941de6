#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace leat::admin {

// An answer as it came over the wire.
struct RawAnswer {
  int status = 0;  // 0 = none came
  std::string head;
  std::string body;
  // The value of a header, or "".
  std::string header(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A client that sends exactly the bytes it is told to. Every wait is bounded.
class RawClient {
 public:
  static constexpr int kPatienceMs = 10'000;

  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) close();
  }
  explicit RawClient(const std::string& unix_path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) close();
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), seen_(std::move(other.seen_)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(); }

  bool connected() const noexcept { return fd_ >= 0; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  // The next whole answer; `without_body` for HEAD.
  RawAnswer read(bool without_body = false) {
    RawAnswer answer;
    if (!read_until("\r\n\r\n")) return answer;
    const std::size_t end = seen_.find("\r\n\r\n") + 4;
    answer.head = seen_.substr(0, end);
    seen_.erase(0, end);
    answer.status = answer.head.size() > 12 ? std::atoi(answer.head.c_str() + 9) : 0;
    const std::string length = answer.header("Content-Length");
    const auto wanted =
        static_cast<std::size_t>(length.empty() || without_body ? 0 : std::atoll(length.c_str()));
    while (seen_.size() < wanted && more()) {}
    answer.body = seen_.substr(0, wanted);
    seen_.erase(0, wanted);
    return answer;
  }
  // Everything up to and with `mark`, for streams; "" when it never comes.
  std::string read_to(std::string_view mark) {
    if (!read_until(mark)) return {};
    const std::size_t end = seen_.find(mark) + mark.size();
    std::string text = seen_.substr(0, end);
    seen_.erase(0, end);
    return text;
  }
  // True when the server closed and nothing more came.
  bool at_end() {
    while (more()) {}
    return closed_ && seen_.empty();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  bool read_until(std::string_view mark) {
    while (seen_.find(mark) == std::string::npos) {
      if (!more()) return false;
    }
    return true;
  }
  bool more() {
    pollfd wait{fd_, POLLIN, 0};
    if (fd_ < 0 || ::poll(&wait, 1, kPatienceMs) <= 0) return false;
    std::array<char, 65536> chunk{};
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n <= 0) {
      closed_ = true;
      return false;
    }
    seen_.append(chunk.data(), static_cast<std::size_t>(n));
    return true;
  }

  int fd_ = -1;
  bool closed_ = false;
  std::string seen_;
};

}  // namespace leat::admin
