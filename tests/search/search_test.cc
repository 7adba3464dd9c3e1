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

struct Case {
  const char* search;
  const char* found;
};

TEST_F(Search, FindsWhatIsAskedFor) {
  const Case cases[] = {
      // token
      {"CarePlan?status=active", "ip logical"},
      {"CarePlan?status=active,draft", "draft ip logical"},
      {"CarePlan?status:not=active", "draft"},
      {"CarePlan?status=Active", ""},
      {"CarePlan?status=active&intent=order", "logical"},
      {"CarePlan?category=A02-2", "ip"},
      {"CarePlan?category=urn:oid:2.16.578.1.12.4.1.1.9602|A02-2", "ip"},
      {"CarePlan?category=urn:oid:2.16.578.1.12.4.1.1.9602|", "ip"},
      {"CarePlan?category=|A02-2", ""},
      {"CarePlan?category=urn:other|A02-2", ""},
      {"CarePlan?category:text=plan for hakon", "ip"},
      {"CarePlan?category:text=INDIVIDUELL", "ip"},
      {"CarePlan?category:missing=true", "draft logical"},
      {"CarePlan?category:missing=false", "ip"},
      {"CarePlan?identifier=urn:plan|2", "draft"},
      {"Patient?identifier=urn:journal|a\\,b\\|c", "ola"},
      {"Patient?identifier=a\\,b\\|c,2", "kari ola"},
      {"Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|47906701517",
       "ola"},
      {"Patient?identifier:text=journal", "ola"},
      {"Patient?active=true", "ola"},
      {"Patient?gender=female", "kari"},
      {"Patient?phone=90000001", "ola"},
      {"Patient?email=90000001", ""},
      {"Patient?telecom=ola@example.org", "ola"},
      {"Patient?deceased=false", "kari ola"},
      {"Goal?lifecycle-status=active", "home"},
      // a code has the system of its binding's value set
      {"Patient?gender=http://hl7.org/fhir/administrative-gender|male", "ola"},
      {"Patient?gender:not=http://hl7.org/fhir/administrative-gender|male", "kari"},
      {"Patient?gender=http://hl7.org/fhir/administrative-gender|", "kari ola"},
      {"Patient?gender=http://hl7.org/fhir/request-status|male", ""},
      {"Patient?gender:not=http://hl7.org/fhir/request-status|male", "kari ola"},
      {"Patient?gender=|male", "ola"},
      {"CarePlan?status=http://hl7.org/fhir/request-status|active", "ip logical"},
      {"CarePlan?status=http://hl7.org/fhir/request-status|active,draft", "draft ip logical"},
      {"Observation?status=http://hl7.org/fhir/observation-status|final", "blood weight"},
      {"Goal?lifecycle-status=http://hl7.org/fhir/goal-status|active", "home"},
      {"CarePlan?_filter=status eq http://hl7.org/fhir/request-status|draft", "draft"},
      {"CarePlan?subject:Patient.gender=http://hl7.org/fhir/administrative-gender|male", "ip"},
      {"Patient?_has:CarePlan:subject:status=http://hl7.org/fhir/request-status|active", "ola"},
      {"DocumentReference?relationship=http://hl7.org/fhir/document-relationship-type|replaces$"
       "DocumentReference/old",
       "new"},
      {"DocumentReference?relationship=urn:other|replaces$DocumentReference/old", ""},
      {"DocumentReference?contenttype=urn:ietf:bcp:13|application/pdf", "new"},
      {"Consent?category=http://loinc.org|59284-0", "share"},
      {"DocumentReference?contenttype=text/xml", ""},
      {"DocumentReference?contenttype:below=text/xml", "new"},
      {"DocumentReference?contenttype:below=urn:ietf:bcp:13|text/xml", "new"},
      {"DocumentReference?contenttype:below=text", "new"},
      {"DocumentReference?contenttype:below=text/x", ""},
      {"DocumentReference?contenttype:below=urn:ietf:bcp:13|", "PB-4505"},
      // strings have no case, codes have
      {"ValueSet?version=beta-a", "123"},
      {"ValueSet?version=BETA-A", "123"},
      {"ValueSet?version=Beta-A", "123"},
      {"ValueSet?version:not=beta-a", "folder"},
      // string
      {"Patient?name=åsnes", "kari ola"},
      {"Patient?name=asn", "kari ola"},
      {"Patient?family:exact=Åsnes", "ola"},
      {"Patient?family:exact=Asnes", "kari"},
      {"Patient?family:exact=åsnes", ""},
      {"Patient?name:contains=SNE", "kari ola"},
      {"Patient?given=per", "ola"},
      {"Patient?name=Håkon Per Åsnes", "ola"},
      // what folds to nothing would find everyone
      {"Patient?name= ", "PB-4505"},
      {"Patient?name=\u0301", "PB-4505"},
      {"Patient?name:contains=\u0301", "PB-4505"},
      {"Patient?name=ola,\u0301", "PB-4505"},
      {"Patient?name:exact= ", ""},
      {"CarePlan?category:text= ", "PB-4505"},
      {"Patient?_filter=name co \" \"", "PB-4505"},
      // a backslash escapes , | $ and itself, nothing else
      {"Patient?name=a\\b", "PB-4505"},
      {"Patient?identifier=urn:journal|a\\", "PB-4505"},
      {"Patient?_id=o\\la", "PB-4505"},
      {"CarePlan?_list=mi\\ne", "PB-4505"},
      {"Patient?family:exact=a\\\\b", ""},
      {"Patient?address=bod", "ola"},
      {"Patient?address-city=Bodø", "ola"},
      {"Organization?name=bodo k", "kommune"},
      {"Practitioner?family=Berg", "anne"},
      {"Practitioner?name=berg", "anne"},
      {"Practitioner?family=hansen-berg", "anne"},
      {"Practitioner?family:exact=Hansen Berg", "anne"},
      {"Practitioner?family:exact=Berg", ""},
      {"Practitioner?name=Anne Marie", "anne"},
      {"Practitioner?given=Anne-Marie", "anne"},
      {"Practitioner?given:exact=Anne Marie", ""},
      {"Practitioner?given:contains=e m", "anne"},
      {"Practitioner?name=-", "PB-4505"},
      {"Practitioner?name= ", "PB-4505"},
      {"Practitioner?name:contains=\xcc\x81", "PB-4505"},
      {"Practitioner?name:exact=-", ""},
      {"CarePlan?category:text=.", "PB-4505"},
      {"Practitioner?_sort=family", "dal anne"},
      {"Practitioner?_sort=-family", "anne dal"},
      // reference
      {"CarePlan?subject=Patient/ola", "ip"},
      {"CarePlan?subject=ola", "ip"},
      {"CarePlan?subject:Patient=ola", "ip"},
      {"CarePlan?subject:Group=ola", ""},
      {"CarePlan?patient=ola", "ip"},
      {"CarePlan?patient=Patient/kari", "draft"},
      {"CarePlan?subject=http://server.example/fhir/Patient/kari", "draft"},
      {"CarePlan?subject=http://elsewhere.example/fhir/Patient/kari", ""},
      {"CarePlan?subject:identifier=urn:journal|77", "logical"},
      {"CarePlan?subject:missing=true", ""},
      // what is contained or only has a name is there, although it cannot be asked for
      {"Procedure?subject:missing=true", ""},
      {"Procedure?subject:missing=false", "contained group named"},
      {"Procedure?patient:missing=true", "group"},
      {"Procedure?patient:missing=false", "contained named"},
      {"Procedure?encounter:missing=true", "contained group named"},
      {"Procedure?_filter=subject pr true", "contained group named"},
      {"Procedure?subject=#person", "PB-4505"},
      // of another type than the parameter's, whatever tells it
      {"Condition?subject:identifier=urn:group|1", "grouped"},
      {"Condition?patient:identifier=urn:group|1", ""},
      {"Condition?subject:identifier=urn:group|2", "told"},
      {"Condition?patient:identifier=urn:group|2", ""},
      {"Condition?patient:identifier=urn:group|3", "untold"},
      {"Condition?subject=https://other.example/fhir/Group/9", "elsewhere"},
      {"Condition?patient=https://other.example/fhir/Group/9", ""},
      {"Condition?patient:missing=true", "elsewhere grouped told"},
      {"Condition?subject:missing=true", ""},
      // a resource inside
      {"Bundle?composition=co9", "document"},
      {"Bundle?composition=Composition/co9", "document"},
      {"Bundle?composition=Composition/co8", ""},
      {"Bundle?composition:missing=true", "collection"},
      {"Bundle?composition:missing=false", "document nameless"},
      {"Bundle?message:missing=true", "collection document nameless"},
      {"CarePlan?performer=https://other.example/fhir/Practitioner/9", "ip"},
      {"CarePlan?performer=9", ""},
      {"CarePlan?part-of=ip", "draft"},
      {"CarePlan?care-team=team", "ip"},
      {"CarePlan?instantiates-canonical=http://example.org/PlanDefinition/ip", "ip"},
      {"CarePlan?instantiates-canonical=http://example.org/PlanDefinition/ip|2", "ip"},
      {"CarePlan?instantiates-canonical=http://example.org/PlanDefinition/ip|1", ""},
      {"CarePlan?instantiates-canonical:below=http://example.org/PlanDefinition/ip", "ip"},
      {"CarePlan?instantiates-canonical:below=http://example.org/PlanDefinition/ip|2", "ip"},
      {"CarePlan?instantiates-canonical:below=http://example.org/PlanDefinition/ip|1", ""},
      {"QuestionnaireResponse?questionnaire:below=http://example.org/Questionnaire/q|1", "short"},
      {"QuestionnaireResponse?questionnaire:below=http://example.org/Questionnaire/q|1.2", "short"},
      {"QuestionnaireResponse?questionnaire:below=http://example.org/Questionnaire/q|1.2.0",
       "short"},
      {"QuestionnaireResponse?questionnaire:below=http://example.org/Questionnaire/q|12", ""},
      {"QuestionnaireResponse?questionnaire:below=http://example.org/Questionnaire/q|2", ""},
      {"QuestionnaireResponse?questionnaire=http://example.org/Questionnaire/q|1", ""},
      {"QuestionnaireResponse?questionnaire:missing=false", "short"},
      {"CarePlan?subject:below=Patient/ola", "PB-4504"},
      {"CareTeam?participant=Organization/kommune", "team"},
      {"Consent?patient=ola", "share"},
      {"Consent?actor=Organization/kommune", "share"},
      // date
      {"CarePlan?date=2026", "ip"},
      {"CarePlan?date=ge2026-06", "draft ip"},
      {"CarePlan?date=gt2026-12-31", "draft"},
      {"CarePlan?date=lt2026-01-01", "logical"},
      {"CarePlan?date=le2026-12-31", "draft ip logical"},
      {"CarePlan?date=sa2026-05", "draft"},
      {"CarePlan?date=eb2021", "logical"},
      {"CarePlan?date=ne2026", "draft logical"},
      {"CarePlan?date=ge2026-01-01&date=le2026-03-01", "ip"},
      {"CarePlan?activity-date=2026-03-01", ""},
      {"CarePlan?activity-date=sa2026-02-28", "ip"},
      {"CarePlan?activity-date=ge2026-03-01", "ip"},
      {"CarePlan?date=2026-01-01T10", "PB-4505"},
      // a timing by its outer limits
      {"ServiceRequest?occurrence=2026-05-01", ""},
      {"ServiceRequest?occurrence=2026-05", "events"},
      {"ServiceRequest?occurrence=sa2026-05-10", ""},
      {"ServiceRequest?occurrence=sa2026-04-30", "events"},
      {"ServiceRequest?occurrence=eb2026-05-10", "spring"},
      {"ServiceRequest?occurrence=sa2026-02-20", "events"},
      {"ServiceRequest?occurrence=lt2026-03-01", "spring weekly"},
      {"ServiceRequest?occurrence=gt2026-05-10", "events weekly"},
      {"ServiceRequest?occurrence:missing=true", ""},
      {"Patient?birthdate=2004-05-17", "ola"},
      {"Patient?birthdate=2004", "ola"},
      {"Patient?birthdate=2015-03", ""},
      {"Patient?birthdate=2015", "kari"},
      {"Patient?birthdate=ge2010", "kari"},
      {"Goal?target-date=2026", "home"},
      {"Goal?start-date=2026-02-01", "home"},
      {"Consent?date=2026-01-05T12:00:00+01:00", "share"},
      {"Consent?date=2026-01-05T12:00:00 01:00", "share"},
      {"Consent?date=2026-01-05", "share"},
      {"Observation?date=2026-10-25", "weight"},
      {"Observation?date=2026-10-25T00:30:00Z", "weight"},
      {"Observation?date=ap2026-10-26", "weight"},
      {"Patient?_lastUpdated=2026-11-22", "kari ola"},
      {"Patient?_lastUpdated=gt2026-11-22", ""},
      {"Patient?_lastUpdated=ge2026-11-22T13:00:00+01:00", "kari ola"},
      {"CarePlan?category:in=urn:plans", "ip"},
      {"CarePlan?category:not-in=urn:plans", "draft logical"},
      {"CarePlan?status:in=urn:plans", "draft"},
      {"CarePlan?category:in=urn:unheard", "PB-4530"},
      {"CarePlan?category:below=urn:oid:2.16.578.1.12.4.1.1.9602|A02", "ip"},
      {"CarePlan?category:above=urn:oid:2.16.578.1.12.4.1.1.9602|A02-2-1", "ip"},
      {"CarePlan?category:below=urn:oid:2.16.578.1.12.4.1.1.9602|B", "PB-4530"},
      {"CarePlan?category:below=A02", "PB-4505"},
      // composite: values of one element
      {"Observation?component-code-value-quantity=http://loinc.org|8480-6$gt140", "blood"},
      {"Observation?component-code-value-quantity=http://loinc.org|8480-6$lt100", ""},
      {"Observation?component-code-value-quantity=8462-4$88|http://unitsofmeasure.org|mm[Hg]",
       "blood"},
      {"Observation?component-code-value-quantity=8462-4$gt11.5|http://unitsofmeasure.org|kPa",
       "blood"},
      {"Observation?component-code-value-quantity=8480-6$lt100,8462-4$lt100", "blood"},
      {"Observation?combo-code-value-quantity=8480-6$142", "blood"},
      {"Observation?code-value-quantity=29463-7$72.5", "weight"},
      {"Observation?code-value-quantity=29463-7$72500|http://unitsofmeasure.org|g", "weight"},
      {"Observation?code-value-quantity=8480-6$72.5", ""},
      {"Observation?code-value-quantity:missing=true", "blood"},
      {"Observation?component-code-value-quantity:missing=true", "weight"},
      {"Observation?component-code-value-quantity=8480-6", "PB-4505"},
      {"Observation?component-code-value-quantity=8480-6$1$2", "PB-4505"},
      {"Observation?component-code-value-quantity:exact=8480-6$1", "PB-4504"},
      {"DocumentReference?relationship=replaces$DocumentReference/old", "new"},
      {"DocumentReference?relationship=appends$DocumentReference/old", ""},
      // near
      {"Location?near=59.91|10.75|5|km", "oslo"},
      {"Location?near=59.91|10.75|40", "drammen oslo"},
      {"Location?near=59.91|10.75|40000|m", "drammen oslo"},
      {"Location?near=59.91|10.75|30|km", "oslo"},
      {"Location?near=59.91|10.75|310|km", "bergen drammen oslo"},
      {"Location?near=-16.8|179.99|5|km", "taveuni"},
      {"Location?near=90|0|3500|km", "bergen drammen oslo"},
      {"Location?near=0|0|21000|km", "bergen drammen oslo taveuni"},
      {"Location?near:missing=true", "nowhere"},
      {"Location?near:missing=false", "bergen drammen oslo taveuni"},
      {"Location?near=59.91", "PB-4505"},
      {"Location?near=95|10", "PB-4505"},
      {"Location?near=59|10|5|kg", "PB-4505"},
      // versions of references
      {"Observation?subject=Patient/kari", "blood"},
      {"Observation?subject=Patient/kari/_history/1", "blood"},
      {"Observation?subject=Patient/kari/_history/2", ""},
      {"Observation?subject=http://server.example/fhir/Patient/kari/_history/1", "blood"},
      // lists and words
      {"CarePlan?_list=mine", "ip"},
      {"Goal?_list=List/mine", "home"},
      {"CarePlan?_list=other", ""},
      {"CarePlan?_list=$current-problems", "PB-4505"},
      {"DocumentReference?_text=håkon fotballtrening", "new"},
      {"DocumentReference?_text=fotball*", "new"},
      {"DocumentReference?_text=fotball", ""},
      {"DocumentReference?_text=referat", ""},
      {"DocumentReference?_content=referat,kaffe", "new"},
      {"DocumentReference?_content=hakon ansvarsgruppa", "new"},
      {"DocumentReference?_content=xmlns", ""},
      {"DocumentReference?_content=...", "PB-4505"},
      // number and quantity
      {"RiskAssessment?probability=0.8", "fall"},
      {"RiskAssessment?probability=0.80", "fall"},
      {"RiskAssessment?probability=0.9", ""},
      {"RiskAssessment?probability=gt0.5&probability=lt1", "fall"},
      {"RiskAssessment?probability=gt0.8", ""},
      {"RiskAssessment?probability=ge0.8", "fall"},
      {"RiskAssessment?probability=ap0.75", "fall"},
      {"RiskAssessment?probability=lt0.15", "range"},
      {"RiskAssessment?probability=gt0.15", "fall range"},
      {"RiskAssessment?probability=0.1", ""},
      {"RiskAssessment?probability:missing=true", ""},
      {"ChargeItem?factor-override=97", "override"},
      {"ChargeItem?factor-override=100", ""},
      {"ChargeItem?factor-override=1e2", "override"},
      {"Observation?value-quantity=72.5", "weight"},
      {"Observation?value-quantity=73", "weight"},
      {"Observation?value-quantity=72", ""},
      {"Observation?value-quantity=72.5|http://unitsofmeasure.org|kg", "weight"},
      {"Observation?value-quantity=72.5||kilo", "weight"},
      {"Observation?value-quantity=72.5||kg", "weight"},
      {"Observation?value-quantity=72.5|http://unitsofmeasure.org|g", ""},
      {"Observation?value-quantity=72500|http://unitsofmeasure.org|g", "weight"},
      {"Observation?value-quantity=gt72|http://unitsofmeasure.org|kg", "weight"},
      {"Observation?value-quantity=lt160|http://unitsofmeasure.org|[lb_av]", "weight"},
      {"Observation?value-quantity=gt160|http://unitsofmeasure.org|[lb_av]", ""},
      {"Observation?value-quantity=72500", ""},
      {"Observation?value-quantity=gt70||kg", "weight"},
      {"Observation?value-quantity=ne72.5", ""},
      // uri
      {"CarePlan?instantiates-uri=http://example.org/a/b", "ip"},
      {"CarePlan?instantiates-uri=http://example.org/a", ""},
      {"CarePlan?instantiates-uri:below=http://example.org/a", "ip"},
      {"CarePlan?instantiates-uri:above=http://example.org/a/b/c", "ip"},
      {"CarePlan?instantiates-uri:below=http://example.org/", "ip"},
      {"CarePlan?instantiates-uri:above=http://example.org/", ""},
      {"ValueSet?url:below=http://acme.org/fhir/", "123 folder"},
      {"ValueSet?url:below=http://acme.org/fhir", "123 folder"},
      {"ValueSet?url:below=http://acme.org/fhi", ""},
      {"ValueSet?url:above=http://acme.org/fhir/ValueSet/123/_history/5", "123 folder"},
      {"ValueSet?url=http://acme.org/fhir/ValueSet/123|Beta-A", "123"},
      {"ValueSet?url=http://acme.org/fhir/ValueSet/123|2", ""},
      {"PlanDefinition?url=http://example.org/PlanDefinition/ip|2", "ip2"},
      {"PlanDefinition?url=http://example.org/PlanDefinition/ip", "ip1 ip2"},
      // of every resource
      {"Patient?_id=ola", "ola"},
      {"Patient?_id=ola,kari,nobody", "kari ola"},
      {"Patient?_id:not=ola", "kari"},
      {"Patient?_id:not=ola,kari", ""},
      {"CarePlan?subject:Patient._id:not=ola", "draft"},
      {"CarePlan?subject:Patient._id=ola", "ip"},
      {"Patient?_tag=urn:tags|demo", "ola"},
      {"Patient?_profile=http://hl7.no/fhir/StructureDefinition/no-basis-Patient", "ola"},
      {"Patient?_security=R", "kari"},
      {"Patient?", "kari ola"},
      // chains
      {"CarePlan?subject:Patient.name=hakon", "ip"},
      {"CarePlan?patient.identifier=urn:journal|2", "draft"},
      {"CarePlan?patient.organization.name=bod", "ip"},
      {"CarePlan?subject.gender=female", "draft"},
      {"CareTeam?participant.identifier=974760673", "team"},
      {"Patient?_has:CarePlan:patient:status=active", "ola"},
      {"Patient?_has:CarePlan:subject:part-of.status=active", "kari"},
      {"Organization?_has:Patient:organization:_has:CarePlan:subject:identifier=urn:plan|1",
       "kommune"},
      {"Goal?_has:CarePlan:goal:status=draft", ""},
      {"CarePlan?instantiates-canonical:PlanDefinition.name=individuell", "ip"},
      {"CarePlan?instantiates-canonical:PlanDefinition.name=individuell2", "ip"},
      {"CarePlan?instantiates-canonical:PlanDefinition.name=individuell1", ""},
      {"CarePlan?_filter=instantiates-canonical.name eq individuell2", "ip"},
      {"PlanDefinition?_has:CarePlan:instantiates-canonical:status=active", "ip2"},
      {"PlanDefinition?_has:CarePlan:instantiates-canonical:status=draft", ""},
      // results
      {"Patient?_sort=birthdate", "ola kari"},
      {"Patient?_sort=-birthdate", "kari ola"},
      {"Patient?_sort=given,-_id", "ola kari"},
      {"Patient?_sort=-_lastUpdated,-_id", "ola kari"},
      {"Patient?_count=1", "kari"},
      {"Patient?_count=0", ""},
      {"Patient?_summary=count", ""},
      // what is wrong
      {"CarePlan?statsu=active", "PB-4502"},
      {"CarePlan?zzzzzz=active", "PB-4503"},
      {"CarePlan?_counts=1", "PB-4502"},
      {"Unheard?status=active", "PB-4503"},
      {"CarePlan?statsu=active&categry=x&_sort=nothing", "PB-4507 PB-4502 PB-4502"},
      {"CarePlan?status:exact=active", "PB-4504"},
      {"Patient?name:in=x", "PB-4504"},
      {"CarePlan?date:exact=2026", "PB-4504"},
      {"CarePlan?subject:Organization=1", "PB-4504"},
      {"CarePlan?subject:Group=Patient/ola", "PB-4504"},
      {"CarePlan?date=yesterday", "PB-4505"},
      {"CarePlan?date=xx2026", "PB-4505"},
      {"CarePlan?date=", "PB-4505"},
      {"CarePlan?status=", "PB-4505"},
      {"CarePlan?status=a,,b", "PB-4505"},
      {"CarePlan?status=|", "PB-4505"},
      {"CarePlan?identifier=a|b|c", "PB-4505"},
      {"CarePlan?status:missing=perhaps", "PB-4505"},
      {"CarePlan?_id=", "PB-4505"},
      {"CarePlan?_id:exact=x", "PB-4504"},
      {"Observation?value-quantity=72|kg", "PB-4505"},
      {"RiskAssessment?probability=1|2|3", "PB-4505"},
      {"CarePlan?_count=-1", "PB-4505"},
      {"CarePlan?_count=ten", "PB-4505"},
      {"CarePlan?_total=perhaps", "PB-4505"},
      {"CarePlan?_summary=perhaps", "PB-4505"},
      {"CarePlan?_include=CarePlan", "PB-4506"},
      {"CarePlan?_include=CarePlan:subject&_summary=text", "PB-4534"},
      {"CarePlan?_summary=text&_revinclude=Provenance:target", "PB-4534"},
      {"CarePlan?_summary=text", "draft ip logical"},
      {"CarePlan?_include=CarePlan:status", "PB-4506"},
      {"CarePlan?_include=CareTeam:participant", "PB-4506"},
      {"CarePlan?_include=CarePlan:subject:Organization", "PB-4506"},
      {"CarePlan?_revinclude=*", "draft ip logical"},
      {"CarePlan?_revinclude=Provenance:*", "draft ip logical"},
      {"CarePlan?_sort=-", "PB-4507"},
      {"Location?_sort=near", "PB-4507"},
      {"Observation?_sort=code-value-quantity", "PB-4507"},
      {"CarePlan?status.name=x", "PB-4508"},
      {"CarePlan?nothing.name=x", "PB-4503"},
      {"CarePlan?subject:Organization.name=x", "PB-4508"},
      {"Patient?_has:CarePlan:status:status=x", "PB-4508"},
      {"Patient?_has:CarePlan=x", "PB-4508"},
      {"CarePlan?part-of.part-of.part-of.part-of.part-of.part-of.status=x", ""},
      {"CarePlan?part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of."
       "part-of.part-of.part-of.part-of.status=x",
       "PB-4509"},
      {"CarePlan?part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of."
       "part-of.part-of.status=draft",
       ""},
      {"CarePlan?_filter=part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of."
       "part-of.part-of.part-of.status eq draft",
       ""},
      {"CarePlan?_filter=part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of.part-of."
       "part-of.part-of.part-of.part-of.status eq draft",
       "PB-4509"},
      // the nearest name
      {"CarePlan?status:nott=active", "PB-4537"},
      {"CarePlan?_id:nott=ip", "PB-4537"},
      {"CarePlan?subject:Patiant=ola", "PB-4537"},
      {"CarePlan?_sort=statsu", "PB-4535"},
      {"CarePlan?_include=CarePlan:subjct", "PB-4536"},
      {"CarePlan?_include=CarePln:subject", "PB-4536"},
      {"CarePlan?_revinclude=Provenance:targe", "PB-4536"},
      {"CarePlan?_has:CarePln:part-of:status=active", "PB-4536"},
      {"CarePlan?_has:CarePlan:part-off:status=active", "PB-4536"},
  };
  for (const Case& one : cases) EXPECT_EQ(answer(one.search), one.found) << one.search;
}

