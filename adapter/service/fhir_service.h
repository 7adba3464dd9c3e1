// The FHIR R4 REST service over one store: every interaction of the route table (routes.h), each in
// a file of its own, as one Handler.
//
// Source: FHIR R4, RESTful API (http.html) and Search (search.html). Threads: handle() may be
// called by any number of threads; what is handed in must allow that. Nothing is owned but the
// checks; the rest must outlive the service.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "fhir/definitions.h"
#include "service/request.h"
#include "service/write_check.h"
#include "store/store.h"

namespace planbro::fhir {
class Registry;
}
namespace planbro::search {
class Parameters;
}
namespace planbro::validation {
class ValidationContext;
}

namespace planbro::service {

struct Context;  // context.h: what the interactions share
class Metrics;   // metrics.h

struct ServiceSettings {
  // The address clients reach the service under, without a slash at the end; for Location, fullUrl
  // and links. Requests are routed by their path alone.
  std::string base_url = "http://127.0.0.1:8080/fhir";
  std::string path = "/fhir";  // what request paths begin with
  // Whether PUT to an id that was never used makes the resource (update as create).
  bool update_creates = true;
  std::uint32_t default_count = 50;   // matches or versions a page without _count
  std::uint32_t max_count = 1000;     // most a client gets with _count
  std::uint32_t max_included = 2000;  // resources a page may bring along by _include, _revinclude
  // Types of a person's plan: never deleted, their status is changed instead.
  std::set<std::string, std::less<>> never_deleted = {"CarePlan", "CareTeam", "Consent", "Goal"};
  std::string software_version;  // for the capability statement
};

struct ServiceParts {
  store::Store* store = nullptr;
  const fhir::Definitions* definitions = nullptr;
  const search::Parameters* parameters = nullptr;
  const fhir::Registry* registry = nullptr;  // profiles named by the capability statement; optional
  std::vector<ConfiguredCheck> checks;       // asked in this order of every resource written
  const validation::ValidationContext* validator = nullptr;  // for $validate; optional
  Metrics* metrics = nullptr;                                // counts requests and times; optional
  const Clock* clock = nullptr;
  IdSource* ids = nullptr;
};

class FhirService {
 public:
  FhirService(ServiceParts parts, ServiceSettings settings);
  ~FhirService();

  // Answers every request, also a wrong one; never throws.
  Response handle(const Request& request) const;
  // Answers as handle() would, but stores nothing: every write is given up at its end. In a batch
  // no entry sees what another would have written.
  Response rehearse(const Request& request) const;
  // handle() as a function; the service must outlive it.
  Handler handler() const;

 private:
  Response respond(const Request& request, bool rehearsal) const;

  std::unique_ptr<const Context> context_;
};

}  // namespace planbro::service
