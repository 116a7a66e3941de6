#pragma once

#include <string_view>

namespace leat::crypto {

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

// Whether `signature` is that of `message` by the owner of the public key (Ed25519, RFC 8032, the
// message as it is). False also for a key or signature of a wrong length, and when the
// installation's OpenSSL refuses the algorithm. Thread-safe.
bool verify_ed25519(std::string_view public_key, std::string_view message,
                    std::string_view signature) noexcept;

}  // namespace leat::crypto
