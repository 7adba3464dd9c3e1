// The parts of a running service put together from a configuration: what `serve` answers with and
// what commands on an embedded store (import, export, check) work through.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "cli/config.h"
#include "cli/store_opening.h"
#include "fhir/issue.h"
#include "fhir/registry.h"
#include "mapping/engine.h"
#include "search/parameters.h"
#include "service/fhir_service.h"
#include "service/metrics.h"
#include "store/store.h"
#include "terminology/terminology.h"
#include "validation/validator.h"

namespace planbro::cli {

// Own profiles, the packages of the data folder and those configured. What is wrong inside them is
// added to `issues`.
Result<std::shared_ptr<const fhir::Registry>> loadRegistry(const Config& config,
                                                           const std::filesystem::path& data,
                                                           std::vector<fhir::Issue>& issues);

// Everything here is immutable or may be used by any thread. Lives until the last request is done.
class Assembly {
 public:
  // Opens or makes the store, loads packages, compiles search parameters. `base_url` is
  // what clients call the FHIR service. What is wrong inside packages is in issues() and does not
  // stop the program. `maps` is what $transform offers; it must outlive the assembly.
  static Result<std::unique_ptr<Assembly>> make(const Config& config,
                                                const std::filesystem::path& data,
                                                const std::string& base_url, Opening opening,
                                                const mapping::MapLibrary* maps = nullptr);
  ~Assembly();
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  store::Store& store() { return *store_; }
  const service::FhirService& service() const { return *service_; }
  service::Metrics& metrics() { return metrics_; }
  const fhir::Registry& registry() const { return *registry_; }
  const std::shared_ptr<const fhir::Registry>& sharedRegistry() const { return registry_; }
  const search::Parameters& parameters() const { return *parameters_; }
  const validation::ValidationContext& validator() const { return *full_; }
  const Clock& clock() const { return clock_; }
  IdSource& ids() { return ids_; }
  const std::vector<fhir::Issue>& issues() const { return issues_; }

 private:
  Assembly() = default;

  SystemClock clock_;
  TimeOrderedIds ids_{clock_};
  service::Metrics metrics_;
  std::vector<fhir::Issue> issues_;
  std::shared_ptr<const fhir::Registry> registry_;
  std::shared_ptr<const search::Parameters> parameters_;
  std::unique_ptr<validation::ValidationContext> base_, full_;
  std::unique_ptr<terminology::TerminologyServer> terminology_server_;
  std::shared_ptr<terminology::Terminology> terminology_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<service::FhirService> service_;
};

}  // namespace planbro::cli
