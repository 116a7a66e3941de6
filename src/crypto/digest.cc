#include "crypto/digest.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace leat::crypto {
namespace {

const char* name_of(DigestKind kind) {
  switch (kind) {
    case DigestKind::md5: return "MD5";
    case DigestKind::sha1: return "SHA1";
    case DigestKind::sha256: break;
  }
  return "SHA256";
}

}  // namespace

Digester::~Digester() {
  for (const State& state : states_) {
    EVP_MD_CTX_free(state.context);
    EVP_MD_free(state.algorithm);
  }
}

bool Digester::prepare(State& state, DigestKind kind) noexcept {
  if (!state.tried) {
    state.tried = true;
    state.algorithm = EVP_MD_fetch(nullptr, name_of(kind), nullptr);
    state.context = EVP_MD_CTX_new();
  }
  return state.algorithm != nullptr && state.context != nullptr;
}

bool Digester::compute(DigestKind kind, std::string_view data,
                       std::span<std::uint8_t> out) noexcept {
  LEAT_CHECK(out.size() >= digest_bytes(kind));
  State& state = states_[static_cast<std::size_t>(kind)];
  if (!prepare(state, kind)) return false;
  unsigned size = 0;
  return EVP_DigestInit_ex2(state.context, state.algorithm, nullptr) == 1 &&
         EVP_DigestUpdate(state.context, data.data(), data.size()) == 1 &&
         EVP_DigestFinal_ex(state.context, out.data(), &size) == 1;
}

std::string sha256_hex(std::string_view data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Digester digester;
  std::array<std::uint8_t, kDigestBytesMax> bytes{};
  LEAT_CHECK(digester.compute(DigestKind::sha256, data, bytes));
  std::string hex;
  for (const unsigned byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace leat::crypto
