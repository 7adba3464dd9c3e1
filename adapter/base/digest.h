// Digests and text encodings of bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace planbro {

// SHA-256 (FIPS 180-4) of `bytes`, 64 lower-case hexadecimal digits.
std::string sha256Hex(std::string_view bytes);

// The same of bytes that come in parts. One thread.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  std::string hex() &&;  // once, at the end

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

// Standard base64 with padding (RFC 4648, section 4).
std::string base64Encode(std::string_view bytes);

// White space is passed over, as FHIR's base64Binary allows; nothing for any other fault.
std::optional<std::string> base64Decode(std::string_view text);

}  // namespace planbro
