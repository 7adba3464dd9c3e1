#include "cli/assembly.h"

#include <iterator>
#include <utility>

#include "fhir/package_cache.h"
#include "service/plan_check.h"
#include "service/validation_check.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::cli {
namespace {

void append(std::vector<fhir::Issue>& issues, std::vector<fhir::Issue> more) {
  std::move(more.begin(), more.end(), std::back_inserter(issues));
}

std::shared_ptr<const fhir::Registry> loadRegistry(const Config& config,
                                                   const fhir::PackageCache& cache,
                                                   std::vector<fhir::Issue>& issues) {
  auto registry = std::make_shared<fhir::Registry>();
  append(issues, registry->addOwnProfiles());
  append(issues, cache.loadInto(*registry));
  for (const std::filesystem::path& package : config.fhir.packages)
    append(issues, registry->addPackage(package));
  return registry;
}

std::vector<service::ConfiguredCheck> checksOf(const Config& config,
                                               const validation::ValidationContext& base,
                                               const validation::ValidationContext& full,
                                               const Clock& clock) {
  const ValidationConfig& asked = config.validation;
  std::vector<service::ConfiguredCheck> checks;
  checks.push_back(
      {std::make_shared<service::ValidationCheck>(
           base, full, service::ProfileEnforcement{asked.profiles, asked.profiles_by_type}),
       asked.structure, asked.structure_by_type});
  checks.push_back(
      {std::make_shared<service::PlanCheck>(clock), asked.plan_rules, asked.plan_rules_by_type});
  return checks;
}

}  // namespace

Assembly::~Assembly() = default;

Result<std::unique_ptr<Assembly>> Assembly::make(const Config& config,
                                                 const std::filesystem::path& data,
                                                 const std::string& base_url) {
  std::unique_ptr<Assembly> made(new Assembly());
  store::SqliteOptions options;
  options.path = config.store.path.empty() ? storeFile(data) : config.store.path;
  options.readers = config.store.readers;
  PLANBRO_ASSIGN_OR_RETURN(made->store_, store::openSqlite(options));

  PLANBRO_ASSIGN_OR_RETURN(const fhir::PackageCache cache,
                           fhir::PackageCache::open(data / "packages"));
  made->registry_ = loadRegistry(config, cache, made->issues_);
  made->parameters_ = search::Parameters::compile(*made->registry_, made->issues_);

  validation::Options base;
  base.use_meta_profile = false;
  made->base_ = std::make_unique<validation::ValidationContext>(made->registry_, base);
  made->full_ = std::make_unique<validation::ValidationContext>(made->registry_);

  service::ServiceParts parts;
  parts.store = made->store_.get();
  parts.definitions = &fhir::Definitions::r4();
  parts.parameters = made->parameters_.get();
  parts.registry = made->registry_.get();
  parts.checks = checksOf(config, *made->base_, *made->full_, made->clock_);
  parts.validator = made->full_.get();
  parts.metrics = &made->metrics_;
  parts.clock = &made->clock_;
  parts.ids = &made->ids_;
  service::ServiceSettings settings;
  settings.base_url = base_url;
  settings.update_creates = config.fhir.update_creates;
  settings.default_count = config.fhir.default_count;
  settings.max_count = config.fhir.max_count;
  settings.max_included = config.fhir.max_included;
  settings.never_deleted = config.fhir.never_deleted;
  settings.software_version = PLANBRO_VERSION;
  made->service_ = std::make_unique<service::FhirService>(std::move(parts), std::move(settings));
  return made;
}

}  // namespace planbro::cli
