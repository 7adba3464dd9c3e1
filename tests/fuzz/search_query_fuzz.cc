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

// A store with a plan and its person in it, removed at the end.
class ScratchStore {
 public:
  ScratchStore() {
    std::string name =
        (std::filesystem::temp_directory_path() / "planbro-search-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    planbro::store::SqliteOptions options;
    options.path = folder_ / "store.db";
    auto opened = planbro::store::openSqlite(options);
    if (!opened) std::abort();
    store_ = std::move(*opened);
    put(R"({"resourceType":"Patient","id":"a","name":[{"family":"Å"}],"birthDate":"2004"})");
    put(R"({"resourceType":"CarePlan","id":"b","status":"active","intent":"plan",)"
        R"("subject":{"reference":"Patient/a"},"period":{"start":"2026"}})");
  }
  ~ScratchStore() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  planbro::store::Store& get() { return *store_; }

 private:
  void put(const char* text) {
    const auto read = planbro::fhir::readJson(text);
    planbro::store::Put put;
    put.type = read.resource.type();
    put.id = read.resource.id();
    put.version = 1;
    put.body = text;
    put.index = parameters().extract(read.resource.root());
    if (!store_->transact(
            [&](planbro::store::Transaction& transaction) { return transaction.put(put); }))
      std::abort();
  }

  std::filesystem::path folder_;
  std::unique_ptr<planbro::store::Store> store_;
};

planbro::store::Store& store() {
  static ScratchStore scratch;
  return scratch.get();
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
