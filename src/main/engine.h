#pragma once

#include <memory>

#include "daemon/engine.h"

namespace leat::main {

// What works inside `leat serve`: a supervisor and the HTTP API in front of it.
Result<std::unique_ptr<daemon::Engine>> make_engine(const daemon::EngineParts& parts);

}  // namespace leat::main
