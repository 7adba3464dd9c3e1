#include "fhir/package_source.h"

#include <fmt/format.h>

#include <algorithm>

namespace planbro::fhir {
namespace {

bool isAddress(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

// `location` as seen from `address`; "" if it leads nowhere that may be followed.
std::string follow(const std::string& address, const std::string& location) {
  if (isAddress(location)) {
    const bool weaker = address.starts_with("https://") && location.starts_with("http://");
    return weaker ? std::string() : location;
  }
  if (!location.starts_with('/') || location.starts_with("//")) return {};
  const std::size_t host = address.find("://") + 3;
  return address.substr(0, address.find('/', host)) + location;
}

}  // namespace

bool isPlainPackageName(std::string_view name) {
  return !name.empty() && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

Result<std::string> fetchPackage(const Fetch& fetch, std::string_view base, std::string_view name,
                                 std::string_view version) {
  if (!isPlainPackageName(name) || !isPlainPackageName(version))
    return fail(ErrorCode::kInvalidArgument, "a package in the list has no usable name or version");
  while (base.ends_with('/')) base.remove_suffix(1);
  if (!isAddress(base))
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no address of a registry", base));
  std::string address = fmt::format("{}/{}/{}", base, name, version);
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    PLANBRO_ASSIGN_OR_RETURN(Fetched answer, fetch(address));
    if (answer.status == 200) {
      // The first bytes of gzip (RFC 1952); the rest is read by the one who uses it.
      if (!answer.body.starts_with("\x1f\x8b"))
        return fail(ErrorCode::kCorrupt,
                    fmt::format("{} {}: the registry answered with something that is no package",
                                name, version));
      return std::move(answer.body);
    }
    if (answer.status == 404 || answer.status == 410)
      return fail(ErrorCode::kNotFound,
                  fmt::format("the registry has no package {} {}", name, version));
    if (answer.status < 300 || answer.status > 399)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{} {}: the registry answered {}", name, version, answer.status));
    address = follow(address, answer.location);
    if (address.empty())
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{} {}: the registry sends on to an address that is not followed",
                              name, version));
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} {}: the registry sends on and on", name, version));
}

}  // namespace planbro::fhir
