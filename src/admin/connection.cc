#include "admin/connection.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "admin/http_text.h"
#include "admin/stream_writer.h"
#include "base/log.h"

namespace leat::admin {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kLingerBytesMax = 1024 * 1024;

enum class Phase : std::uint8_t {
  waiting,
  head,
  body,
  handling,
  writing,
  streaming,
  lingering,
  closed
};

class HttpConnection final : public Connection,
                             public ByteSink,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ConnectionHost& host, Socket socket, Peer peer, Transport transport)
      : host_(host),
        socket_(std::move(socket)),
        deadline_(host.loop.io()),
        peer_(std::move(peer)),
        transport_(transport),
        since_(host.clock.now()) {}

  void begin() override;
  Worth worth() const noexcept override;
  Instant since() const noexcept override { return since_; }
  void wind_down() override;
  void close() override;
  void write_some(std::string_view bytes, std::function<void(bool, std::size_t)> done) override;

  // Called by the answer's way in, on the io thread.
  void answer(std::uint64_t serial, Response response);
  std::shared_ptr<EventStream> open_stream(std::uint64_t serial);

 private:
  void enter(Phase phase, Duration limit);
  void expired();
  void read_more();
  void on_read(std::size_t n);
  void advance();
  void on_head(std::size_t bytes);
  void take_body();
  void refuse(const Refusal& refusal);
  void write(Response response);
  void on_written();
  void linger();
  void discard();
  void log_request(int status) const;
  bool leftover() const;

  // Wraps a step so that it keeps the connection alive, sees no step of a closed one, and lets
  // nothing escape.
  template <class Step>
  auto guarded(Step step) {
    return [self = shared_from_this(), step = std::move(step)](const Error& error, auto... rest) {
      if (self->phase_ == Phase::closed) return;
      try {
        step(*self, error, rest...);
      } catch (const std::exception& exception) {
        log::error("admin", "a connection failed", {{"what", exception.what()}});
        self->close();
      }
    };
  }

  ConnectionHost& host_;
  Socket socket_;
  asio::steady_timer deadline_;
  const Peer peer_;
  const Transport transport_;

  Phase phase_ = Phase::waiting;
  Instant since_;
  std::uint64_t phase_serial_ = 0;
  bool first_ = true;  // no head was read yet
  bool discarding_ = false;
  bool known_ = false;        // a request of its passed
  bool close_after_ = false;  // no further request on this connection
  std::array<char, kReadBytes> chunk_{};
  std::string in_;  // read and not yet used
  std::string out_;
  std::size_t lingered_ = 0;
  std::uint64_t serial_ = 0;  // of the request being served
  std::string request_id_;
  std::string actor_;
  std::string target_;  // for the log: method and path
  Method method_ = Method::get;
  Instant arrived_{};
  int status_ = 0;
  Admitted admitted_;
  std::shared_ptr<StreamWriter> stream_;
};

// One request's way back to its connection, from any thread.
class ConnectionResponder final : public Responder {
 public:
  ConnectionResponder(Loop& loop, std::weak_ptr<HttpConnection> connection, std::uint64_t serial)
      : loop_(loop), connection_(std::move(connection)), serial_(serial) {}

  void send(Response response) override {
    loop_.post(
        [connection = connection_, serial = serial_, response = std::move(response)]() mutable {
          if (const auto to = connection.lock()) to->answer(serial, std::move(response));
        });
  }
  std::shared_ptr<EventStream> stream() override {
    const auto to = connection_.lock();
    return to ? to->open_stream(serial_) : nullptr;
  }

 private:
  Loop& loop_;
  std::weak_ptr<HttpConnection> connection_;
  const std::uint64_t serial_;
};

void HttpConnection::begin() {
  enter(Phase::waiting, host_.settings.header_timeout);
  read_more();
}

Worth HttpConnection::worth() const noexcept {
  switch (phase_) {
    case Phase::lingering:
    case Phase::closed: return Worth::lingering;
    case Phase::waiting:
    case Phase::head: return known_ ? Worth::idle : Worth::stranger;
    case Phase::body:
    case Phase::handling:
    case Phase::writing:
    case Phase::streaming: break;
  }
  return Worth::busy;
}

