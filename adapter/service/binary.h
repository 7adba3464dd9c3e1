// A Binary in its own format instead of as a FHIR resource: its bytes as the body, its contentType
// as the Content-Type. FHIR R4, binary.html; docs/api/read.md, docs/api/create.md. Internal to
// service/.
#pragma once

#include <expected>

#include "service/call.h"
#include "service/request.h"
#include "service/routes.h"

namespace planbro::service {

// Whether a write brings the bytes themselves: a media type that is none of FHIR's.
bool bringsContent(const Request& request, const Route& route, const Call& call);
// The Binary that is made of them, with X-Security-Context as its securityContext; 400 where that
// makes no Binary.
std::expected<fhir::Resource, Answer> wrappedContent(const Request& request, const Call& call);

// Whether a read may be answered with the bytes: a Binary, and no media type of FHIR is taken.
bool mayShowContent(const Route& route, std::string_view type);
// The Binary of the answer to a read as its bytes; 406 where the caller does not name its
// contentType.
Answer contentOf(const Request& request, const Call& call, Answer answer);

}  // namespace planbro::service
