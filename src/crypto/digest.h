#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace leat::crypto {

enum class DigestKind : std::uint8_t { md5, sha1, sha256 };

inline constexpr std::size_t kDigestKinds = 3;
inline constexpr std::size_t kDigestBytesMax = 32;

constexpr std::size_t digest_bytes(DigestKind kind) noexcept {
  return kind == DigestKind::md5 ? 16 : kind == DigestKind::sha1 ? 20 : 32;
}

// Computes digests of whole texts (RFC 1321, FIPS 180-4) through OpenSSL's EVP interface. Keeps one
// state per algorithm, so that it allocates only the first time. Thread-confined.
class Digester {
 public:
  Digester() noexcept = default;
  ~Digester();
  Digester(const Digester&) = delete;
  Digester& operator=(const Digester&) = delete;

  // Writes digest_bytes(kind) bytes to the front of `out`. False when the installation's OpenSSL
  // refuses the algorithm (as a FIPS policy does with MD5). Requires: out is long enough.
  bool compute(DigestKind kind, std::string_view data, std::span<std::uint8_t> out) noexcept;

 private:
  struct State {
    evp_md_st* algorithm = nullptr;
    evp_md_ctx_st* context = nullptr;
    bool tried = false;
  };
  bool prepare(State& state, DigestKind kind) noexcept;

  std::array<State, kDigestKinds> states_;
};

// The SHA-256 of a text as 64 digits of lower-case hex. Thread-safe.
std::string sha256_hex(std::string_view data);

}  // namespace leat::crypto
