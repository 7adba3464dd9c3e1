#include "service/inner_resource.h"

#include <utility>

#include "json/builder.h"

namespace planbro::service {

fhir::Resource innerResource(const fhir::Element& inner, const fhir::Resource& from) {
  const fhir::Definitions& definitions = from.definitions();
  json::Builder out(&definitions.names());
  out.copy(*inner.value(), from.document());
  return {
      std::move(out).finish([&](json::DocumentMaker& maker) { fhir::bind(maker, definitions); }),
      definitions};
}

}  // namespace planbro::service
