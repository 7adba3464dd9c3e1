// Searches as clients write them, against stored resources: parameters, extraction, parsing and
// the store together.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "search/search_request.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::search {
namespace {

constexpr std::string_view kBase = "http://server.example/fhir";
// 2026-11-22T12:00:00Z
constexpr Instant kNow{1'795'348'800'000'000};

using Asked = std::vector<std::pair<std::string, std::string>>;

// "a=b&c=d", nothing escaped.
Asked readAsked(std::string_view query) {
  Asked out;
  if (query.empty()) return out;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equal = part.find('=');
    out.emplace_back(part.substr(0, equal), part.substr(equal + 1));
  }
  return out;
}

const Parameters& parameters() {
  static const auto compiled = [] {
    static const fhir::Registry registry;
    std::vector<fhir::Issue> issues;
    auto out = Parameters::compile(registry, issues, {.words = true});
    for (const fhir::Issue& issue : issues) ADD_FAILURE() << issue.text(fhir::Language::kEnglish);
    return out;
  }();
  return *compiled;
}

fhir::Resource resourceOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  auto outcome = fhir::readJson(std::string{std::istreambuf_iterator<char>(file), {}});
  EXPECT_TRUE(outcome.resource) << path;
  return outcome.resource;
}

const std::filesystem::path kResources = PLANBRO_SOURCE_DIR "/tests/search/resources";
const std::filesystem::path kSearches = PLANBRO_SOURCE_DIR "/tests/search/searches";

// "urn:plans" holds the codes of the plans' categories; below A02 are A02-1 and A02-2.
class PlanCodes final : public CodeSets {
 public:
  std::expected<std::vector<Codes>, CodesFault> valueSet(std::string_view address) const override {
    if (address == "urn:huge") return std::unexpected(CodesFault::kTooMany);
    if (address == "urn:large")
      return std::vector<Codes>{{kSystem, std::vector<std::string>(1000, "x")}};
    if (address != "urn:plans") return std::unexpected(CodesFault::kUnknown);
    return std::vector<Codes>{{kSystem, {"A02-1", "A02-2"}},
                              {"http://hl7.org/fhir/request-status", {"draft"}},
                              {"urn:other:status", {"active"}}};
  }
  std::expected<std::vector<std::string>, CodesFault> below(std::string_view system,
                                                            std::string_view code) const override {
    if (system != kSystem || code != "A02") return std::unexpected(CodesFault::kUnknown);
    return std::vector<std::string>{"A02", "A02-1", "A02-2"};
  }
  std::expected<std::vector<std::string>, CodesFault> above(std::string_view system,
                                                            std::string_view code) const override {
    if (system != kSystem || code != "A02-2-1") return std::unexpected(CodesFault::kUnknown);
    return std::vector<std::string>{"A02-2-1", "A02-2", "A02"};
  }

 private:
  static constexpr const char* kSystem = "urn:oid:2.16.578.1.12.4.1.1.9602";
};

class Search : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("planbro-search-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    store::SqliteOptions options;
    options.path = folder_ / "store.db";
    auto opened = store::openSqlite(options);
    ASSERT_TRUE(opened);
    store_ = std::move(*opened);
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(kResources))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      const fhir::Resource resource = resourceOf(file);
      ASSERT_TRUE(resource);
      store::Put put;
      put.type = resource.type();
      put.id = resource.id();
      put.version = 1;
      put.last_updated = kNow;
      put.body = resource.document()->source();
      put.index = parameters().extract(resource.root(), kBase);
      ASSERT_TRUE(
          store_->transact([&](store::Transaction& transaction) { return transaction.put(put); }));
    }
  }
  static void TearDownTestSuite() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static SearchContext contextFor(std::string_view type) {
    SearchContext context;
    context.type = type;
    context.base = kBase;
    context.now = kNow;
    static const PlanCodes codes;
    context.codes = &codes;
    return context;
  }

  // "type?query" to the ids found, or the codes of the issues.
  static std::string answer(std::string_view search) {
    const std::size_t mark = search.find('?');
    const std::string type(search.substr(0, mark));
    const auto request =
        parseQuery(parameters(), contextFor(type), readAsked(search.substr(mark + 1)));
    std::string out;
    if (!request) {
      for (const fhir::Issue& issue : request.error()) out += std::string(issue.code) + " ";
    } else {
      auto reader = store_->snapshot();
      const auto page = (*reader)->search(request->query);
      if (!page) return page.error().message;
      for (const store::Version& version : page->matches) out += version.id + " ";
    }
    if (!out.empty()) out.pop_back();
    return out;
  }

  static std::filesystem::path folder_;
  static std::unique_ptr<store::Store> store_;
};
std::filesystem::path Search::folder_;
std::unique_ptr<store::Store> Search::store_;

