// A FHIR package as it is once read: what it holds by canonical URL, every text compressed alone,
// and what was wrong. The bytes can be kept (packed_packages.h), so that a package is unpacked and
// parsed once and not at every start.
//
// The form is this program's own and changes with it: a magic that names the version of the form, a
// SHA-256 of all that follows, then numbers (32 bits, little-endian) and texts (length and bytes).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "fhir/package_reader.h"

namespace planbro::fhir {

// Immutable; any thread. Views live as long as it does.
class PackedPackage {
 public:
  struct Entry {
    std::string_view url, type, version;
    std::string_view supplements;  // the code system that a supplement adds to; else empty
    std::string_view file;         // inside the package
    std::string_view frame;        // zstd
    std::size_t raw_size = 0;      // of the text: JSON or XML as it was published
  };

  // `owner` holds `bytes`, which may be anything: kCorrupt for all but what packPackage() made.
  static Result<PackedPackage> open(std::string_view bytes, std::shared_ptr<const void> owner);

  std::string_view name() const { return name_; }  // of package.json; empty if it has none
  std::string_view version() const { return version_; }
  const std::vector<Entry>& entries() const { return entries_; }
  // What was wrong inside, in a package that is shown by that name.
  std::vector<Issue> issues(const std::string& shown) const;

 private:
  std::string_view name_, version_;
  std::vector<Entry> entries_;
  std::vector<Issue> issues_;
  std::shared_ptr<const void> owner_;
};

// What came of reading a package once.
struct PackedBytes {
  std::string bytes;
  // Whether it was read to its end; what is cut off or over a limit is not worth keeping.
  bool whole = true;
};

// Calls its argument with every file and returns what was refused: readPackage() and its like.
using PackageFiles = std::function<std::vector<Issue>(const std::function<void(PackageFile)>&)>;
PackedBytes packPackage(const PackageFiles& files);

}  // namespace planbro::fhir
