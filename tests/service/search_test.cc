// Searches that need more of the service than the query: its terminology, its key.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "json/parser.h"
#include "service/capability.h"
#include "service/context.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

// Ids of the matches, or the status.
std::string found(const TestService& service, std::string_view address,
                  const HeaderList& headers = {}) {
  const Response response = service.send("GET", address, {}, headers);
  if (response.status != 200) return std::to_string(response.status);
  std::string ids;
  const auto document = json::parse(response.body);
  if (!document.has_value()) return "no JSON";
  const json::Node* entries = (*document)->root().member("entry");
  if (entries == nullptr) return ids;
  for (const json::Node& entry : entries->children())
    ids.append(ids.empty() ? "" : " ").append(entry.member("resource")->member("id")->text());
  return ids;
}

TEST(Capabilities, WordsAreListedWhereTheSettingIsOn) {
  std::vector<fhir::Issue> issues;
  const auto parameters = search::Parameters::compile(testRegistry(), issues, {.words = true});
  FakeClock clock{*parseInstant("2026-11-22T12:00:00Z")};
  Context context;
  context.parts.parameters = parameters.get();
  context.parts.definitions = &fhir::Definitions::r4();
  context.parts.clock = &clock;
  const std::string statement = makeCapabilityStatement(context);
  for (const char* name : {"_text", "_content"})
    EXPECT_NE(statement.find("{\"name\":\"" + std::string(name) + "\",\"type\":\"string\""),
              std::string::npos)
        << name;
}

std::string nextOf(const Response& response) {
  constexpr std::string_view kMark = "_cursor=";
  const std::size_t next = response.body.find(R"("relation":"next")");
  const std::size_t at = response.body.find(kMark, next);
  if (next == std::string::npos || at == std::string::npos) return {};
  const std::size_t begin = at + kMark.size();
  return response.body.substr(begin, response.body.find_first_of("\"&", begin) - begin);
}

void put(const TestService& service, const std::string& address, const std::string& body) {
  const Response response = service.send("PUT", address, body);
  ASSERT_EQ(response.status, 201) << response.body;
}

void putGoal(const TestService& service, const std::string& id, const std::string& achievement) {
  put(service, "/fhir/Goal/" + id,
      R"({"resourceType":"Goal","id":")" + id +
          R"(","lifecycleStatus":"active","achievementStatus":{"coding":[{"system":)"
          R"("http://terminology.hl7.org/CodeSystem/goal-achievement","code":")" +
          achievement + R"("}]}})");
}

