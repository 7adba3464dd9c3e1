// Packages that were read before, kept packed in a folder of this user's under the SHA-256 of the
// .tgz they came from: FOLDER/1a2b….pack. The folder may be deleted at any time.
//
// A file is written whole beside its place and then renamed, so several processes may read and
// write at once. It is used only if it belongs to this user, nobody else may write to it, and its
// own checksum holds; anything else counts as not there. Failing to keep a package is no error.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/package_pack.h"

namespace planbro::fhir {

inline constexpr std::size_t kMaxKeptPackages = 64;  // the one used longest ago goes

class PackedPackages {
 public:
  explicit PackedPackages(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Mapped into memory: a text is read when it is first asked for.
  std::optional<PackedPackage> find(std::string_view sha256) const;
  void keep(std::string_view sha256, std::string_view bytes) const;

  // $XDG_CACHE_HOME/planbro/packages or $HOME/.cache/planbro/packages; nothing if neither is set.
  // Source: XDG Base Directory Specification 0.8.
  static std::optional<std::filesystem::path> userFolder();

 private:
  std::filesystem::path fileOf(std::string_view sha256) const;
  void dropOldest() const;

  std::filesystem::path folder_;
};

}  // namespace planbro::fhir
