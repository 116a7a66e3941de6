#pragma once

#include <map>
#include <memory>
#include <string>

#include "flow/sample.h"
#include "flow/sink.h"
#include "flow/source.h"

namespace leat::flow {

// The kinds of sources and sinks there are, by the key that names them in a definition: "kafka",
// "file", "generator", "stdout". Filled by whoever composes the process; a test registers fakes
// under the same names. Immutable afterwards.
struct Registry {
  std::map<std::string, SourceFactory> sources;
  std::map<std::string, SinkFactory> sinks;
  std::map<std::string, std::shared_ptr<Sampler>> samplers;  // of the sources that have one
};

}  // namespace leat::flow