// Searches and what they find, as data: every file of tests/search/searches is one test. A line is
// "type?query -> the ids found, or the codes of the issues"; a line that begins with # says what
// the next ones are about.
class Searches : public Search, public testing::WithParamInterface<std::string> {};

std::vector<std::string> searchFiles() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kSearches))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST_P(Searches, FindWhatIsAskedFor) {
  std::ifstream file(kSearches / (GetParam() + ".txt"));
  int asked = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    constexpr std::string_view kArrow = " ->";
    const std::size_t arrow = line.rfind(kArrow);
    ASSERT_NE(arrow, std::string::npos) << line;
    const std::string_view found = std::string_view(line).substr(arrow + kArrow.size());
    EXPECT_EQ(answer(line.substr(0, arrow)), trim(found)) << line;
    ++asked;
  }
  EXPECT_GT(asked, 0);
}

INSTANTIATE_TEST_SUITE_P(Search, Searches, testing::ValuesIn(searchFiles()),
                         [](const auto& test) { return test.param; });

TEST_F(Search, AFilterHasADeepestNesting) {
  const std::string deep = "_filter=" + std::string(200, '(') + "status eq x";
  EXPECT_EQ(answer("CarePlan?" + deep), "PB-4509");
  std::string twelve = "status eq draft";
  for (int i = 0; i < 12; ++i)
    twelve = std::string(i % 2 == 0 ? "intent pr false and not (" : "status eq draft or not (") +
             twelve + ")";
  EXPECT_EQ(answer("CarePlan?_filter=" + twelve + "&_sort=_id"), "draft ip logical");
}

TEST_F(Search, AFilterMayJoinHundreds) {
  for (const char* word : {" or ", " and "}) {
    for (const int count : {11, 24, 90, 500}) {
      std::string filter = "status eq draft";
      for (int i = 1; i < count; ++i)
        filter += word + std::string("identifier ne urn:plan|") + std::to_string(1000 + i);
      const std::string all = "draft ip";
      EXPECT_EQ(answer("CarePlan?_filter=" + filter), word[1] == 'o' ? all : "draft") << count;
    }
  }
  std::string turning = "status eq draft";
  for (int i = 0; i < 16; ++i) turning += " or status eq active and status eq active";
  EXPECT_EQ(answer("CarePlan?_filter=" + turning), "ip logical");
  EXPECT_EQ(answer("CarePlan?_filter=" + turning + " or status eq draft"), "PB-4509");
}

TEST_F(Search, LenientHandlingPassesOverUnknownParametersWithAWarning) {
  SearchContext context = contextFor("CarePlan");
  context.lenient = true;
  const Asked asked = readAsked("statsu=active&status=draft");
  const auto request = parseQuery(parameters(), context, asked);
  ASSERT_TRUE(request);
  ASSERT_EQ(request->warnings.size(), 1U);
  EXPECT_EQ(request->warnings[0].code, "PB-4502");
  EXPECT_EQ(request->warnings[0].severity, fhir::Severity::kWarning);
  EXPECT_EQ(request->applied, (Asked{{"status", "draft"}}));
  EXPECT_EQ(request->query.where.children.size(), 1U);
  EXPECT_FALSE(parseQuery(parameters(), context, readAsked("date=nonsense")));
  // Without one of its names a filter would be another one; a query is never passed over.
  for (const char* whole : {"_filter=statsu eq active and intent eq plan", "_query=current"})
    EXPECT_FALSE(parseQuery(parameters(), context, readAsked(whole))) << whole;
}

