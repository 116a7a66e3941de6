#include "plugin/check.h"

#include <unistd.h>

#include <algorithm>

#include "crypto/digest.h"
#include "plugin/candidate.h"
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
  if (std::find(rules.known.begin(), rules.known.end(), sha256) != rules.known.end()) {
    outcome.library = CheckedLibrary{sha256, *found.identity, bytes.size(), {}};
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

CheckOutcome check_file(const std::string& folder, const std::string& file, std::size_t bytes_max,
                        const CheckRules& rules, const Clock& clock) {
  const Checked<Candidate> read = read_candidate(folder, file, bytes_max);
  if (read.ok()) return check_library(read->bytes, read->signature, rules, clock);
  CheckOutcome outcome;
  outcome.refusals.push_back(read.refusal());
  return outcome;
}

}  // namespace leat::plugin
