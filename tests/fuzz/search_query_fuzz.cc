// Search queries from anybody: "Type?name=value&…" is parsed, and what is understood is asked of a
// store. Neither may crash, hang or fail as a defect of the program.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "search/search_request.h"
#include "store/sqlite/sqlite_store.h"

namespace {

using planbro::search::Parameters;

const Parameters& parameters() {
  static const auto compiled = [] {
    static const planbro::fhir::Registry registry;
    std::vector<planbro::fhir::Issue> issues;
    return Parameters::compile(registry, issues);
  }();
  return *compiled;
}

// A store with a plan and its person in it.
planbro::store::Store& store() {
  static const std::unique_ptr<planbro::store::Store> opened = [] {
    std::string folder =
        (std::filesystem::temp_directory_path() / "planbro-search-fuzz-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    planbro::store::SqliteOptions options;
    options.path = std::filesystem::path(folder) / "store.db";
    auto made = planbro::store::openSqlite(options);
    if (!made) std::abort();
    for (const char* text :
         {R"({"resourceType":"Patient","id":"a","name":[{"family":"Å"}],"birthDate":"2004"})",
          R"({"resourceType":"CarePlan","id":"b","status":"active","intent":"plan",)"
          R"("subject":{"reference":"Patient/a"},"period":{"start":"2026"}})"}) {
      const auto read = planbro::fhir::readJson(text);
      planbro::store::Put put;
      put.type = read.resource.type();
      put.id = read.resource.id();
      put.version = 1;
      put.body = text;
      put.index = parameters().extract(read.resource.root());
      const auto status = (*made)->transact(
          [&](planbro::store::Transaction& transaction) { return transaction.put(put); });
      if (!status) std::abort();
    }
    return std::move(*made);
  }();
  return *opened;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t mark = input.find('?');
  const std::string type(input.substr(0, mark));
  std::vector<std::pair<std::string, std::string>> asked;
  if (mark != std::string_view::npos) {
    for (const std::string_view part : planbro::split(input.substr(mark + 1), '&')) {
      const std::size_t equal = part.find('=');
      asked.emplace_back(part.substr(0, equal),
                         equal == std::string_view::npos ? "" : part.substr(equal + 1));
      planbro::search::mentionsNationalIdentityNumber(asked.back().second);
    }
  }
  planbro::search::SearchContext context;
  context.type = type;
  context.base = "http://server.example/fhir";
  const auto request = planbro::search::parseQuery(parameters(), context, asked);
  if (!request) {
    if (request.error().empty()) std::abort();
    return 0;
  }
  auto reader = store().snapshot();
  if (!reader) std::abort();
  const auto page = (*reader)->search(request->query);
  if (!page && page.error().code != planbro::ErrorCode::kInvalidArgument &&
      page.error().code != planbro::ErrorCode::kLimitExceeded &&
      page.error().code != planbro::ErrorCode::kGone)
    std::abort();
  return 0;
}
