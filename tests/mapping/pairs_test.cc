// The pairs of maps between forms of the same plan (mappings/plan-forms, zone-plan, dbep, vkp-view
// and individual-plan): there and back nothing is lost, for every plan of fixtures/plans and for
// random ones.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "fhir/canonical_base.h"
#include "fhir/resource.h"
#include "json/writer.h"
#include "mapping/engine.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;
using json::DocumentPtr;
using json::Node;

const MapLibrary& library() {
  static const auto loaded = [] {
    auto result = MapLibrary::load({});
    EXPECT_TRUE(result.has_value());
    for (const fhir::Issue& issue : result->issues)
      ADD_FAILURE() << issue.place.source << " " << issue.text(fhir::Language::kEnglish);
    return result->library;
  }();
  return *loaded;
}

DocumentPtr mapped(const std::string& map, const DocumentPtr& input) {
  const Outcome outcome =
      library().transform(PLANBRO_CANONICAL_BASE "/StructureMap/" + map, {input, nullptr, nullptr});
  for (const fhir::Issue& issue : outcome.issues)
    ADD_FAILURE() << map << ": " << issue.text(fhir::Language::kEnglish);
  return outcome.document;
}

DocumentPtr read(const std::string& text) {
  const fhir::ReadOutcome read = fhir::readJson(text, library().definitions());
  EXPECT_TRUE(read.resource) << text;
  return read.resource.document();
}

DocumentPtr readFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return read({std::istreambuf_iterator<char>(file), {}});
}

// The same text for trees that say the same: members in the order of their names, entries of a
// Bundle in any order.
std::string canonical(const Node& node) {
  std::string text;
  if (node.kind == json::Kind::kObject) {
    std::map<std::string, std::string> members;
    for (const Node& child : node.children())
      members[std::string(child.name->text)] = canonical(child);
    for (const auto& [name, value] : members) text += name + ":" + value + "\n";
    return "{" + text + "}";
  }
  if (node.kind == json::Kind::kArray) {
    std::vector<std::string> items;
    for (const Node& child : node.children()) items.push_back(canonical(child));
    if (node.name != nullptr && node.name->text == "entry") std::sort(items.begin(), items.end());
    for (const std::string& item : items) text += item + ",";
    return "[" + text + "]";
  }
  return "'" + std::string(node.text()) + "'";
}

std::string canonical(const DocumentPtr& document) {
  return document == nullptr ? "nothing" : canonical(document->root());
}

std::string typeOf(const Node& entry) {
  return std::string(entry.member("resource")->member("resourceType")->text());
}

bool isMainPlan(const Node& entry) {
  return typeOf(entry) == "CarePlan" && entry.member("resource")->member("partOf") == nullptr;
}

// The Bundle with those entries only; without its timestamp if `keep_time` is false.
template <typename Keep>
std::string canonicalOnly(const DocumentPtr& bundle, bool keep_time, Keep&& keep) {
  std::map<std::string, std::string> members;
  for (const Node& member : bundle->root().children()) {
    if (member.name->text == "timestamp" && !keep_time) continue;
    if (member.name->text != "entry") {
      members[std::string(member.name->text)] = canonical(member);
      continue;
    }
    std::vector<std::string> items;
    for (const Node& entry : member.children()) {
      if (keep(entry)) items.push_back(canonical(entry));
    }
    std::sort(items.begin(), items.end());
    std::string text;
    for (const std::string& item : items) text += item + ",";
    members["entry"] = "[" + text + "]";
  }
  std::string text;
  for (const auto& [name, value] : members) text += name + ":" + value + "\n";
  return "{" + text + "}";
}

std::size_t count(const DocumentPtr& bundle, const std::string& type) {
  const auto entries = bundle->root().member("entry")->children();
  return static_cast<std::size_t>(std::count_if(
      entries.begin(), entries.end(), [&](const Node& entry) { return typeOf(entry) == type; }));
}

