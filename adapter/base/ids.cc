#include "base/ids.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

namespace planbro {

namespace {

// Maps write hundreds of these a plan: no format string.
std::string written(const unsigned char* bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

std::string RandomIds::next() {
  std::array<unsigned char, 16> b;
  // Without randomness nothing safe can be made up: two records could share an id.
  if (RAND_bytes(b.data(), int(b.size())) != 1) std::abort();
  b[6] = static_cast<unsigned char>((b[6] & 0x0F) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3F) | 0x80);
  return written(b.data());
}

std::string SequentialIds::next() {
  return fmt::format("00000000-0000-4000-8000-{:012x}", ++last_);
}

std::string nameUuid(std::string_view name) {
  std::string bytes("\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16);
  bytes += name;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
    std::abort();  // a library without SHA-1 cannot be worked with
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x50);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);
  return written(digest.data());
}

}  // namespace planbro
