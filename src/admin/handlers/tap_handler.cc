#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "admin/tap_hub.h"

namespace leat::admin {
namespace {
constexpr std::size_t kRateDefault = 100;
constexpr std::size_t kRateMax = 10'000;
constexpr std::size_t kLimitMax = 1'000'000;
}  // namespace

void tap_step(Services& services, const RequestPtr& request, const Reply& reply) {
  TapOptions options;
  const auto rate = count_parameter(request->query, "rate", kRateDefault, 1, kRateMax);
  if (const auto* problem = std::get_if<Problem>(&rate)) return reply(*problem);
  const auto limit = count_parameter(request->query, "limit", 0, 1, kLimitMax);
  if (const auto* problem = std::get_if<Problem>(&limit)) return reply(*problem);
  options.rate = std::get<std::size_t>(rate);
  options.limit = std::get<std::size_t>(limit);
  const runtime::SnapshotPtr snapshot = find_or_answer(services, request->params.at(0), reply);
  if (snapshot == nullptr) return;
  services.taps.add(snapshot->name, request->params.at(1), options, reply);
}

}  // namespace leat::admin