TEST_F(Search, LenientHandlingPassesOverNoModifier) {
  SearchContext context = contextFor("CarePlan");
  context.lenient = true;
  for (const char* asked :
       {"_list:not=mine", "_content:missing=true", "_filter:x=status eq draft",
        "_include:foo=CarePlan:subject", "_summary:x=count", "_sort:desc=status", "_has=x"})
    EXPECT_FALSE(parseQuery(parameters(), context, readAsked(asked))) << asked;
  // Of a parameter that is not known there is nothing to change.
  EXPECT_TRUE(parseQuery(parameters(), context, readAsked("statsu:not=active")));
}

TEST_F(Search, WhatIsWrongIsToldWithHowItIsWritten) {
  const auto told = [](std::string_view asked) {
    const auto request = parseQuery(parameters(), contextFor("CarePlan"), readAsked(asked));
    return request ? std::string() : request.error()[0].text(fhir::Language::kEnglish);
  };
  EXPECT_EQ(told("_include=CarePlan:status"),
            "_include=CarePlan:status must name a type and one of its reference parameters, like "
            "CarePlan:care-team.");
  EXPECT_EQ(told("_include=CareTeam:participant"),
            "_include=CareTeam:participant is about CareTeam, and CarePlan is searched: "
            "_include:iterate follows what comes along.");
  EXPECT_EQ(told("_revinclude=Goal:subject:Patient"),
            "_revinclude=Goal:subject:Patient is about Patient, and CarePlan is searched: "
            "_revinclude:iterate follows what comes along.");
  EXPECT_EQ(told("identifier:of-type=a"),
            "The value of identifier:of-type cannot be understood; it is written like "
            "system|type|value.");
  EXPECT_EQ(told("_sort=status,"),
            "The value of _sort cannot be understood; it is written like -date,status.");
}

TEST_F(Search, TheNearestParameterIsNamed) {
  const auto told = [](std::string_view asked) {
    const auto request = parseQuery(parameters(), contextFor("CarePlan"), readAsked(asked));
    return request ? std::string() : request.error()[0].text(fhir::Language::kEnglish);
  };
  const std::string status =
      "The search parameter statsu is unknown for CarePlan. Is status meant?";
  EXPECT_EQ(told("statsu=active"), status);
  EXPECT_EQ(told("_filter=statsu eq active"), status);
  EXPECT_EQ(told("_has:CarePlan:part-of:statsu=active"), status);
  EXPECT_EQ(told("_counts=1"),
            "The search parameter _counts is unknown for CarePlan. Is _count meant?");
  EXPECT_EQ(told("_sort=-_lastupdated"),
            "Sorting by _lastupdated is not possible for CarePlan. Is _lastUpdated meant?");
  EXPECT_EQ(told("status:nott=active"),
            "The modifier :nott is not offered for status. Is :not meant?");
  EXPECT_EQ(told("_filter=status gt active"), "The modifier gt is not offered for status.");
  EXPECT_EQ(told("_include=CarePlan:subjct"),
            "_include=CarePlan:subjct names no reference parameter of a type. "
            "Is CarePlan:subject meant?");
  EXPECT_EQ(told("_has:CarePln:part-of:status=active"),
            "_has:CarePln:part-of:status names no reference parameter of a type. "
            "Is _has:CarePlan:part-of:status meant?");
}

