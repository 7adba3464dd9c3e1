// What stands in place of addresses inside a transaction: "urn:uuid:…" to "Patient/1". Internal to
// service/.
//
// Source: FHIR R4, http.html, section 3.1.0.11.2; bundle.html, "Resolving references in Bundles".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/definitions.h"

namespace planbro::service {

struct Replacement {
  std::string address;     // "Patient/1"
  bool created = false;    // what stands there will be its first version
  std::string version_id;  // meta.versionId that it came with; may be empty
};

using Replacements = std::map<std::string, Replacement, std::less<>>;

// The replacements as one entry of the bundle sees them: a relative address continues the root of
// the entry's own fullUrl. What it was made with must outlive it.
class EntryReplacements {
 public:
  EntryReplacements() = default;
  // `root`: see rootOf().
  EntryReplacements(const Replacements& all, std::string_view root) : all_(&all), root_(root) {}

  bool empty() const { return all_ == nullptr || all_->empty(); }
  // What stands in place of `address`, which may name a version or have a fragment; nothing: it
  // stays. A version stays named where it is the first one of what is created; the versions that
  // others will have are not known yet.
  std::optional<std::string> find(std::string_view address) const;

 private:
  const Replacements* all_ = nullptr;
  std::string_view root_;
};

// "http://x/fhir/" of "http://x/fhir/Patient/1"; empty: it is no address of a resource on a server.
std::string_view rootOf(const fhir::Definitions& definitions, std::string_view full_url);

}  // namespace planbro::service
