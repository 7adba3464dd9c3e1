// Keys and what is sealed with them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace planbro {

// From the operating system's generator.
std::string randomBytes(std::size_t count);

// HMAC with SHA-256 (RFC 2104, FIPS 198-1): 32 bytes.
std::string hmacSha256(std::string_view key, std::string_view message);

// In a time that tells nothing of where they differ.
bool sameSecret(std::string_view a, std::string_view b);

}  // namespace planbro
