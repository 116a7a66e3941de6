#pragma once

#include <memory>
#include <string>

#include "admin/backend.h"
#include "admin/idempotency.h"
#include "admin/loop.h"
#include "admin/settings.h"
#include "base/clock.h"
#include "spec/parse.h"

namespace leat::admin {

class TapHub;

// What `GET /v1` says about the process beyond what the backend knows. A value.
struct About {
  std::string application = "leat";
  std::string instance = "leat";
  WallTime started_at;
  int (*client_threads)() noexcept = nullptr;  // threads of the Kafka clients, now; null = none
};

// What handlers work with. Lives as long as the server; used on the io thread.
struct Services {
  Backend& backend;
  Loop& loop;
  const Clock& clock;
  const Settings& settings;
  const spec::Options& definitions;
  const About& about;
  IdempotencyTable& idempotency;
  TapHub& taps;
};

}  // namespace leat::admin
