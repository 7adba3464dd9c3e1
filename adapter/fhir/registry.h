// Conformance resources by canonical URL: R4 core, our own profiles, loaded packages.
//
// R4 core is part of the program and always there; one resource of it is unpacked, parsed and bound
// when it is first asked for. FHIR packages (a .tgz or a folder, JSON and XML) and single resources
// are added on top. Texts of packages are kept compressed; the trees are made on first use. A .tgz
// can be kept packed for the next process.
//
// Resolution, find("url|version"):
// - with a version: exactly that one, else the newest that it is a prefix of (4.0 finds 4.0.1);
// - without: the newest. Under http://hl7.org/fhir/ the built-in core wins over added copies of
//   itself; everywhere else what was added wins over core, as its publisher is closer to it.
// - no-basis has two canonical families (http://hl7.no/fhir/StructureDefinition/no-basis-X and
//   http://hl7.no/fhir/ig/StructureDefinition/no-basis-X); either finds the other when it is not
//   there itself.
//
// Add first, from one thread; then every const function may be called by any thread. Resources and
// views live as long as the registry.
// Source: FHIR R4 references.html section 2.3.0.5 (canonical), packages:
// hl7.org/fhir/packages.html.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/package_pack.h"
#include "fhir/resource.h"

namespace planbro::fhir {

// A package that was added.
struct PackageInfo {
  std::string name;  // "hl7.fhir.no.basis"; the file or folder name when there is no package.json
  std::string version;  // "2.2.2"; may be empty
  std::string sha256;   // of the .tgz file; empty for folders
  std::size_t resources = 0;
};

class Registry {
 public:
  // What is known of a resource without unpacking it.
  struct Entry {
    std::string_view url;  // empty for the few without one (NamingSystem)
    std::string_view type;
    std::string_view version;
    std::string_view supplements;  // the code system that a supplement adds to; else empty
    std::string_view package;      // name of the package; "hl7.fhir.r4.core" for core
    std::uint32_t number = 0;      // for get()
  };

  // R4 core and nothing else.
  Registry();
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;

  // The resource with that canonical; nullptr if there is none. `type` narrows it to one resource
  // type ("ValueSet"); a few URLs name several resources.
  const Resource* find(std::string_view canonical, std::string_view type = {}) const;

  // Calls `visit` with every entry of that type, core first, then in the order of adding; all
  // entries with an empty `type`. Unpacks nothing. Several versions are several entries.
  void forEach(std::string_view type, const std::function<void(const Entry&)>& visit) const;
  // The resource of an entry; nullptr only if it could not be read (which adding has reported).
  const Resource* get(const Entry& entry) const;
  // The same, made for the caller alone: for a look through many that nobody needs again.
  Resource makeOnce(const Entry& entry) const;

  // A FHIR package: a .tgz, or a folder with package/*.json or with resource files in it or below
  // it. JSON and XML. What is wrong inside becomes issues (PB-02xx, with the file's name) and the
  // rest is loaded. Links, absolute paths and paths with .. are refused; sizes are limited.
  std::vector<Issue> addPackage(const std::filesystem::path& path);
  // The same for a .tgz in memory; `shown` is the name issues give it.
  // `sha256` is that of the bytes if it is known.
  std::vector<Issue> addPackageBytes(std::string_view bytes, const std::string& shown,
                                     std::string sha256 = {});

  // Keeps the .tgz packages added from now on packed in that folder, and takes them from there when
  // they are asked for again (packed_packages.h).
  void keepPackedIn(std::filesystem::path folder);

  // Our own profiles, value sets, code systems, … which are part of the program (profiles/ip/).
  std::vector<Issue> addOwnProfiles();

  // One resource; `origin` is what Entry::package says. A resource with a URL and version that is
  // already there replaces the earlier one.
  std::vector<Issue> addResource(Resource resource, std::string_view origin = {});

  const std::vector<PackageInfo>& packages() const;

 private:
  struct State;
  std::vector<Issue> addPackageFiles(PackageInfo info, const PackageFiles& files);

  std::unique_ptr<State> state_;
};

// Whether version `a` is older than `b`: dotted numbers by value, a pre-release before its release.
bool isOlderVersion(std::string_view a, std::string_view b);

}  // namespace planbro::fhir