// What every pair keeps, of one plan's transaction. "" if all is well, else the pair that does not.
std::string brokenPair(const DocumentPtr& bundle) {
  const std::string whole = canonical(bundle);
  if (canonical(mapped("ActivityRequestToDetail", mapped("ActivityDetailToRequest", bundle))) !=
      whole)
    return "detail and reference";
  if (canonical(mapped("CareTeamToSeparate", mapped("CareTeamToContained", bundle))) != whole)
    return "contained and separate team";
  const auto in_dbep = [](const Node& entry) {
    return isMainPlan(entry) || typeOf(entry) == "Goal" || typeOf(entry) == "Condition";
  };
  if (canonical(
          mapped("DbepToIndividualPlanBundle", mapped("IndividualPlanBundleToDbep", bundle))) !=
      canonicalOnly(bundle, true, in_dbep))
    return "DBEP";
  if (canonical(mapped("VkpToIndividualPlanBundle", mapped("IndividualPlanBundleToVkp", bundle))) !=
      canonicalOnly(bundle, false, isMainPlan))
    return "VKP";
  return "";
}

class Pairs : public testing::TestWithParam<fs::path> {};

TEST_P(Pairs, LoseNothingThereAndBack) {
  EXPECT_EQ(brokenPair(readFile(GetParam() / "expected/bundle.json")), "");
}

TEST_P(Pairs, MeasuresBecomeServiceRequestsAndNoneStaysInThePlan) {
  const DocumentPtr bundle = readFile(GetParam() / "expected/bundle.json");
  const DocumentPtr made = mapped("ActivityDetailToRequest", bundle);
  std::size_t measures = 0;
  for (const Node& entry : bundle->root().member("entry")->children()) {
    const Node* activities = entry.member("resource")->member("activity");
    if (activities == nullptr) continue;
    for (const Node& activity : activities->children())
      measures += activity.member("detail") != nullptr ? 1 : 0;
  }
  EXPECT_EQ(count(made, "ServiceRequest"), measures);
  EXPECT_EQ(json::write(*made).find("\"detail\""), std::string::npos);
}

TEST_P(Pairs, ToDbepGoNothingButFourTypesAndNoAddressOfWhatStaysBehind) {
  const DocumentPtr made =
      mapped("IndividualPlanBundleToDbep", readFile(GetParam() / "expected/bundle.json"));
  std::string text = json::write(*made);
  for (const Node& entry : made->root().member("entry")->children()) {
    const std::string type = typeOf(entry);
    EXPECT_TRUE(type == "CarePlan" || type == "Goal" || type == "Condition" ||
                type == "ServiceRequest")
        << type;
    const std::string url(entry.member("fullUrl")->text());
    for (std::size_t at = text.find(url); at != std::string::npos; at = text.find(url, at))
      text.replace(at, url.size(), "sent");
  }
  EXPECT_EQ(text.find("urn:uuid:"), std::string::npos) << text.substr(text.find("urn:uuid:"), 200);
}

