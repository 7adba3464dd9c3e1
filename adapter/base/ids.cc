#include "base/ids.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace planbro {

namespace {

// Maps write hundreds of these a plan: no format string.
std::string written(const unsigned char* bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 36> text;
  char* place = text.data();
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *place++ = '-';
    *place++ = kDigits[bytes[i] >> 4];
    *place++ = kDigits[bytes[i] & 15];
  }
  return {text.data(), text.size()};
}

// SHA-1 found once and its state kept by every thread: looking the algorithm up costs more than the
// digest of a short name.
class Sha1 {
 public:
  Sha1() : context_(EVP_MD_CTX_new()) {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    algorithm_ = algorithm;
  }
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;
  ~Sha1() { EVP_MD_CTX_free(context_); }

  bool digest(std::string_view a, std::string_view b, unsigned char* out) {
    return context_ != nullptr && algorithm_ != nullptr &&
           EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1 &&
           EVP_DigestUpdate(context_, a.data(), a.size()) == 1 &&
           EVP_DigestUpdate(context_, b.data(), b.size()) == 1 &&
           EVP_DigestFinal_ex(context_, out, nullptr) == 1;
  }

 private:
  EVP_MD_CTX* context_;
  const EVP_MD* algorithm_ = nullptr;
};

// Random bytes of the system's generator, fetched for many ids at once: asking costs more than the
// bytes. Each is used once and forgotten.
class RandomBytes {
 public:
  void take(unsigned char* out, std::size_t count) {
    if (used_ + count > bytes_.size()) {
      // Without randomness nothing safe can be made up: two records could share an id.
      if (RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) std::abort();
      used_ = 0;
    }
    const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy_n(from, count, out);
    std::fill_n(from, count, static_cast<unsigned char>(0));
    used_ += count;
  }

 private:
  std::array<unsigned char, 512> bytes_{};
  std::size_t used_ = bytes_.size();
};

}  // namespace

std::string TimeOrderedIds::next() {
  constexpr unsigned kCounterBits = 12;
  const std::uint64_t now = static_cast<std::uint64_t>(clock_.now().micros / 1000) << kCounterBits;
  std::uint64_t last = last_.load(std::memory_order_relaxed);
  std::uint64_t mine = 0;
  do {
    mine = std::max(now, last + 1);  // a counter that runs over goes on in the next millisecond
  } while (!last_.compare_exchange_weak(last, mine, std::memory_order_relaxed));

  std::array<unsigned char, 16> b;
  const std::uint64_t milliseconds = mine >> kCounterBits;
  for (unsigned i = 0; i < 6; ++i) b[i] = static_cast<unsigned char>(milliseconds >> (8 * (5 - i)));
  b[6] = static_cast<unsigned char>(0x70 | ((mine >> 8) & 0x0F));
  b[7] = static_cast<unsigned char>(mine);
  static thread_local RandomBytes random;
  random.take(b.data() + 8, 8);
  b[8] = static_cast<unsigned char>((b[8] & 0x3F) | 0x80);
  return written(b.data());
}

std::string SequentialIds::next() {
  return fmt::format("00000000-0000-4000-8000-{:012x}", ++last_);
}

std::string nameUuid(std::string_view name) {
  static constexpr std::string_view kNamespace(
      "\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16);
  static thread_local Sha1 sha1;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  // A library without SHA-1 cannot be worked with.
  if (!sha1.digest(kNamespace, name, digest.data())) std::abort();
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0F) | 0x50);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3F) | 0x80);
  return written(digest.data());
}

}  // namespace planbro
