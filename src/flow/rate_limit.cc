#include "flow/rate_limit.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "record/batch.h"

namespace leat::flow {
namespace {

constexpr double kQuantumSeconds = 0.01;
constexpr double kBurstSeconds = 0.1;

}  // namespace

RateLimit::RateLimit(std::uint64_t records_per_second, std::uint64_t bytes_per_second) noexcept {
  records_.rate = static_cast<double>(records_per_second);
  records_.quantum = std::clamp(records_.rate * kQuantumSeconds, 1.0,
                                static_cast<double>(record::RecordBatch::kRowsMax));
  bytes_.rate = static_cast<double>(bytes_per_second);
  bytes_.quantum = std::max(1.0, bytes_.rate * kQuantumSeconds);
}

void RateLimit::Bucket::refill(double seconds) noexcept {
  tokens = std::min(tokens + rate * seconds, std::max(quantum, rate * kBurstSeconds));
}

Duration RateLimit::Bucket::missing() const noexcept {
  if (rate <= 0 || tokens >= quantum) return Duration(0);
  return Duration(static_cast<Duration::rep>(std::ceil((quantum - tokens) / rate * 1e9)));
}

std::size_t RateLimit::allow(std::size_t rows_max, Instant now) noexcept {
  if (!any()) return rows_max;
  const double seconds =
      started_ ? std::chrono::duration<double>(now - refilled_at_).count() : kQuantumSeconds;
  started_ = true;
  refilled_at_ = now;
  records_.refill(seconds);
  bytes_.refill(seconds);
  const Duration missing = std::max(records_.missing(), bytes_.missing());
  if (missing.count() > 0) {
    ready_at_ = now + missing;
    return 0;
  }
  if (records_.rate <= 0) return rows_max;
  return std::min(rows_max, static_cast<std::size_t>(records_.tokens));
}

void RateLimit::spend(std::uint64_t records, std::uint64_t bytes) noexcept {
  records_.tokens -= static_cast<double>(records);
  bytes_.tokens -= static_cast<double>(bytes);
}

}  // namespace leat::flow
