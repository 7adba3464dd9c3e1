// Local references inside resources: finding and replacing them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/element.h"
#include "fhir/resource.h"
#include "json/builder.h"

namespace planbro::sync {

// "Patient/1": what a resource is called inside one store.
struct LocalId {
  std::string type;
  std::string id;

  std::string text() const { return type + "/" + id; }
  friend auto operator<=>(const LocalId&, const LocalId&) = default;
};

// "Patient/1" and "Patient/1/_history/2" to the first two parts; nothing for anything else
// (absolute, contained, conditional, not a resource type).
std::optional<LocalId> localId(std::string_view reference, const fhir::Definitions& definitions);

// Every Reference.reference below `element` that is local, in document order, each once.
std::vector<LocalId> localReferences(const fhir::Element& element);

// Writes the resource without id and without what a server says in meta (versionId, lastUpdated),
// with local references replaced by what `address` gives. Where it gives nothing the reference
// loses its address and keeps the rest (identifier, type, display).
using AddressOf = std::function<std::optional<std::string>(const LocalId&)>;
void writeForPeer(const fhir::Resource& resource, const AddressOf& address, json::Builder& builder);

}  // namespace planbro::sync
