#pragma once

#include <cstdint>
#include <memory>

#include "admin/dispatch.h"
#include "admin/loop.h"
#include "admin/settings.h"

namespace leat::admin {

// How much a connection matters when there is no room for a new one; the lowest goes first.
enum class Worth : std::uint8_t {
  lingering,  // answered, only waiting for the client to close
  stranger,   // never sent a request that passed
  idle,       // between two requests
  busy,       // never taken away
};

class Connection;

// What connections share. Outlives them all; the io thread's.
struct ConnectionHost {
  Loop& loop;
  Dispatcher& dispatcher;
  const Settings& settings;
  const Clock& clock;
  std::function<void(const Connection&)> closed;  // called once by each connection at its end
  std::size_t streams_open = 0;
  bool stopping = false;  // answers say `Connection: close`
};

// One client: reads a request, has it answered, reads the next. Every phase has an absolute
// deadline. Thread-confined (io thread), except the answers' way in. Owns its socket.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void begin() = 0;
  virtual Worth worth() const noexcept = 0;
  virtual Instant since() const noexcept = 0;  // of the phase it is in
  // The server stops: closes now unless an answer is under way; ends a stream.
  virtual void wind_down() = 0;
  // Closes now.
  virtual void close() = 0;
};

// Takes over `fd` (connected, non-blocking).
std::shared_ptr<Connection> make_connection(ConnectionHost& host, int fd, Peer peer,
                                            Transport transport);

}  // namespace leat::admin