TEST(SearchByTerminology, HierarchiesAndValueSetsAreThoseOfTheService) {
  const TestService service;
  putGoal(service, "a", "improving");
  putGoal(service, "b", "achieved");
  putGoal(service, "c", "in-progress");
  put(service, "/fhir/ValueSet/v",
      R"({"resourceType":"ValueSet","id":"v","status":"active","compose":{"include":[{"system":)"
      R"("http://terminology.hl7.org/CodeSystem/goal-achievement","concept":[{"code":"achieved"}]}]}})");
  const std::string status = "/fhir/Goal?achievement-status";
  const std::string system = "http://terminology.hl7.org/CodeSystem/goal-achievement";
  EXPECT_EQ(found(service, status + ":below=" + system + "|in-progress"), "a c");
  EXPECT_EQ(found(service, status + ":above=" + system + "|improving"), "a c");
  EXPECT_EQ(found(service, status + ":above=" + system + "|unheard"), "400");
  EXPECT_EQ(found(service, status + ":in=http://hl7.org/fhir/ValueSet/goal-achievement"), "a b c");
  EXPECT_EQ(found(service, status + ":in=ValueSet/v"), "b");
  EXPECT_EQ(found(service, status + ":in=http://test/fhir/ValueSet/v"), "b");
  EXPECT_EQ(found(service, status + ":not-in=ValueSet/v"), "a c");
  EXPECT_EQ(found(service, status + ":in=ValueSet/other"), "400");
  const std::string several = "/fhir?_type=Goal&achievement-status";
  EXPECT_EQ(found(service, several + ":in=ValueSet/v"), "b");
  EXPECT_EQ(found(service, several + ":below=" + system + "|in-progress"), "a c");
  // All of SNOMED CT is not there.
  EXPECT_EQ(found(service, "/fhir/Goal?category:in=http://snomed.info/sct?fhir_vs"), "400");
}

TEST(SearchConditions, ALongIdentifierMeetsNoOtherThatBeginsAlike) {
  const TestService service;
  const std::string same(1200, 'x');
  const auto patient = [&](const std::string& value) {
    return R"({"resourceType":"Patient","identifier":[{"system":"http://x","value":")" + value +
           "\"}]}";
  };
  const auto condition = [](const std::string& value) { return "identifier=http://x|" + value; };
  const auto create = [&](const std::string& value) {
    return service
        .send("POST", "/fhir/Patient", patient(value), {{"If-None-Exist", condition(value)}})
        .status;
  };
  EXPECT_EQ(create(same + "a"), 201);
  EXPECT_EQ(create(same + "a"), 200);
  EXPECT_EQ(create(same + "b"), 201);
  const auto send = [&](const std::string& method, const std::string& value) {
    return service
        .send(method, "/fhir/Patient?" + condition(value),
              method == "PUT" ? patient(value) : std::string())
        .status;
  };
  EXPECT_EQ(send("PUT", same + "c"), 201);
  EXPECT_EQ(send("PUT", same + "c"), 200);
  EXPECT_EQ(send("DELETE", same + "d"), 204);
  EXPECT_NE(service.send("GET", "/fhir/Patient?_summary=count").body.find(R"("total":3)"),
            std::string::npos);
}

// Everybody sees everything; who it is stands in a header.
class Named final : public Visibility {
 public:
  explicit Named(std::string_view name) : name_(name) {}
  store::Predicate of(std::string_view) const override { return {}; }
  std::string_view caller() const override { return name_; }

 private:
  std::string name_;
};

TEST(SearchCursor, IsGoodForItsCallerAndItsPlaceAlone) {
  const TestService service({}, {}, [](const Request& request) {
    return std::make_shared<Named>(request.headers.get("X-Name").value_or(""));
  });
  for (const char* id : {"a", "b", "c"}) putGoal(service, id, "improving");
  const HeaderList kari = {{"X-Name", "kari"}};
  const HeaderList ola = {{"X-Name", "ola"}};
  const std::string first = "/fhir/Goal?lifecycle-status=active&_count=1";
  const std::string cursor = nextOf(service.send("GET", first, {}, kari));
  ASSERT_FALSE(cursor.empty());
  EXPECT_EQ(found(service, first + "&_cursor=" + cursor, kari), "b");
  EXPECT_EQ(found(service, first + "&_cursor=" + cursor, ola), "400");
  EXPECT_EQ(found(service, first + "&_cursor=" + cursor), "400");
  EXPECT_EQ(found(service, "/fhir/CarePlan?_count=1&_cursor=" + cursor, kari), "400");
  EXPECT_EQ(found(service, "/fhir/Goal?_count=1&_cursor=" + cursor, kari), "400");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string wrong = cursor;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(found(service, first + "&_cursor=" + wrong, kari), "400") << i;
    EXPECT_EQ(found(service, first + "&_cursor=" + cursor.substr(0, i), kari), "400") << i;
  }
  // The bits of the last character that stand for nothing count as well.
  for (const char last :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-09")) {
    std::string wrong = cursor;
    if (last == wrong.back()) continue;
    wrong.back() = last;
    EXPECT_EQ(found(service, first + "&_cursor=" + wrong, kari), "400") << last;
  }
  // So are those of the other interactions with pages.
  for (const std::string place : {"/fhir?_type=Goal,Patient&_count=1",
                                  "/fhir/Goal/_history?_count=1", "/fhir/_history?_count=1"}) {
    const std::string page = place + "&_cursor=" + nextOf(service.send("GET", place, {}, kari));
    EXPECT_EQ(service.send("GET", page, {}, kari).status, 200) << page;
    EXPECT_EQ(service.send("GET", page, {}, ola).status, 400) << page;
    EXPECT_EQ(service.send("GET", page).status, 400) << page;
  }
  const std::string several =
      "&_count=1&_cursor=" + nextOf(service.send("GET", "/fhir?_type=Goal&_count=1", {}, kari));
  EXPECT_EQ(found(service, "/fhir?_type=Goal" + several, kari), "b");
  EXPECT_EQ(found(service, "/fhir?_type=Goal,Patient" + several, kari), "400");
  // The key is the installation's.
  const FhirService again(service.service().context().parts, service.service().context().settings);
  Request request;
  request.method = "GET";
  request.path = "/fhir/Goal";
  request.query = "lifecycle-status=active&_count=1&_cursor=" + cursor;
  request.headers.add("X-Name", "kari");
  EXPECT_EQ(again.handle(request).status, 200);
}

}  // namespace
}  // namespace planbro::service
