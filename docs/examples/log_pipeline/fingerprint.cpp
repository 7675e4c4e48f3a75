#include "fingerprint.hpp"

#include <stdexcept>

namespace log_pipeline {

fingerprint::fingerprint() : sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr)}, context_{EVP_MD_CTX_new()} {
  if (sha256_ == nullptr || context_ == nullptr) throw std::runtime_error{"libcrypto offers no SHA-256"};
}

fingerprint::hex fingerprint::of(std::string_view bytes) {
  unsigned char digest[32];
  if (EVP_DigestInit_ex2(context_.get(), sha256_.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context_.get(), digest, nullptr) != 1)
    throw std::runtime_error{"libcrypto could not compute a SHA-256"};

  constexpr char digits[] = "0123456789abcdef";
  hex text;
  for (std::size_t i = 0; i < sizeof digest; ++i) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15];
  }
  return text;
}

}  // namespace log_pipeline
