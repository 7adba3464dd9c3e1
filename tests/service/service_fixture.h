// A FHIR service over a fresh SQLite store, with a clock that stands still and ids that count.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "mapping/engine.h"
#include "search/parameters.h"
#include "service/fhir_service.h"
#include "store/sqlite/sqlite_store.h"
#include "terminology/terminology.h"
#include "validation/validator.h"

namespace planbro::service {

// Compiled once for all tests.
inline const fhir::Registry& testRegistry() {
  static const fhir::Registry registry = [] {
    fhir::Registry made;
    made.addOwnProfiles();
    return made;
  }();
  return registry;
}

inline const terminology::Terminology& testTerminology() {
  // Not owned: the registry lives as long as the program.
  static const terminology::Terminology terminology(
      std::shared_ptr<const fhir::Registry>(std::shared_ptr<void>(), &testRegistry()));
  return terminology;
}

inline const validation::ValidationContext& testValidator() {
  static const validation::ValidationContext validator(
      std::shared_ptr<const fhir::Registry>(std::shared_ptr<void>(), &testRegistry()));
  return validator;
}

inline const mapping::MapLibrary& testMaps() {
  static const auto loaded = mapping::MapLibrary::load({});
  return *loaded->library;
}

inline const search::Parameters& testParameters() {
  static const std::shared_ptr<const search::Parameters> parameters = [] {
    std::vector<fhir::Issue> issues;
    return search::Parameters::compile(testRegistry(), issues);
  }();
  return *parameters;
}

using HeaderList = std::vector<std::pair<std::string, std::string>>;

class TestService {
 public:
  explicit TestService(std::vector<ConfiguredCheck> checks = {}, ServiceSettings settings = {},
                       VisibilitySource visibility = {}) {
    static std::atomic<int> number{0};
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("planbro_service_" + std::to_string(::getpid()) + "_" + std::to_string(++number));
    std::filesystem::remove_all(folder_);
    store::SqliteOptions options;
    options.path = folder_ / "store.sqlite";
    auto opened = store::openSqlite(options);
    EXPECT_TRUE(opened.has_value());
    store_ = std::move(*opened);
    settings.base_url = "http://test/fhir";
    ServiceParts parts;
    parts.store = store_.get();
    parts.definitions = &fhir::Definitions::r4();
    parts.parameters = &testParameters();
    parts.registry = &testRegistry();
    parts.terminology = &testTerminology();
    parts.maps = &testMaps();
    parts.visibility = std::move(visibility);
    parts.checks = std::move(checks);
    parts.validator = &testValidator();
    parts.clock = &clock_;
    parts.ids = &ids_;
    service_ = std::make_unique<FhirService>(std::move(parts), std::move(settings));
  }
  ~TestService() {
    service_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // `address` is path and query: "/fhir/Patient?name=x".
  Response send(std::string method, std::string_view address, std::string body = {},
                const HeaderList& headers = {}) const {
    Request request;
    request.method = std::move(method);
    const auto question = address.find('?');
    request.path = address.substr(0, question);
    if (question != std::string_view::npos) request.query = address.substr(question + 1);
    request.body = std::move(body);
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    Response response = service_->handle(request);
    if (response.stream) {
      while (response.stream(response.body) == Streamed::kMore) continue;
    } else {
      response.body = std::string(response.bytes());
    }
    return response;
  }

  FakeClock& clock() { return clock_; }
  store::Store& store() { return *store_; }
  const FhirService& service() const { return *service_; }

 private:
  std::filesystem::path folder_;
  FakeClock clock_{*parseInstant("2026-11-22T12:00:00Z")};
  SequentialIds ids_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<FhirService> service_;
};

}  // namespace planbro::service
