#include "cli/assembly.h"

#include <iterator>
#include <utility>

#include "fhir/package_cache.h"
#include "fhir/packed_packages.h"
#include "http/terminology_exchange.h"
#include "service/plan_check.h"
#include "service/validation_check.h"

namespace planbro::cli {
namespace {

void append(std::vector<fhir::Issue>& issues, std::vector<fhir::Issue> more) {
  std::move(more.begin(), more.end(), std::back_inserter(issues));
}

std::vector<service::ConfiguredCheck> checksOf(const Config& config,
                                               const validation::ValidationContext& base,
                                               const validation::ValidationContext& full,
                                               const Clock& clock) {
  const ValidationConfig& asked = config.validation;
  std::vector<service::ConfiguredCheck> checks;
  checks.push_back(
      {std::make_shared<service::ValidationCheck>(
           base, full, service::ProfileEnforcement{asked.profiles, asked.profiles_by_type},
           asked.unknown_extensions),
       asked.structure, asked.structure_by_type});
  checks.push_back(
      {std::make_shared<service::PlanCheck>(clock), asked.plan_rules, asked.plan_rules_by_type});
  return checks;
}

// nullptr if none is configured.
std::unique_ptr<terminology::TerminologyServer> terminologyServer(const TerminologyConfig& config,
                                                                  const Clock& clock) {
  if (config.server.empty()) return nullptr;
  http::ClientOptions client;
  client.total_time = client.connect_time = std::chrono::milliseconds(config.timeout_ms);
  terminology::GuardOptions guard;
  guard.cached = config.cached;
  guard.cache_time = std::chrono::seconds(config.cache_seconds);
  return std::make_unique<terminology::GuardedServer>(
      std::make_unique<terminology::FhirTerminologyServer>(
          http::terminologyExchange(config.server, std::move(client))),
      clock, guard);
}

}  // namespace

Result<std::shared_ptr<const fhir::Registry>> loadRegistry(const Config& config,
                                                           const std::filesystem::path& data,
                                                           std::vector<fhir::Issue>& issues) {
  PLANBRO_ASSIGN_OR_RETURN(const fhir::PackageCache cache,
                           fhir::PackageCache::open(data / "packages"));
  auto registry = std::make_shared<fhir::Registry>();
  append(issues, registry->addOwnProfiles());
  if (auto folder = fhir::PackedPackages::userFolder()) registry->keepPackedIn(std::move(*folder));
  append(issues, cache.loadInto(*registry));
  for (const std::filesystem::path& package : config.fhir.packages)
    append(issues, registry->addPackage(package));
  return registry;
}

Assembly::~Assembly() = default;

Result<std::unique_ptr<Assembly>> Assembly::make(const Config& config,
                                                 const std::filesystem::path& data,
                                                 const std::string& base_url, Opening opening,
                                                 const mapping::MapLibrary* maps) {
  std::unique_ptr<Assembly> made(new Assembly());
  PLANBRO_ASSIGN_OR_RETURN(made->store_, openStore(config.store, data, opening));
  PLANBRO_RETURN_IF_ERROR(made->store_->check());

  PLANBRO_ASSIGN_OR_RETURN(made->registry_, loadRegistry(config, data, made->issues_));
  made->parameters_ = search::Parameters::compile(*made->registry_, made->issues_,
                                                  {.words = config.fhir.text_search});

  made->terminology_ = std::make_shared<terminology::Terminology>(made->registry_);
  made->terminology_server_ = terminologyServer(config.terminology, made->clock_);
  made->terminology_->setServer(made->terminology_server_.get());

  validation::Options base;
  base.use_profiles = false;
  made->base_ = std::make_unique<validation::ValidationContext>(made->terminology_, base);
  validation::Options full;
  PLANBRO_ASSIGN_OR_RETURN(const auto packs, validation::allPacks(config.validation.pack_files));
  PLANBRO_ASSIGN_OR_RETURN(
      full.packs, validation::choosePacks(packs, config.validation.packs, *made->registry_));
  made->full_ = std::make_unique<validation::ValidationContext>(made->terminology_, full);

  service::ServiceParts parts;
  parts.store = made->store_.get();
  parts.definitions = &fhir::Definitions::r4();
  parts.parameters = made->parameters_.get();
  parts.registry = made->registry_.get();
  parts.checks = checksOf(config, *made->base_, *made->full_, made->clock_);
  parts.validator = made->full_.get();
  parts.terminology = made->terminology_.get();
  parts.maps = maps;
  parts.metrics = &made->metrics_;
  parts.clock = &made->clock_;
  parts.ids = &made->ids_;
  service::ServiceSettings settings;
  settings.base_url = base_url;
  settings.update_creates = config.fhir.update_creates;
  settings.default_count = config.fhir.default_count;
  settings.max_count = config.fhir.max_count;
  settings.max_included = config.fhir.max_included;
  settings.explain = config.fhir.explain;
  settings.max_entries = config.fhir.max_entries;
  settings.import_folder = config.fhir.import_folder;
  settings.quarantine = data / "quarantine";
  settings.smart = {config.smart.issuer, config.smart.authorization_endpoint,
                    config.smart.token_endpoint, config.smart.jwks_uri, config.smart.capabilities};
  settings.cors = !config.server.cors_origins.empty();
  settings.never_deleted = config.fhir.never_deleted;
  settings.software_version = PLANBRO_VERSION;
  made->service_ = std::make_unique<service::FhirService>(std::move(parts), std::move(settings));
  return made;
}

}  // namespace planbro::cli
