#include "admin/idempotency.h"

#include <algorithm>

namespace leat::admin {
namespace {

constexpr std::size_t kKeyBytesMax = 128;

std::string id_of(const Request& request, std::string_view key) {
  return request.identity.name + '\n' + std::string(key);
}

std::string fingerprint_of(const Request& request) {
  return std::string(to_string(request.head.method)) + ' ' + request.head.path + '?' +
         request.head.query + '\n' + request.body;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= kKeyBytesMax &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Problem refusal(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  return problem;
}

}  // namespace

std::size_t IdempotencyTable::Entry::bytes() const noexcept {
  return id.size() + fingerprint.size() + (response ? response->body.size() : 0);
}

std::variant<IdempotencyTable::Run, Response, Problem> IdempotencyTable::begin(
    const Request& request, std::string_view key, Instant now) {
  if (!is_key(key))
    return refusal(ProblemCode::bad_request,
                   "an Idempotency-Key has 1 to 128 visible ASCII characters");
  Entry fresh{id_of(request, key), fingerprint_of(request), now, std::nullopt};
  const auto found = by_id_.find(fresh.id);
  if (found != by_id_.end() && now - found->second->at >= kKept && found->second->response) {
    forget(found->second);
  } else if (found != by_id_.end()) {
    const Entry& first = *found->second;
    if (first.fingerprint != fresh.fingerprint) {
      return refusal(ProblemCode::idempotency_key_reused,
                     "the key was sent with another method, path, query or body");
    }
    if (!first.response)
      return refusal(ProblemCode::idempotency_in_flight,
                     "the first request with this key still runs");
    Response again = *first.response;
    again.headers.emplace_back("Idempotency-Replayed", "true");
    return again;
  }
  if (!make_room(fresh.bytes(), now))
    return refusal(ProblemCode::busy, "too many requests with an Idempotency-Key are running");
  bytes_ += fresh.bytes();
  entries_.push_back(std::move(fresh));
  by_id_[entries_.back().id] = std::prev(entries_.end());
  return Run{};
}

void IdempotencyTable::finish(const Request& request, std::string_view key,
                              const Response& response) {
  const auto found = by_id_.find(id_of(request, key));
  if (found == by_id_.end() || found->second->response) return;
  if (response.status >= 500 || response.status == 429) {
    forget(found->second);
    return;
  }
  found->second->response = response;
  bytes_ += response.body.size();
}

void IdempotencyTable::forget(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes();
  by_id_.erase(entry->id);
  entries_.erase(entry);
}

bool IdempotencyTable::make_room(std::size_t bytes, Instant now) {
  auto entry = entries_.begin();
  while (entry != entries_.end()) {
    const bool full = entries_.size() >= kEntriesMax || bytes_ + bytes > kBytesMax;
    if (!full && now - entry->at < kKept) break;
    const auto next = std::next(entry);
    if (entry->response) forget(entry);
    entry = next;
  }
  return entries_.size() < kEntriesMax && bytes_ + bytes <= kBytesMax;
}

}  // namespace leat::admin
