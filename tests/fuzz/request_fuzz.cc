// Whole requests from anybody: "METHOD address", header fields, an empty line, a body, asked of a
// FHIR service with its checks over a store. Whatever comes is answered, never as a fault of the
// server, and every refusal is an OperationOutcome that reads.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "fhir/xml.h"
#include "json/parser.h"
#include "search/parameters.h"
#include "service/fhir_service.h"
#include "service/plan_check.h"
#include "store/sqlite/sqlite_store.h"
#include "terminology/terminology.h"
#include "validation/validator.h"

namespace {

using planbro::service::FhirService;
using planbro::service::Request;
using planbro::service::Response;
using planbro::service::Streamed;

// A service with a plan and its person in it, in a scratch folder that is removed at the end.
class ScratchService {
 public:
  ScratchService()
      : registry_(std::make_shared<planbro::fhir::Registry>()),
        validator_(registry_),
        terminology_(registry_) {
    std::string name =
        (std::filesystem::temp_directory_path() / "planbro-request-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    planbro::store::SqliteOptions options;
    options.path = folder_ / "store.db";
    auto opened = planbro::store::openSqlite(options);
    if (!opened) std::abort();
    store_ = std::move(*opened);
    std::vector<planbro::fhir::Issue> issues;
    parameters_ = planbro::search::Parameters::compile(*registry_, issues);
    planbro::service::ServiceParts parts;
    parts.store = store_.get();
    parts.definitions = &planbro::fhir::Definitions::r4();
    parts.parameters = parameters_.get();
    parts.registry = registry_.get();
    parts.checks.push_back({std::make_shared<planbro::service::PlanCheck>(clock_),
                            planbro::service::Enforcement::kEnforce,
                            {}});
    parts.validator = &validator_;
    parts.terminology = &terminology_;
    parts.clock = &clock_;
    parts.ids = &ids_;
    service_ = std::make_unique<FhirService>(std::move(parts), planbro::service::ServiceSettings{});
    put("/fhir/Patient/a",
        R"({"resourceType":"Patient","id":"a","name":[{"family":"Å"}],"birthDate":"2004"})");
    put("/fhir/CarePlan/b",
        R"({"resourceType":"CarePlan","id":"b","status":"active","intent":"plan",)"
        R"("subject":{"reference":"Patient/a"},"period":{"start":"2026"}})");
    put("/fhir/Goal/c",
        R"({"resourceType":"Goal","id":"c","lifecycleStatus":"active","description":{"text":"x"},)"
        R"("subject":{"reference":"Patient/a"}})");
  }
  ~ScratchService() {
    service_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Response handle(const Request& request) const { return service_->handle(request); }

 private:
  void put(std::string path, std::string body) const {
    Request request;
    request.method = "PUT";
    request.path = std::move(path);
    request.body = std::move(body);
    if (service_->handle(request).status >= 300) std::abort();
  }

  planbro::FakeClock clock_{*planbro::parseInstant("2026-11-22T12:00:00Z")};
  planbro::SequentialIds ids_;
  std::shared_ptr<planbro::fhir::Registry> registry_;
  planbro::validation::ValidationContext validator_;
  planbro::terminology::Terminology terminology_;
  std::shared_ptr<const planbro::search::Parameters> parameters_;
  std::filesystem::path folder_;
  std::unique_ptr<planbro::store::Store> store_;
  std::unique_ptr<FhirService> service_;
};

std::string_view lineOf(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

Request requestOf(std::string_view input) {
  Request request;
  const std::string_view first = lineOf(input);
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  const std::string_view address =
      space == std::string_view::npos ? std::string_view() : first.substr(space + 1);
  const auto question = address.find('?');
  request.path = address.substr(0, question);
  if (question != std::string_view::npos) request.query = address.substr(question + 1);
  while (!input.empty()) {
    const std::string_view line = lineOf(input);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    request.headers.add(std::string(line.substr(0, colon)),
                        std::string(planbro::trim(line.substr(colon + 1))));
  }
  request.body = input;
  return request;
}

void fail(const Response& response, const char* why) {
  std::fprintf(stderr, "%s: %d %s\n", why, response.status, response.body.substr(0, 2000).c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ScratchService service;
  const Request request = requestOf({reinterpret_cast<const char*>(data), size});
  Response response = service.handle(request);
  if (response.stream) {
    while (response.stream(response.body) == Streamed::kMore) continue;
  } else {
    response.body = std::string(response.bytes());
  }
  if (response.status < 200 || response.status > 599) fail(response, "no status");
  if (response.status == 500) fail(response, "a fault of the server");
  for (const auto& [name, value] : response.headers.fields()) {
    if (value.find_first_of("\r\n") != std::string::npos) fail(response, "a field with a line end");
  }
  const std::string_view type = response.headers.get("Content-Type").value_or("");
  if (type.starts_with("application/fhir+json") || type.starts_with("application/json")) {
    if (!planbro::json::parse(response.body).has_value()) fail(response, "an answer without sense");
  }
  if (type.starts_with("application/fhir+xml") && !planbro::fhir::readXml(response.body).resource)
    fail(response, "an answer without sense");
  if (response.status >= 400 && response.body.find("OperationOutcome") == std::string::npos)
    fail(response, "a refusal that does not say why");
  return 0;
}
