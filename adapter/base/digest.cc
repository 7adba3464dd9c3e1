#include "base/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstdlib>

namespace planbro {

namespace {

std::string hexOf(const std::array<unsigned char, 32>& digest) {
  std::string hex;
  hex.reserve(64);
  for (const unsigned char byte : digest) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

// A library without SHA-256 cannot be worked with.
void require(bool done) {
  if (!done) std::abort();
}

EVP_MD_CTX* contextOf(void* context) { return static_cast<EVP_MD_CTX*>(context); }

}  // namespace

std::string sha256Hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest;
  unsigned int size = 0;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return hexOf(digest);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr &&
          EVP_DigestInit_ex(contextOf(context_.get()), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
  require(EVP_DigestUpdate(contextOf(context_.get()), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() && {
  std::array<unsigned char, 32> digest;
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(contextOf(context_.get()), digest.data(), &size) == 1);
  return hexOf(digest);
}

void Sha256::Free::operator()(void* context) const { EVP_MD_CTX_free(contextOf(context)); }

std::string base64Encode(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return static_cast<unsigned char>(bytes[k]); };
  for (; i + 2 < bytes.size(); i += 3) {
    const unsigned v = unsigned(at(i)) << 16 | unsigned(at(i + 1)) << 8 | at(i + 2);
    text += kDigits[v >> 18];
    text += kDigits[v >> 12 & 63];
    text += kDigits[v >> 6 & 63];
    text += kDigits[v & 63];
  }
  if (const std::size_t rest = bytes.size() - i; rest > 0) {
    const unsigned v = unsigned(at(i)) << 16 | (rest == 2 ? unsigned(at(i + 1)) << 8 : 0U);
    text += kDigits[v >> 18];
    text += kDigits[v >> 12 & 63];
    text += rest == 2 ? kDigits[v >> 6 & 63] : '=';
    text += '=';
  }
  return text;
}

std::optional<std::string> base64Decode(std::string_view text) {
  static constexpr auto kValues = [] {
    std::array<signed char, 256> table;
    table.fill(-1);
    for (int i = 0; i < 26; ++i) {
      table[std::size_t('A' + i)] = static_cast<signed char>(i);
      table[std::size_t('a' + i)] = static_cast<signed char>(26 + i);
    }
    for (int i = 0; i < 10; ++i) table[std::size_t('0' + i)] = static_cast<signed char>(52 + i);
    table[std::size_t('+')] = 62;
    table[std::size_t('/')] = 63;
    return table;
  }();
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  unsigned value = 0, digits = 0, padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    const signed char digit = kValues[static_cast<unsigned char>(c)];
    if (digit < 0 || padding > 0) return std::nullopt;
    value = value << 6 | unsigned(digit);
    if (++digits == 4) {
      bytes += static_cast<char>(value >> 16);
      bytes += static_cast<char>(value >> 8);
      bytes += static_cast<char>(value);
      value = digits = 0;
    }
  }
  if (digits + padding != 0 && digits + padding != 4) return std::nullopt;
  if (digits == 1) return std::nullopt;
  if (digits == 2) bytes += static_cast<char>(value >> 4);
  if (digits == 3) {
    bytes += static_cast<char>(value >> 10);
    bytes += static_cast<char>(value >> 2);
  }
  return bytes;
}

}  // namespace planbro
