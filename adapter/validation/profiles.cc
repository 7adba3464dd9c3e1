#include "validation/profiles.h"

#include <utility>

#include "validation/profile_compiler.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

namespace {

Profiles::Special specialOf(std::string_view name) {
  using Special = Profiles::Special;
  if (name == "Extension") return Special::kExtension;
  if (name == "Reference") return Special::kReference;
  if (name == "Coding") return Special::kCoding;
  if (name == "Identifier") return Special::kIdentifier;
  if (name == "Attachment") return Special::kAttachment;
  if (name == "xhtml") return Special::kXhtml;
  return Special::kNone;
}

}  // namespace

Profiles::Profiles(std::shared_ptr<const terminology::Terminology> terminology, Options options)
    : registry_(terminology->sharedRegistry()),
      options_(std::move(options)),
      terminology_(std::move(terminology)),
      snapshots_(registry_, lock_),
      profiles_(lock_, [this](std::string_view canonical) { return make(canonical); }) {
  const fhir::TypeId quantity = definitions().findType("Quantity");
  for (const fhir::Type& type : definitions().types()) {
    types_.push_back(type.url.empty() ? nullptr : &profiles_.slot(type.url));
    TypeTraits traits;
    traits.primitive = primitiveOf(type.name);
    traits.special = specialOf(type.name);
    traits.rule = resourceRuleOf(type.name);
    if (definitions().isA(definitions().findType(type.name), quantity))
      traits.special = Special::kQuantity;
    traits_.push_back(traits);
  }
}

const CompiledProfile* Profiles::ofType(fhir::TypeId type) const {
  return type >= types_.size() || types_[type] == nullptr ? nullptr : profiles_.get(*types_[type]);
}

std::unique_ptr<const CompiledProfile> Profiles::make(std::string_view canonical) const {
  if (depth_ == Snapshots::kMaxBaseDepth) return nullptr;
  const Snapshot* snapshot = snapshots_.find(canonical);
  if (snapshot == nullptr) return nullptr;
  ++depth_;
  auto made = compileProfile(*snapshot, *this);
  --depth_;
  // The same profile may be asked for with and without its version.
  const std::string_view url = snapshot->definition.root().textOf("url");
  const std::string_view version = snapshot->definition.root().textOf("version");
  if (!spoken_of_.emplace(std::string(url).append("|").append(version)).second) return made;
  const auto& found = made == nullptr ? snapshot->issues : made->problems();
  for (const fhir::Issue& issue : found) {
    // The same mistake comes again in every profile derived from the one that made it.
    const bool inherited =
        issue.code >= "PB-1370" && issue.code <= "PB-1373" && issue.arguments.size() > 1 &&
        !spoken_of_.insert(std::string(issue.code).append(" ").append(issue.arguments[1])).second;
    if (!inherited) problems_.push_back(issue);
  }
  return made;
}

std::vector<fhir::Issue> Profiles::takeProblems() const {
  const std::lock_guard held(lock_);
  return std::exchange(problems_, {});
}

}  // namespace planbro::validation