INSTANTIATE_TEST_SUITE_P(Plans, Pairs, testing::ValuesIn([] {
                           std::vector<fs::path> found;
                           for (const auto& entry :
                                fs::directory_iterator(PLANBRO_SOURCE_DIR "/fixtures/plans")) {
                             if (entry.is_directory()) found.push_back(entry.path());
                           }
                           std::sort(found.begin(), found.end());
                           return found;
                         }()),
                         [](const testing::TestParamInfo<fs::path>& plan) {
                           std::string name = plan.param.filename().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// ---- random plans
// --------------------------------------------------------------------------------

bool maybe() { return *rc::gen::arbitrary<bool>(); }
int upTo(int most) { return *rc::gen::inRange(0, most + 1); }

// A JSON string of letters, quotes, line breaks and signs outside ASCII; never empty or blank.
std::string text() {
  static const std::string pieces[] = {"a", "Z", "æ", "Å", "\\\"", "\\n",
                                       " ", "<", "&", "'", "😀",   "0"};
  std::string made = "\"x";
  for (int i = upTo(8); i > 0; --i) made += pieces[upTo(11)];
  return made + "x\"";
}

std::string key(const std::string& prefix, int number) {
  return "\"" + prefix + "-" + std::to_string(number) + "\"";
}

std::string day() {
  return "\"2026-0" + std::to_string(1 + upTo(8)) + "-1" + std::to_string(upTo(9)) + "\"";
}

template <typename Make>
std::string list(const std::string& name, int size, Make&& make) {
  std::string text;
  for (int i = 0; i < size; ++i) text += (i == 0 ? "" : ",") + make(i);
  return size == 0 ? "" : ",\"" + name + "\":[" + text + "]";
}

std::string participant(int i, int organizations) {
  if (i == 0) return R"({"key":"owner","kind":"owner"})";
  if (i == 1)
    return R"({"key":"k","kind":"practitioner","role":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"8"}]}],"name":{"family":"Solvang"}})";
  std::string made = R"({"key":)" + key("p", i) + R"(,"kind":)" +
                     (maybe() ? "\"practitioner\"" : "\"related-person\"") +
                     R"(,"name":{"family":)" + text() + "}";
  if (organizations > 0 && made.find("practitioner") != std::string::npos && maybe())
    made += R"(,"organization":"31550000)" + std::to_string(upTo(organizations - 1)) + "\"";
  if (maybe()) made += R"(,"status":"active")";
  if (maybe()) made += R"(,"period":{"start":)" + day() + "}";
  return made + list("contribution", upTo(2), [](int) { return text(); }) + "}";
}

std::string measure(int i, int participants, int goals) {
  static const std::string statuses[] = {"scheduled", "in-progress", "completed", "on-hold",
                                         "stopped"};
  const auto who = [&](int) {
    const int one = upTo(participants - 1);
    return one == 0 ? std::string("\"owner\"") : one == 1 ? std::string("\"k\"") : key("p", one);
  };
  std::string made = R"({"key":)" + key("m", i) + R"(,"code":{"text":)" + text() +
                     R"(},"status":")" + statuses[upTo(4)] + "\"";
  if (maybe()) made += ",\"description\":" + text();
  if (maybe()) made += ",\"decision\":" + text();
  if (maybe())
    made += R"(,"nationalStatus":{"system":"urn:oid:2.16.578.1.12.4.1.1.9238","code":"04"})";
  if (maybe())
    made += R"(,"schedule":{"repeat":{"frequency":)" + std::to_string(1 + upTo(4)) +
            R"(,"period":1,"periodUnit":"wk"},"code":{"text":)" + text() + "}}";
  made += list("responsible", upTo(2), who) + list("performer", upTo(2), who);
  if (goals > 0) made += list("goal", upTo(1), [&](int) { return key("g", upTo(goals - 1)); });
  made += list("progress", upTo(2),
               [](int) { return "{\"time\":" + day() + ",\"text\":" + text() + "}"; });
  return made + "}";
}

std::string randomPlan() {
  const int organizations = upTo(3);
  const int participants = 2 + upTo(4);
  const int goals = upTo(4);
  const int needs = upTo(2);
  std::string plan =
      R"({"resourceType":"IndividualPlan","identifier":[{"system":"https://x.example/plan","value":"IP-1"}],"status":"active","owner":{"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13097248022"}],"name":[{"family":"Li"}]})";
  if (maybe()) plan += ",\"title\":" + text();
  if (maybe()) plan += ",\"description\":" + text();
  if (maybe()) plan += ",\"ownWords\":" + text();
  if (maybe()) plan += ",\"nextReview\":" + day();
  if (maybe()) plan += ",\"period\":{\"start\":" + day() + "}";
  plan += list("organization", organizations, [](int i) {
    const std::string number = "31550000" + std::to_string(i);
    return R"({"key":")" + number +
           R"(","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":")" + number +
           R"("}],"name":)" + text() + "}";
  });
  plan += list("participant", participants, [&](int i) { return participant(i, organizations); });
  plan += list("consent", 1, [](int) {
    return std::string(
        R"({"key":"c","kind":"plan","status":"active","date":"2026-01-01","givenBy":["owner"]})");
  });
  plan += list("need", needs, [](int i) {
    return "{\"key\":" + key("n", i) + ",\"code\":{\"text\":" + text() + "}}";
  });
  plan += list("goal", goals, [&](int i) {
    std::string goal = "{\"key\":" + key("g", i) + R"(,"kind":)" +
                       (i == 0 ? "\"main\"" : "\"sub\"") + ",\"description\":" + text() +
                       R"(,"status":"active")";
    if (i > 0) goal += ",\"partOf\":" + key("g", 0);
    if (maybe()) goal += ",\"ownWords\":" + text();
    if (needs > 0 && maybe()) goal += ",\"need\":[" + key("n", upTo(needs - 1)) + "]";
    return goal + "}";
  });
  plan += list("measure", upTo(5), [&](int i) { return measure(i, participants, goals); });
  plan += list("cooperation", organizations > 0 ? upTo(2) : 0, [&](int) {
    return R"({"kind":"wished","organization":"31550000)" +
           std::to_string(upTo(organizations - 1)) + R"(","text":)" + text() + "}";
  });
  plan += list("meeting", upTo(2), [](int i) {
    return "{\"key\":" + key("t", i) + R"(,"status":"booked","title":)" + text() +
           R"(,"start":"2026-05-05T10:00:00+02:00","participant":["owner","k"]})";
  });
  return plan + "}";
}

