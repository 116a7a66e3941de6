#include "plugin/check.h"

#include <unistd.h>

#include "crypto/digest.h"
#include "plugin/store.h"

namespace leat::plugin {

CheckOutcome check_library(std::string_view bytes, std::string_view signature,
                           const CheckRules& rules, const Clock& clock) {
  CheckOutcome outcome;
  const std::string sha256 = crypto::sha256_hex(bytes);
  Inspection found = inspect(bytes, rules.inspect);
  outcome.identity = found.identity;
  if (auto refusal = rules.trust.check(bytes, sha256, signature)) {
    outcome.refusals.push_back(*std::move(refusal));
    return outcome;
  }
  if (!found.ok()) {
    outcome.refusals = std::move(found.refusals);
    return outcome;
  }
  const std::string copy = Store::path(rules.store_folder, sha256);
  const bool was_there = ::access(copy.c_str(), F_OK) == 0;
  const Status stored = Store::put(rules.store_folder, sha256, bytes);
  if (!stored.ok()) {
    outcome.refusals.push_back({RefusalCode::store_failed, stored.to_string()});
    return outcome;
  }
  Checked<std::vector<FunctionInfo>> functions = probe_library(copy, rules.probe, clock);
  if (!functions.ok()) {
    if (!was_there) ::unlink(copy.c_str());
    outcome.refusals.push_back(functions.refusal());
    return outcome;
  }
  outcome.library = CheckedLibrary{sha256, *found.identity, bytes.size(), *std::move(functions)};
  return outcome;
}

}  // namespace leat::plugin
