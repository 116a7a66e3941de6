#include "crypto/signature.h"

#include <openssl/evp.h>

#include <memory>

namespace leat::crypto {
namespace {

const unsigned char* octets(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

bool verify_ed25519(std::string_view public_key, std::string_view message,
                    std::string_view signature) noexcept {
  if (public_key.size() != kEd25519KeyBytes || signature.size() != kEd25519SignatureBytes)
    return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(public_key), public_key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state(EVP_MD_CTX_new(),
                                                                      EVP_MD_CTX_free);
  if (!key || !state) return false;
  return EVP_DigestVerifyInit(state.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(state.get(), octets(signature), signature.size(), octets(message),
                          message.size()) == 1;
}

}  // namespace leat::crypto