TEST_F(Search, ResultParametersAreUnderstood) {
  const auto request = parseQuery(
      parameters(), contextFor("CarePlan"),
      readAsked(
          "_count=5000&_total=none&_summary=data&_elements=id, status&_format=xml&_pretty=true"
          "&_include=CarePlan:subject:Patient&_include:iterate=CareTeam:participant"
          "&_revinclude=CarePlan:part-of&_include=*&_sort=-date&_cursor=1-2-3-4"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->query.count, 1000U);
  EXPECT_FALSE(request->query.total);
  EXPECT_EQ(request->summary, Summary::kData);
  EXPECT_EQ(request->elements, (std::vector<std::string>{"id", "status"}));
  EXPECT_EQ(request->format, "xml");
  EXPECT_TRUE(request->pretty);
  ASSERT_EQ(request->includes.size(), 4U);
  EXPECT_EQ(request->includes[0].target_type, "Patient");
  EXPECT_TRUE(request->includes[1].iterate);
  EXPECT_TRUE(request->includes[2].reverse);
  EXPECT_EQ(request->includes[3].parameter, "*");
  EXPECT_EQ(request->query.cursor, "1-2-3-4");
  EXPECT_EQ(request->applied.size(), 11U);
  EXPECT_TRUE(request->query.sort[0].descending);
}

TEST_F(Search, IncludesAreTheLocalReferencesOfTheParameter) {
  const fhir::Resource plan = resourceOf(kResources / "CarePlan-ip.json");
  using Found = std::vector<std::pair<std::string, std::string>>;
  Include include{false, false, "CarePlan", "subject", ""};
  EXPECT_EQ(includedBy(parameters(), include, plan.root(), kBase), (Found{{"Patient", "ola"}}));
  include.target_type = "Group";
  EXPECT_EQ(includedBy(parameters(), include, plan.root(), kBase), Found{});
  include = {false, false, "CarePlan", "*", ""};
  Found all = includedBy(parameters(), include, plan.root(), kBase);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (Found{{"CareTeam", "team"}, {"Goal", "home"}, {"Patient", "ola"}}));
  include = {false, false, "CareTeam", "subject", ""};
  EXPECT_EQ(includedBy(parameters(), include, plan.root(), kBase), Found{});
}

TEST_F(Search, IncludesFollowTheVersionThatAReferenceNames) {
  const fhir::Resource blood = resourceOf(kResources / "Observation-blood.json");
  const Include include{false, false, "Observation", "subject", ""};
  EXPECT_EQ(followedBy(parameters(), include, blood.root(), kBase),
            (std::vector<Included>{{"Patient", "kari", "1"}}));
  EXPECT_EQ(includedBy(parameters(), include, blood.root(), kBase),
            (std::vector<std::pair<std::string, std::string>>{{"Patient", "kari"}}));
}

TEST_F(Search, AnIncludeOfEverythingIteratesOverEveryType) {
  const auto one = parseQuery(parameters(), contextFor("CarePlan"), readAsked("_include=*"));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->includes.size(), 1U);
  const auto all =
      parseQuery(parameters(), contextFor("CarePlan"), readAsked("_include:iterate=*"));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->includes.size(), parameters().types().size());
}

TEST_F(Search, ReverseIncludesFindWhatRefersToTheMatches) {
  const Include include{true, false, "CarePlan", "part-of", ""};
  const std::vector<std::pair<std::string, std::string>> matches{{"CarePlan", "ip"},
                                                                 {"CarePlan", "other"}};
  auto reader = store_->snapshot();
  const auto page = (*reader)->search(reverseIncludeQuery(parameters(), include, matches));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->matches.size(), 1U);
  EXPECT_EQ(page->matches[0].id, "draft");
}

TEST_F(Search, IncludesFollowCanonicalsBothWays) {
  const Include include{false, false, "CarePlan", "instantiates-canonical", ""};
  const std::vector<std::string> ids{"ip", "draft"};
  auto reader = store_->snapshot();
  std::string found;
  for (const store::Query& query : canonicalIncludeQueries(parameters(), include, ids)) {
    const auto page = (*reader)->search(query);
    ASSERT_TRUE(page);
    for (const store::Version& version : page->matches) found += version.type + "/" + version.id;
  }
  EXPECT_EQ(found, "PlanDefinition/ip2");
  const Include reverse{true, false, "CarePlan", "*", ""};
  const std::vector<std::pair<std::string, std::string>> matches{{"PlanDefinition", "ip1"},
                                                                 {"PlanDefinition", "ip2"}};
  const auto page = (*reader)->search(reverseIncludeQuery(parameters(), reverse, matches));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->matches.size(), 1U);
  EXPECT_EQ(page->matches[0].id, "ip");
}

TEST_F(Search, TooManyParametersOrValuesAreRefused) {
  Asked many(300, {"status", "active"});
  EXPECT_EQ(parseQuery(parameters(), contextFor("CarePlan"), many).error()[0].code, "PB-4509");
  std::string values = "a";
  for (int i = 0; i < 2000; ++i) values += ",a";
  const Asked wide{{"status", values}};
  EXPECT_EQ(parseQuery(parameters(), contextFor("CarePlan"), wide).error()[0].code, "PB-4509");
}

