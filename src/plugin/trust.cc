#include "plugin/trust.h"

#include <algorithm>
#include <cstdint>

#include "crypto/signature.h"
#include "plugin/names.h"

namespace leat::plugin {
namespace {

int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The bytes of a signature in any of its forms; 64 if it is one.
std::string signature_bytes(std::string_view written) {
  constexpr std::string_view kScheme = "ed25519=";
  if (written.size() == crypto::kEd25519SignatureBytes) return std::string(written);
  std::string_view text = trimmed(written);
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  return decode_base64(text).value_or("");
}

Refusal untrusted(std::string message) { return {RefusalCode::not_trusted, std::move(message)}; }

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const bool pad = last && i >= 4 - padding;
      const int digit = pad ? 0 : base64_digit(text[at + i]);
      if (digit < 0) return {};
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
    }
    const std::size_t count = last ? 3 - padding : 3;
    // Bits that stand for no byte are zero.
    if (last && padding != 0 && (bits & (padding == 2 ? 0xFFFFu : 0xFFu)) != 0) return {};
    for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(bits >> (16 - 8 * i));
  }
  return bytes;
}

Result<Trust> Trust::read(const std::vector<std::string>& sha256,
                          const std::vector<std::string>& keys) {
  Trust trust;
  for (const std::string& written : sha256) {
    std::string digest = written;
    std::transform(digest.begin(), digest.end(), digest.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    if (!is_sha256(digest))
      return Status(Code::invalid_argument, "a SHA-256 has 64 digits of hex")
          .with("value", written);
    trust.sha256_.push_back(std::move(digest));
  }
  for (const std::string& written : keys) {
    auto key = decode_base64(written);
    if (!key || key->size() != crypto::kEd25519KeyBytes)
      return Status(Code::invalid_argument, "an Ed25519 public key is 32 bytes in base64")
          .with("value", written);
    trust.keys_.push_back(*std::move(key));
  }
  return trust;
}

std::optional<Refusal> Trust::check(std::string_view bytes, std::string_view sha256,
                                    std::string_view signature) const {
  if (!demanded()) return {};
  if (std::find(sha256_.begin(), sha256_.end(), sha256) != sha256_.end()) return {};
  if (keys_.empty())
    return untrusted("its SHA-256 " + std::string(sha256) + " is not in plugins.trust.sha256");
  if (signature.empty())
    return untrusted("nobody signed it: put an Ed25519 signature by a trusted key into <file>.sig");
  const std::string signed_by = signature_bytes(signature);
  if (signed_by.size() != crypto::kEd25519SignatureBytes)
    return untrusted("its signature is not 64 bytes, or their base64");
  for (const std::string& key : keys_)
    if (crypto::verify_ed25519(key, bytes, signed_by)) return {};
  return untrusted("its signature is by none of the keys in plugins.trust.keys, or of other bytes");
}

}  // namespace leat::plugin