void HttpConnection::enter(Phase phase, Duration limit) {
  phase_ = phase;
  ++phase_serial_;
  since_ = host_.clock.now();
  if (limit == Duration::zero()) {
    deadline_.cancel();
    return;
  }
  deadline_.expires_after(limit);
  // The serial tells a deadline that fired just before its phase ended.
  deadline_.async_wait(guarded([serial = phase_serial_](HttpConnection& self, const Error& error) {
    if (!error && serial == self.phase_serial_) self.expired();
  }));
}

void HttpConnection::expired() {
  if (phase_ != Phase::head && phase_ != Phase::body) return close();
  refuse({ProblemCode::request_timeout, phase_ == Phase::head ? "the headers did not arrive in time"
                                                              : "the body did not arrive in time"});
}

void HttpConnection::read_more() {
  socket_.async_read_some(asio::buffer(chunk_),
                          guarded([](HttpConnection& self, const Error& error, std::size_t n) {
                            if (self.phase_ != Phase::waiting && self.phase_ != Phase::head &&
                                self.phase_ != Phase::body)
                              return;
                            if (error) return self.close();
                            self.on_read(n);
                          }));
}

void HttpConnection::on_read(std::size_t n) {
  in_.append(chunk_.data(), n);
  if (phase_ == Phase::body) return take_body();
  if (phase_ == Phase::waiting) {
    request_id_ = new_request_id();
    arrived_ = host_.clock.now();
    if (first_)
      phase_ = Phase::head;  // its deadline counts from the connection's start
    else
      enter(Phase::head, host_.settings.header_timeout);
  }
  advance();
}

void HttpConnection::advance() {
  const HeadScan scan = scan_head(in_, host_.settings.gate);
  if (const auto* refusal = std::get_if<Refusal>(&scan)) return refuse(*refusal);
  if (const auto* ends = std::get_if<HeadEnds>(&scan)) return on_head(ends->bytes);
  read_more();
}

void HttpConnection::on_head(std::size_t bytes) {
  auto parsed = parse_head(std::string_view(in_).substr(0, bytes), host_.settings.gate);
  in_.erase(0, bytes);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refuse(*refusal);
  auto& head = std::get<RequestHead>(parsed);
  first_ = false;
  method_ = head.method;
  target_ = head.path;
  close_after_ = head.close;
  const bool has_body = head.content_length.value_or(0) > 0;
  auto decided = host_.dispatcher.admit(head, peer_, transport_, request_id_);
  if (auto* response = std::get_if<Response>(&decided)) {
    if (has_body) close_after_ = true;  // it is not going to be read
    return write(std::move(*response));
  }
  known_ = true;
  admitted_ = std::get<Admitted>(std::move(decided));
  actor_ = admitted_.request->identity.name;
  if (in_.size() < admitted_.body_bytes) enter(Phase::body, host_.settings.body_timeout);
  take_body();
}

void HttpConnection::take_body() {
  if (in_.size() < admitted_.body_bytes) return read_more();
  admitted_.request->body = in_.substr(0, admitted_.body_bytes);
  in_.erase(0, admitted_.body_bytes);
  enter(Phase::handling, Duration::zero());
  ++serial_;
  const Reply reply(std::make_shared<ConnectionResponder>(host_.loop, weak_from_this(), serial_),
                    request_id_);
  // The handler may hold the request longer than this connection holds its place in the line.
  const Admitted admitted = std::exchange(admitted_, {});
  host_.dispatcher.run(admitted, reply);
}

void HttpConnection::answer(std::uint64_t serial, Response response) {
  if (phase_ != Phase::handling || serial != serial_) return;
  if (response.status == 500)
    log::error("admin", "a request failed inside",
               {{"path", target_}, {"request_id", request_id_}});
  write(std::move(response));
}

void HttpConnection::refuse(const Refusal& refusal) {
  close_after_ = true;
  if (request_id_.empty()) request_id_ = new_request_id();
  Problem problem;
  problem.code = refusal.code;
  problem.detail = refusal.detail;
  if (refusal.code == ProblemCode::method_not_allowed) {
    problem.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
  }
  write(problem_response(problem, request_id_));
}

bool HttpConnection::leftover() const {
  if (!in_.empty()) return true;
  Error error;
  return socket_.available(error) > 0;
}