TEST_F(Search, TheCodesOfAllValueSetsOfASearchHaveOneLimit) {
  const auto codeOf = [](const Asked& asked) {
    const auto read = parseQuery(parameters(), contextFor("CarePlan"), asked);
    return read ? std::string() : read.error()[0].code;
  };
  const auto several = [](int count, const std::string& one, const std::string& between) {
    std::string all = one;
    for (int i = 1; i < count; ++i) all += between + one;
    return all;
  };
  EXPECT_EQ(codeOf({{"category:in", several(10, "urn:large", ",")}}), "");
  const std::string eleven = several(11, "urn:large", ",");
  EXPECT_EQ(codeOf({{"category:in", eleven}}), "PB-4509");
  EXPECT_EQ(codeOf({{"category:not-in", eleven}}), "PB-4509");
  EXPECT_EQ(codeOf({{"part-of.category:in", eleven}}), "PB-4509");
  // Over several parameters, and in a filter.
  EXPECT_EQ(codeOf(Asked(11, {"category:in", "urn:large"})), "PB-4509");
  EXPECT_EQ(codeOf({{"_filter", several(11, "category in urn:large", " or ")}}), "PB-4509");
  // One that is too large is known all the same.
  EXPECT_EQ(codeOf({{"category:in", "urn:huge"}}), "PB-4509");
}

// Whatever is stored: the store counts but what its data leave to be asked.
TEST_F(Search, WhatIsTooMuchForTheStoreIsRefusedByName) {
  const auto list = [](const std::string& one, int count) {
    std::string all = one;
    for (int i = 1; i < count; ++i) all += "," + one;
    return all;
  };
  const auto told = [](std::string_view type, const Asked& asked) {
    const auto request = parseQuery(parameters(), contextFor(type), asked);
    return request ? std::string() : request.error()[0].text(fhir::Language::kEnglish);
  };
  const std::string composite = "component-code-value-quantity";
  const std::string refused = "The search asks for too much at once: ";
  EXPECT_EQ(told("Observation", {{composite, list("8480-6$gt140", 15)}}), "");
  EXPECT_EQ(told("Observation", {{composite, list("8480-6$gt140", 60)}}),
            refused + composite + ".");
  EXPECT_EQ(told("Location", {{"near", list("59.91|10.75|5|km", 15)}}), "");
  EXPECT_EQ(told("Location", {{"near", list("59.91|10.75|5|km", 60)}}), refused + "near.");
  EXPECT_EQ(told("Observation", Asked(150, {composite + ":missing", "true"})),
            refused + composite + ":missing.");
}

TEST_F(Search, PartsOfTextsAreNoLongerThanWhatRowsHold) {
  const std::string thousand(1000, 'x');
  EXPECT_EQ(answer("Patient?name=" + thousand), "");
  for (const std::string asked : {"Patient?name=x", "Patient?name:contains=x",
                                  "ValueSet?url:below=x", "Patient?identifier:text=x"})
    EXPECT_EQ(answer(asked + thousand), "PB-4509") << asked;
  EXPECT_EQ(answer("Patient?_filter=name co \"x" + thousand + "\""), "PB-4509");
  // A whole is told apart by its digest.
  for (const std::string asked : {"Patient?name:exact=x", "ValueSet?url=x",
                                  "Patient?identifier=urn:x|x", "CarePlan?subject=http://x.no/x"})
    EXPECT_EQ(answer(asked + thousand), "") << asked;
}

TEST_F(Search, ANarrowExpressionOfSeveralTypesTakesTheRightPart) {
  const Parameter* patient = parameters().find("CarePlan", "patient");
  ASSERT_NE(patient, nullptr);
  EXPECT_EQ(patient->targets, std::vector<std::string>{"Patient"});
  EXPECT_EQ(parameters().find("CarePlan", "near"), nullptr);
  EXPECT_NE(parameters().find("Bundle", "_id"), nullptr);
  EXPECT_EQ(typeCode(parameters().find("CarePlan", "date")->type), "date");
  EXPECT_GT(parameters().of("CarePlan").size(), 20U);
}

}  // namespace
}  // namespace planbro::search
