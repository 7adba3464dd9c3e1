// The FHIR R4 REST service over one store: every interaction of the route table (routes.h), each in
// a file of its own, as one Handler.
//
// Source: FHIR R4, RESTful API (http.html) and Search (search.html). Threads: handle() may be
// called by any number of threads; what is handed in must allow that. Nothing is owned but the
// checks; the rest must outlive the service.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "fhir/definitions.h"
#include "service/request.h"
#include "service/visibility.h"
#include "service/write_check.h"
#include "store/store.h"

namespace planbro::fhir {
class Registry;
}
namespace planbro::search {
class Parameters;
}
namespace planbro::mapping {
class MapLibrary;
}
namespace planbro::terminology {
class Terminology;
}
namespace planbro::validation {
class ValidationContext;
}

namespace planbro::service {

struct Context;    // context.h: what the interactions share
class Metrics;     // metrics.h
class AsyncJobs;   // async_jobs.h
class CursorSeal;  // cursor_seal.h

// The authorization server that stands before the service, as clients are told of it (smart.h).
struct SmartSettings {
  std::string issuer, authorization_endpoint, token_endpoint, jwks_uri;  // addresses
  std::vector<std::string> capabilities;  // codes of SMART App Launch

  bool isConfigured() const { return !token_endpoint.empty(); }
};

struct ServiceSettings {
  // The address clients reach the service under, without a slash at the end; for Location, fullUrl
  // and links. Requests are routed by their path alone.
  std::string base_url = "http://127.0.0.1:8080/fhir";
  std::string path = "/fhir";  // what request paths begin with
  // Whether PUT to an id that was never used makes the resource (update as create).
  bool update_creates = true;
  std::uint32_t default_count = 50;   // matches or versions a page without _count
  std::uint32_t max_count = 1000;     // most a client gets with _count
  bool explain = false;               // whether searches take _explain: for operators
  std::uint32_t max_included = 2000;  // resources a page may bring along by _include, _revinclude
  std::size_t max_entries = kMaxTransactionEntries;  // of a batch or transaction
  // Types of a person's plan: never deleted, their status is changed instead.
  std::set<std::string, std::less<>> never_deleted = {"CarePlan", "CareTeam", "Consent", "Goal"};
  std::filesystem::path import_folder;  // files that $import may read; empty: none
  std::filesystem::path quarantine;     // where $import keeps what it refused; empty: nowhere
  std::string software_version;         // for the capability statement
  SmartSettings smart;
  bool cors = false;  // for the capability statement: pages of other sites are answered
};

struct ServiceParts {
  store::Store* store = nullptr;
  const fhir::Definitions* definitions = nullptr;
  const search::Parameters* parameters = nullptr;
  const fhir::Registry* registry = nullptr;  // profiles named by the capability statement; optional
  VisibilitySource visibility;          // asked of every request; empty: everybody sees everything
  std::vector<ConfiguredCheck> checks;  // asked in this order of every resource written
  const validation::ValidationContext* validator = nullptr;  // for $validate; optional
  const terminology::Terminology* terminology = nullptr;     // for $expand and its kin; optional
  const mapping::MapLibrary* maps = nullptr;                 // for $transform; optional
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
  // For what works beside the requests (transactions.h).
  const Context& context() const { return *context_; }
  // handle() as a function; the service must outlive it.
  Handler handler() const;

 private:
  Response respond(const Request& request, bool rehearsal) const;

  std::unique_ptr<const Context> context_;
  std::unique_ptr<CursorSeal> cursors_;
  std::unique_ptr<AsyncJobs> async_;  // ends before what its jobs use
};

}  // namespace planbro::service
