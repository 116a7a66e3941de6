#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "admin/request.h"
#include "base/clock.h"

namespace leat::admin {

// The first answers to requests with an `Idempotency-Key`, kept in memory for 24 hours, at most
// kEntriesMax and kBytesMax; the oldest go first. Thread-confined (io thread).
class IdempotencyTable {
 public:
  static constexpr std::size_t kEntriesMax = 1024;
  static constexpr std::size_t kBytesMax = 16 * 1024 * 1024;
  static constexpr Duration kKept = std::chrono::hours(24);

  struct Run {};  // it is the first: run it, then call finish()
  // Decides what becomes of a request with this key: run it, repeat the first answer, or refuse it
  // (IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_FLIGHT, BUSY, BAD_REQUEST for a key that is none).
  std::variant<Run, Response, Problem> begin(const Request& request, std::string_view key,
                                             Instant now);
  // The answer of a request that begin() let run. Failures of ours (5xx) and 429 are forgotten: the
  // client should try again.
  void finish(const Request& request, std::string_view key, const Response& response);
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string id;           // actor and key
    std::string fingerprint;  // method, path, query, body
    Instant at{};
    std::optional<Response> response;  // none while it runs
    std::size_t bytes() const noexcept;
  };
  void forget(std::list<Entry>::iterator entry);
  bool make_room(std::size_t bytes, Instant now);

  std::list<Entry> entries_;  // oldest first
  std::map<std::string, std::list<Entry>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace leat::admin
