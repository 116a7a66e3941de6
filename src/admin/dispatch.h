#pragma once

#include <string>
#include <variant>
#include <vector>

#include "admin/auth.h"
#include "admin/request.h"
#include "admin/router.h"
#include "admin/services.h"

namespace leat::admin {

enum class Transport : unsigned char { tcp, unix_socket };

// A request that may send its body.
struct Admitted {
  const Route* route = nullptr;
  std::shared_ptr<Request> request;  // without its body
  std::size_t body_bytes = 0;        // declared
};

// The order in which a request is judged once its head was read: Host, Origin, who (401), what
// (404, 405), may (403), built (501), query, moment (503), media type and size (415, 413), then the
// body and the handler. Thread-confined (io thread).
class Dispatcher {
 public:
  // `hosts` are all allowed Hosts, lower case; "localhost" is added for the Unix socket.
  Dispatcher(Services& services, const Router& router, std::vector<std::string> hosts);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Decides before the body: the request, or the answer. The head is moved from only when admitted.
  std::variant<Admitted, Response> admit(RequestHead& head, const Peer& peer, Transport transport,
                                         const std::string& request_id);
  // Runs the handler of an admitted request whose body is there. Catches what it throws.
  void run(const Admitted& admitted, const Reply& reply);

 private:
  std::optional<Problem> check_place(const RequestHead& head, Transport transport) const;
  std::variant<Identity, Problem> identify(const RequestHead& head, const Peer& peer,
                                           const Match* match);
  std::optional<Problem> check_body(const RequestHead& head, const Route& route) const;
  std::optional<Problem> check_upload(const RequestHead& head, std::uint64_t length) const;
  std::optional<Problem> check_moment(const Route& route) const;
  Role role_of(const Route& route) const noexcept;

  Services& services_;
  const Router& router_;
  const std::vector<std::string> hosts_;
  Authenticator authenticator_;
};

}  // namespace leat::admin