TEST(RandomPlans, SurviveEveryPair) {
  EXPECT_TRUE(rc::check([] {
    const DocumentPtr plan = read(randomPlan());
    const DocumentPtr bundle = mapped("IndividualPlanToBundle", plan);
    RC_ASSERT(bundle != nullptr);
    RC_ASSERT(canonical(mapped("BundleToIndividualPlan", bundle)) == canonical(plan));
    RC_ASSERT(brokenPair(bundle) == "");
  }));
}

// ---- zone plans
// ----------------------------------------------------------------------------------

TEST(ZonePlans, OfTheFirstGenerationBecomeTheSecondAndComeBack) {
  const fs::path folder = PLANBRO_SOURCE_DIR "/fixtures/zone-plans/kols-tre-soner";
  const DocumentPtr first = readFile(folder / "v1.json");
  const DocumentPtr second = mapped("ZonePlanV1ToV2", first);
  EXPECT_EQ(canonical(second), canonical(readFile(folder / "v2.json")));
  EXPECT_EQ(canonical(mapped("ZonePlanV2ToV1", second)), canonical(first));
}

TEST(ZonePlans, AnyNumberOfZonesWithAnyTextsSurvives) {
  EXPECT_TRUE(rc::check([] {
    const std::string base = "http://hl7.no/fhir/ig/planer-hacking/";
    const int zones = 1 + upTo(4);
    static const std::string colours[] = {"green", "yellow", "red"};
    std::string bundle =
        R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:p","resource":{"resourceType":"CarePlan","meta":{"profile":[")" +
        base +
        R"(StructureDefinition/planer-hacking-careplan"]},"status":"active","intent":"plan","title":)" +
        text() + R"(,"subject":{"reference":"Patient/1"})";
    bundle += list("addresses", zones,
                   [](int i) { return R"({"reference":"urn:uuid:z)" + std::to_string(i) + "\"}"; });
    bundle += list("note", upTo(2), [](int) { return "{\"text\":" + text() + "}"; }) + "}}";
    for (int i = 0; i < zones; ++i) {
      const std::string colour = colours[upTo(2)];
      bundle +=
          R"(,{"fullUrl":"urn:uuid:z)" + std::to_string(i) +
          R"(","resource":{"resourceType":"Condition","meta":{"profile":[")" + base +
          R"(StructureDefinition/planer-hacking-zone-condition"]},"severity":{"coding":[{"system":")" +
          base + R"(CodeSystem/planer-hacking-observation-severity-zone-cs","code":")" + colour +
          R"(","display":")" + colour + R"("}]},"code":{"text":)" + text() +
          R"(},"subject":{"reference":"Patient/1"},"note":[{)" +
          (maybe() ? R"("time":"2026-03-01T10:00:00+01:00",)" : "") + "\"text\":" + text() + "}]}}";
    }
    const DocumentPtr first = read(bundle + "]}");
    const DocumentPtr second = mapped("ZonePlanV1ToV2", first);
    RC_ASSERT(second != nullptr);
    RC_ASSERT(count(second, "CarePlan") == static_cast<std::size_t>(zones) + 1);
    RC_ASSERT(canonical(mapped("ZonePlanV2ToV1", second)) == canonical(first));
  }));
}

}  // namespace
}  // namespace planbro::mapping
