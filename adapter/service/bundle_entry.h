// The entries of a batch or transaction as calls of their own, and their answers as entries.
// Internal to service/.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "fhir/element.h"
#include "service/bundle_text.h"
#include "service/call.h"
#include "service/routes.h"

namespace planbro::service {

// Whether what the route answers with is a resource that it has written.
bool writes(const Route& route);

struct BundleEntry {
  std::size_t index = 0;
  std::string full_url;
  std::string root;  // of that, see service/replacements.h
  Call call;
  const Route* route = nullptr;
  std::vector<fhir::Issue> warnings;

  bool writes() const { return service::writes(*route); }
};

// The entry as a call with the preferences of `outer`; or its refusal, with expressions that begin
// "Bundle.entry[…]".
std::expected<BundleEntry, Answer> parseEntry(const Call& outer, const fhir::Element& entry,
                                              std::size_t index);

// "Bundle.entry[2]"
std::string placeOfEntry(std::size_t index);

// Expressions as seen from the bundle: "Patient.name" to "Bundle.entry[2].resource.name".
void placeInEntry(std::vector<fhir::Issue>& issues, std::size_t index);

// Writes the response's entry for that answer of `route` (nullptr: it did not get that far). A
// resource stands in it where it was read, or where the caller asks for return=representation.
void addResponse(BundleText& bundle, const Call& outer, const Call& call, const Route* route,
                 const Answer& answer);

// The whole answer, as the caller of the bundle prefers it.
Answer bundleAnswer(const Call& call, BundleText bundle);

}  // namespace planbro::service
