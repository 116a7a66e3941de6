#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "plugin/refusal.h"

namespace leat::plugin {

// Who may vouch for a plugin: a list of digests, and keys whose owners sign. When both are empty
// everybody may. A value; immutable.
class Trust {
 public:
  Trust() = default;
  // `sha256`: 64 digits of hex each. `keys`: Ed25519 public keys, 32 bytes in base64 (RFC 4648 4).
  // invalid_argument names the entry that is none.
  static Result<Trust> read(const std::vector<std::string>& sha256,
                            const std::vector<std::string>& keys);

  bool demanded() const noexcept { return !sha256_.empty() || !keys_.empty(); }
  // Check 2. `signature`: 64 bytes, or their base64, also with `ed25519=` before it and white space
  // around it; empty = none. NOT_TRUSTED with what was looked for, or nothing.
  std::optional<Refusal> check(std::string_view bytes, std::string_view sha256,
                               std::string_view signature) const;

 private:
  std::vector<std::string> sha256_;
  std::vector<std::string> keys_;  // 32 bytes each
};

// The bytes of a base64 text (RFC 4648 4, padding required, nothing but its alphabet).
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace leat::plugin