TEST_F(Search, AFilterIsAWholeCondition) {
  const Case cases[] = {
      {"CarePlan?_filter=status eq active", "ip logical"},
      {"CarePlan?_filter=status eq active and intent eq order", "logical"},
      {"CarePlan?_filter=status eq draft or status eq active and intent eq order", "logical"},
      {"CarePlan?_filter=status eq draft or (status eq active and intent eq order)",
       "draft logical"},
      {"CarePlan?_filter=not (status eq active)", "draft"},
      {"CarePlan?_filter=not(status eq active) or not (status eq draft)", "draft ip logical"},
      {"CarePlan?_filter=status ne active", "draft"},
      {"CarePlan?_filter=category pr true", "ip"},
      {"CarePlan?_filter=category pr false", "draft logical"},
      {"CarePlan?_filter=category eq urn:oid:2.16.578.1.12.4.1.1.9602|A02-2", "ip"},
      {"CarePlan?_filter=category sw A02", "ip"},
      {"CarePlan?_filter=category ew 2-2", "ip"},
      {"CarePlan?_filter=category in urn:plans", "ip"},
      {"CarePlan?_filter=category ni urn:plans", "draft logical"},
      {"CarePlan?_filter=category ss urn:oid:2.16.578.1.12.4.1.1.9602|A02", "ip"},
      {"CarePlan?_filter=date ge 2026-06", "draft ip"},
      {"CarePlan?_filter=date po 2026", "draft ip"},
      {"Patient?_filter=_id eq ola", "ola"},
      {"Patient?_filter=_id ne ola&_id=ola,kari", "kari"},
      {"Patient?_filter=_tag eq nothing or _id eq kari", "kari"},
      {"Patient?_filter=_id pr true", "kari ola"},
      {"Patient?_filter=_id co ol", "PB-4504"},
      {"CarePlan?_filter=subject._id eq ola", "ip"},
      {"Patient?_filter=_lastUpdated ge 2026-11-22", "kari ola"},
      {"Patient?_filter=_lastUpdated ne 2026-11-22", ""},
      {"Patient?_filter=_lastUpdated po 2026-11 and _id eq ola", "ola"},
      {"Patient?_filter=_lastUpdated gt 2026-11-22 or _id eq ola", "ola"},
      {"Patient?_filter=_lastUpdated pr true", "kari ola"},
      {"CarePlan?_filter=date lt 2026-01-01", "logical"},
      {"CarePlan?_filter=subject re Patient/ola", "ip"},
      {"CarePlan?_filter=subject.name co \"SNE\" and status eq draft", "draft"},
      {"CarePlan?_filter=patient[gender eq female].family eq asnes", "draft"},
      {"CarePlan?_filter=patient[gender eq other].family eq \"asnes\"", ""},
      {"CarePlan?_filter=patient.organization.name sw bod", "ip"},
      {"Patient?_filter=name eq \"håkon per åsnes\"", "ola"},
      {"Patient?_filter=name eq hako", ""},
      {"Patient?_filter=name ew snes", "kari ola"},
      {"Patient?_filter=name co \"%\"", "PB-4505"},
      {"Practitioner?_filter=family eq berg", "anne"},
      {"Observation?_filter=value-quantity gt 70000|http://unitsofmeasure.org|g", "weight"},
      {"CarePlan?_filter=", "PB-4531"},
      {"CarePlan?_filter=status", "PB-4531"},
      {"CarePlan?_filter=status eq", "PB-4531"},
      {"CarePlan?_filter=status xx active", "PB-4531"},
      {"CarePlan?_filter=(status eq active", "PB-4531"},
      {"CarePlan?_filter=status eq active extra", "PB-4531"},
      {"CarePlan?_filter=not status eq active", "PB-4531"},
      {"CarePlan?_filter=status eq \"active", "PB-4531"},
      {"CarePlan?_filter=statsu eq active", "PB-4502"},
      {"CarePlan?_filter=status gt active", "PB-4504"},
      {"CarePlan?_filter=date eq never", "PB-4505"},
      {"CarePlan?_filter=subject[name eq x]", "PB-4531"},
      {"CarePlan?_filter=status.name eq x", "PB-4508"},
  };
  for (const Case& one : cases) EXPECT_EQ(answer(one.search), one.found) << one.search;
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
