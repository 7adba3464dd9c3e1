// Where packages come from that are not at hand: a registry as the FHIR community runs them
// (npm's protocol: GET BASE/NAME/VERSION answers the .tgz, or sends on to it).
//
// Source: hl7.org/fhir/packages.html (names, versions); npm's package registry API.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace planbro::fhir {

// What a GET came to. Headers beyond Location are of no interest here.
struct Fetched {
  int status = 0;
  std::string location;  // of a redirect
  std::string body;
};

// One GET of an absolute address, handed in from above (http/ knows how). It follows no redirect
// and bounds time and size itself; what fails on the way is its error.
using Fetch = std::function<Result<Fetched>(const std::string& address)>;

inline constexpr int kMaxRedirects = 5;
inline constexpr std::size_t kMaxArchiveBytes = std::size_t{512} << 20;  // of a .tgz

// The .tgz of that package from the registry at `base`.
// Redirects are followed at most kMaxRedirects times and never from https to http. kNotFound if the
// registry has no such package, kUnavailable if it cannot answer now, kInvalidArgument for a name
// or version that no package has, kCorrupt if what came is no .tgz.
Result<std::string> fetchPackage(const Fetch& fetch, std::string_view base, std::string_view name,
                                 std::string_view version);

// A name or version that is safe in an address and as part of a file's name.
bool isPlainPackageName(std::string_view name);

}  // namespace planbro::fhir
