#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace leat::test {

// A scripted HTTP/1.1 server for tests of clients: on a free port of 127.0.0.1, or on a Unix
// socket. One connection after another; each request is recorded, answered with the bytes that
// `answer` returns, and the connection is closed. Thread-safe.
class FakeHttpServer {
 public:
  struct Seen {
    std::string method;
    std::string target;
    std::string head;  // request line and headers
    std::string body;

    // The value of a header as it was sent, or "".
    std::string header(std::string_view name) const {
      const std::string needle = "\r\n" + std::string(name) + ": ";
      const std::size_t at = head.find(needle);
      if (at == std::string::npos) return {};
      const std::size_t from = at + needle.size();
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };
  struct Answer {
    std::string bytes;
    bool hold = false;  // keep the connection open until the client closes it or the server ends
  };
  using Handler = std::function<Answer(const Seen&)>;

  explicit FakeHttpServer(Handler answer, std::string unix_path = {})
      : answer_(std::move(answer)),
        unix_path_(std::move(unix_path)),
        stop_(::eventfd(0, EFD_CLOEXEC)) {
    unix_path_.empty() ? listen_tcp() : listen_unix();
    thread_ = std::thread([this] { run(); });
  }
  ~FakeHttpServer() {
    const std::uint64_t one = 1;
    if (::write(stop_, &one, sizeof(one)) != sizeof(one)) std::abort();
    thread_.join();
    ::close(listener_);
    ::close(stop_);
  }
  FakeHttpServer(const FakeHttpServer&) = delete;
  FakeHttpServer& operator=(const FakeHttpServer&) = delete;

  int port() const { return port_; }
  std::string url() const {
    return unix_path_.empty() ? "http://127.0.0.1:" + std::to_string(port_) : "unix:" + unix_path_;
  }
  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  // An answer with Content-Length.
  static Answer reply(int status, std::string_view body, std::string_view type = "application/json",
                      std::string_view headers = {}) {
    return {"HTTP/1.1 " + std::to_string(status) + " Told\r\nContent-Type: " + std::string(type) +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(headers) + "\r\n" + std::string(body),
            false};
  }

 private:
  static void must(bool fine) {
    if (!fine) std::abort();
  }
  void listen_tcp() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&name), size) == 0);
    must(::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    must(::listen(listener_, 16) == 0);
    port_ = ntohs(name.sin_port);
  }
  void listen_unix() {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    must(unix_path_.size() < sizeof(name.sun_path));
    unix_path_.copy(name.sun_path, unix_path_.size());
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0);
    must(::listen(listener_, 16) == 0);
  }
  // True when `fd` has something to read; false when the server is to end.
  bool wait_readable(int fd) const {
    pollfd entries[2] = {{fd, POLLIN, 0}, {stop_, POLLIN, 0}};
    must(::poll(entries, 2, -1) > 0);
    return entries[1].revents == 0;
  }
  void run() {
    while (wait_readable(listener_)) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      serve(client);
      ::close(client);
    }
  }
  bool receive(int client, std::string& into) const {
    char buffer[4096];
    if (!wait_readable(client)) return false;
    const ssize_t got = ::recv(client, buffer, sizeof(buffer), 0);
    if (got <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  void serve(int client) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      if (!receive(client, text)) return;
    }
    Seen seen;
    const std::size_t head_end = text.find("\r\n\r\n") + 2;
    seen.head = text.substr(0, head_end);
    seen.method = text.substr(0, text.find(' '));
    const std::size_t from = seen.method.size() + 1;
    seen.target = text.substr(from, text.find(' ', from) - from);
    seen.body = text.substr(head_end + 2);
    const std::string length = seen.header("Content-Length");
    const std::size_t expected = length.empty() ? 0 : std::stoul(length);
    while (seen.body.size() < expected) {
      if (!receive(client, seen.body)) return;
    }
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(seen);
    }
    const Answer answer = answer_(seen);
    std::string_view rest = answer.bytes;
    while (!rest.empty()) {
      const ssize_t sent = ::send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string ignored;
    while (answer.hold && receive(client, ignored)) {}
  }

  Handler answer_;
  std::string unix_path_;
  int stop_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::thread thread_;
};

}  // namespace leat::test
