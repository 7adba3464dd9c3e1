// The person's own read-only feed: their plans, and one plan as a FHIR document.
//
//   GET /feed/plans       a searchset Bundle of the viewer's plans, newest change first
//   GET /feed/plans/{id}  the plan as a document Bundle with a narrative in plain Norwegian
//
// Both carry an ETag and answer 304 to If-None-Match. Without a known viewer: 401. A plan that is
// not the viewer's own does not exist for them: 404.
#pragma once

#include <functional>

#include "fhir/issue.h"
#include "json/document.h"
#include "portal/viewer.h"
#include "service/request.h"
#include "store/store.h"

namespace planbro::portal {

// Makes the document of a plan out of what the reader sees (plan/document.h). Must give the same
// bytes for the same versions.
using DocumentSource = std::function<Result<json::DocumentPtr>(
    store::Reader& reader, const store::Version& plan, fhir::Language language)>;

// Any thread. Everything handed in must outlive it.
class Feed {
 public:
  Feed(store::Store& store, const ViewerSource& viewers, DocumentSource document)
      : store_(store), viewers_(viewers), document_(std::move(document)) {}

  // For the address /feed.
  service::Response handle(const service::Request& request) const;

 private:
  service::Response plans(const service::Request& request, const std::string& patient) const;
  service::Response plan(const service::Request& request, const std::string& patient,
                         std::string_view id) const;

  store::Store& store_;
  const ViewerSource& viewers_;
  DocumentSource document_;
};

}  // namespace planbro::portal