void HttpConnection::write(Response response) {
  if (host_.stopping || leftover()) close_after_ = true;
  status_ = response.status;
  out_ = head_text(response, request_id_, host_.clock.wall_now(),
                   close_after_ ? Keep::close : Keep::alive, response.body.size());
  if (method_ != Method::head && response.status != 204) out_ += response.body;
  enter(Phase::writing, host_.settings.write_timeout);
  asio::async_write(socket_, asio::buffer(out_),
                    guarded([](HttpConnection& self, const Error& error, std::size_t) {
                      if (error) return self.close();
                      self.on_written();
                    }));
}

void HttpConnection::on_written() {
  log_request(status_);
  out_.clear();
  if (close_after_ || host_.stopping) return linger();
  method_ = Method::get;
  target_.clear();
  actor_.clear();
  enter(Phase::waiting, host_.settings.idle_timeout);
  read_more();
}

// Closing with unread bytes makes the kernel reset the connection, and the client may lose the
// answer: so read on a little.
void HttpConnection::linger() {
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  enter(Phase::lingering, host_.settings.linger_timeout);
  if (!std::exchange(discarding_, true)) discard();
}

void HttpConnection::discard() {
  socket_.async_read_some(asio::buffer(chunk_),
                          guarded([](HttpConnection& self, const Error& error, std::size_t n) {
                            self.lingered_ += n;
                            if (error || self.lingered_ > kLingerBytesMax) return self.close();
                            self.discard();
                          }));
}

void HttpConnection::log_request(int status) const {
  if (target_.empty()) return;
  const auto took = std::chrono::duration<double, std::milli>(host_.clock.now() - arrived_).count();
  const bool reads =
      method_ == Method::get || method_ == Method::head || method_ == Method::options;
  log::write(reads ? log::Level::debug : log::Level::info, "admin", "request",
             {{"method", to_string(method_)},
              {"path", target_},
              {"status", status},
              {"took_ms", took},
              {"request_id", request_id_},
              {"actor", actor_}});
}

std::shared_ptr<EventStream> HttpConnection::open_stream(std::uint64_t serial) {
  if (phase_ != Phase::handling || serial != serial_ || host_.stopping) return nullptr;
  if (host_.streams_open >= host_.settings.streams_max) return nullptr;
  ++host_.streams_open;
  enter(Phase::streaming, Duration::zero());
  log_request(200);
  Response response;
  response.content_type = "text/event-stream";
  std::string head =
      head_text(response, request_id_, host_.clock.wall_now(), Keep::close, std::nullopt);
  StreamWriter::Limits limits{host_.settings.stream_buffer_max, host_.settings.write_timeout,
                              host_.settings.comment_interval};
  stream_ = std::make_shared<StreamWriter>(
      host_.loop, limits, [weak = weak_from_this()](StreamWriter::Outcome outcome) {
        const auto self = weak.lock();
        if (self == nullptr || self->phase_ != Phase::streaming) return;
        if (outcome == StreamWriter::Outcome::ended)
          self->linger();
        else
          self->close();
      });
  stream_->start(*this, std::move(head));
  if (method_ == Method::head) stream_->end({});
  discarding_ = true;
  discard();  // nothing more is expected: this notices that the client has left
  return stream_;
}

void HttpConnection::write_some(std::string_view bytes,
                                std::function<void(bool, std::size_t)> done) {
  socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()),
                           guarded([done = std::move(done)](HttpConnection&, const Error& error,
                                                            std::size_t n) { done(!error, n); }));
}

void HttpConnection::wind_down() {
  close_after_ = true;
  if (phase_ == Phase::streaming) return stream_->end({});
  if (phase_ == Phase::waiting || phase_ == Phase::head || phase_ == Phase::lingering) close();
}

void HttpConnection::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  phase_ = Phase::closed;
  deadline_.cancel();
  if (stream_ != nullptr) {
    --host_.streams_open;
    stream_->abandon();
  }
  Error ignored;
  socket_.close(ignored);
  host_.closed(*this);
}

}  // namespace

std::shared_ptr<Connection> make_connection(ConnectionHost& host, int fd, Peer peer,
                                            Transport transport) {
  const asio::generic::stream_protocol protocol(transport == Transport::tcp ? AF_INET : AF_UNIX, 0);
  Socket socket(host.loop.io());
  Error error;
  socket.assign(protocol, fd, error);
  if (error) return nullptr;
  return std::make_shared<HttpConnection>(host, std::move(socket), std::move(peer), transport);
}

}  // namespace leat::admin
