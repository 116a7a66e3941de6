// The host takes the plugins that come with leat, the one outside of the tree and the one in Rust: host_test FILE...
// Reads each as the first checks do, loads it, and runs the probe's own tests in this process.
#include <fstream>
#include <iostream>
#include <iterator>

#include "plugin/inspect.h"
#include "plugin/library.h"
#include "plugin/probe/self_test.h"

namespace {

namespace plugin = leat::plugin;

struct Silent final : plugin::TestProgress {
  void begins(std::string_view) override {}
};

// What the host says against the file; empty: nothing.
std::string objection(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const plugin::Inspection inspection = plugin::inspect(bytes);
  if (!inspection.ok()) return inspection.refusals.front().message;
  const auto library = plugin::Library::load(path, *inspection.identity);
  if (!library.ok()) return library.refusal().message;
  Silent silent;
  const auto refusal = plugin::self_test(**library, silent);
  return refusal ? refusal->message : "";
}

}  // namespace

int main(int argc, char** argv) {
  int refused = argc > 1 ? 0 : 1;
  for (int i = 1; i < argc; ++i) {
    const std::string text = objection(argv[i]);
    std::cout << argv[i] << ": " << (text.empty() ? "taken" : text) << '\n';
    refused += text.empty() ? 0 : 1;
  }
  return refused == 0 ? 0 : 1;
}
