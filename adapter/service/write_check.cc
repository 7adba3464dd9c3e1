#include "service/write_check.h"

namespace planbro::service {

Status WriteCheck::checkResource(const fhir::Resource&, std::vector<fhir::Issue>&) const {
  return {};
}

Status WriteCheck::checkCommit(store::Reader&, std::span<const fhir::Resource>,
                               std::vector<fhir::Issue>&) const {
  return {};
}

Enforcement ConfiguredCheck::forType(std::string_view type) const {
  const auto found = by_type.find(type);
  return found == by_type.end() ? standard : found->second;
}

}  // namespace planbro::service
