// What the rules of the plan make of writes: docs/plan-rules.md, rules 1 and 5.
#include "service/plan_check.h"

#include <gtest/gtest.h>

#include "fhir/canonical_base.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

const std::string kCodes = PLANBRO_CANONICAL_BASE "/CodeSystem/";

// The service's clock stands still somewhere in 2026; the periods are wide enough not to matter.
class PlanCheckTest : public testing::Test {
 protected:
  PlanCheckTest()
      : service_(std::vector<ConfiguredCheck>{
            {std::make_shared<PlanCheck>(clock_), Enforcement::kEnforce, {}}}) {}

  std::string get(const std::string& address) { return service_.send("GET", address).body; }

  static std::string consent(const std::string& id, const std::string& kind,
                             const std::string& status, const std::string& provision) {
    return R"({"resourceType":"Consent","id":")" + id + R"(","status":")" + status +
           R"(","scope":{"text":"x"},"category":[{"coding":[{"system":")" + kCodes +
           R"(consent-kind","code":")" + kind + R"("}]}],"patient":{"reference":"Patient/1"})" +
           provision + "}";
  }

  static std::string provisionFor(const std::string& who) {
    return R"({"type":"permit","actor":[{"role":{"text":"x"},"reference":{"reference":"PractitionerRole/)" +
           who + R"("}}]})";
  }

  static std::string team(const std::string& more = "") {
    return R"({"resourceType":"CareTeam","id":"t","status":"active","subject":{"reference":"Patient/1"},"participant":[{"role":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"8"}]}],"member":{"reference":"PractitionerRole/k","display":"Kari"}})" +
           more + "]}";
  }

  static std::string newcomer() {
    return R"(,{"member":{"reference":"PractitionerRole/n","display":"Nils"}})";
  }

  void put(const std::string& type, const std::string& id, const std::string& body) {
    const Response response = service_.send("PUT", "/fhir/" + type + "/" + id, body);
    EXPECT_LT(response.status, 300) << response.body;
  }

  void storePlan() {
    put("Patient", "1", R"({"resourceType":"Patient","id":"1"})");
    for (const std::string who : {"k", "n"})
      put("PractitionerRole", who, R"({"resourceType":"PractitionerRole","id":")" + who + "\"}");
    put("Consent", "c", consent("c", "plan", "active", ""));
    put("Consent", "s",
        consent("s", "sharing", "active",
                R"(,"provision":{"provision":[)" + provisionFor("k") + "]}"));
    put("CareTeam", "t", team());
    put("CarePlan", "p",
        R"({"resourceType":"CarePlan","id":"p","identifier":[{"system":"https://x.example","value":"IP-1"}],"status":"active","intent":"plan","category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],"subject":{"reference":"Patient/1"},"careTeam":[{"reference":"CareTeam/t"}],"supportingInfo":[{"reference":"Consent/c"},{"reference":"Consent/s"}]})");
  }

  FakeClock clock_{Instant{1795305600000000}};
  TestService service_;
};

// What is created gets an id of its own: the plan of the team whose id it brings is no matter.
TEST_F(PlanCheckTest, ATeamThatIsCreatedIsNotTakenForTheOneWhoseIdItBrings) {
  storePlan();
  const Response created = service_.send("POST", "/fhir/CareTeam", team(newcomer()));
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.body.find("proposed"), std::string::npos) << created.body;
  EXPECT_NE(get("/fhir/CareTeam/t").find("\"versionId\":\"1\""), std::string::npos);
}

TEST_F(PlanCheckTest, ANewParticipantWithoutConsentIsStoredAsProposedAndATaskIsRaised) {
  storePlan();
  put("CareTeam", "t", team(newcomer()));
  const std::string stored = get("/fhir/CareTeam/t");
  EXPECT_NE(
      stored.find(
          R"(ip-participant-status","valueCode":"proposed"}],"member":{"reference":"PractitionerRole/n")"),
      std::string::npos)
      << stored;
  const std::string tasks = get("/fhir/Task");
  EXPECT_NE(tasks.find("\"total\":1"), std::string::npos) << tasks;
  EXPECT_NE(tasks.find("IP-1/obtain-consent/PractitionerRole/n"), std::string::npos) << tasks;
  // The same once more changes nothing and asks nothing twice.
  put("CareTeam", "t", team(newcomer()));
  EXPECT_NE(get("/fhir/CareTeam/t").find("\"versionId\":\"2\""), std::string::npos);
  EXPECT_NE(get("/fhir/Task").find("\"total\":1"), std::string::npos);
}

TEST_F(PlanCheckTest, TheTaskNamesANewParticipantAsTheirOwnResourceDoes) {
  storePlan();
  put("Practitioner", "ny",
      R"({"resourceType":"Practitioner","id":"ny","name":[{"given":["Nora"],"family":"Ny"}]})");
  put("CareTeam", "t", team(R"(,{"member":{"reference":"Practitioner/ny"}})"));
  EXPECT_NE(get("/fhir/Task").find("Nora Ny er foreslått"), std::string::npos) << get("/fhir/Task");
}

TEST_F(PlanCheckTest, WhoIsCoveredIsStoredAsSent) {
  storePlan();
  put("Consent", "s",
      consent(
          "s", "sharing", "active",
          R"(,"provision":{"provision":[)" + provisionFor("k") + "," + provisionFor("n") + "]}"));
  put("CareTeam", "t", team(newcomer()));
  EXPECT_EQ(get("/fhir/CareTeam/t").find("proposed"), std::string::npos);
  EXPECT_EQ(get("/fhir/Task").find("obtain-consent"), std::string::npos);
}

TEST_F(PlanCheckTest, AConsentThatIsWithdrawnPutsThePlanOnHoldInTheSameCommit) {
  storePlan();
  put("Consent", "c", consent("c", "plan", "inactive", ""));
  EXPECT_NE(get("/fhir/CarePlan/p").find("\"status\":\"on-hold\""), std::string::npos);
}

TEST_F(PlanCheckTest, AConsentThatIsWithdrawnClosesSharingInTheSameCommit) {
  storePlan();
  const Response withdrawn =
      service_.send("PUT", "/fhir/Consent/c", consent("c", "plan", "inactive", ""),
                    {{"Prefer", "return=OperationOutcome"}});
  const auto count = [&](const std::string& code) {
    std::size_t found = 0;
    for (std::size_t at = withdrawn.body.find("\"" + code + "\""); at != std::string::npos;
         at = withdrawn.body.find("\"" + code + "\"", at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("PB-3022"), 1U) << withdrawn.body;
  EXPECT_EQ(count("PB-3027"), 2U) << withdrawn.body;
  EXPECT_NE(get("/fhir/CareTeam/t").find("\"status\":\"suspended\""), std::string::npos);
  EXPECT_NE(get("/fhir/Consent/s").find("\"status\":\"inactive\""), std::string::npos);
  const Response sent = service_.send(
      "POST", "/fhir/Communication",
      R"({"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/1"},"about":[{"reference":"CarePlan/p"}],"sent":"2026-11-22T08:00:00+01:00","recipient":[{"reference":"PractitionerRole/k","display":"Kari"}]})",
      {{"Prefer", "return=OperationOutcome"}});
  EXPECT_NE(sent.body.find("PB-3025"), std::string::npos) << sent.body;
}

TEST_F(PlanCheckTest, APlanGoesOnAfterANewConsentOnceItsTeamIsActiveAgain) {
  storePlan();
  const std::string plan = get("/fhir/CarePlan/p");
  put("Consent", "c", consent("c", "plan", "inactive", ""));
  put("CareTeam", "t", team());
  EXPECT_NE(get("/fhir/CareTeam/t").find("\"status\":\"suspended\""), std::string::npos);
  put("Consent", "c", consent("c", "plan", "active", ""));
  put("CareTeam", "t", team());
  put("CarePlan", "p", plan);
  EXPECT_NE(get("/fhir/CareTeam/t").find("\"status\":\"active\""), std::string::npos);
  EXPECT_NE(get("/fhir/CarePlan/p").find("\"status\":\"active\""), std::string::npos);
}

TEST_F(PlanCheckTest, AParticipantWhoseConsentEndsIsProposedAgain) {
  storePlan();
  put("Consent", "s",
      consent(
          "s", "sharing", "active",
          R"(,"provision":{"provision":[)" + provisionFor("k") + "," + provisionFor("n") + "]}"));
  put("CareTeam", "t", team(newcomer()));
  put("Consent", "s",
      consent("s", "sharing", "active",
              R"(,"provision":{"provision":[)" + provisionFor("k") + "]}"));
  EXPECT_NE(get("/fhir/CareTeam/t").find("proposed"), std::string::npos);
  EXPECT_NE(get("/fhir/Task").find("obtain-consent"), std::string::npos);
}

TEST_F(PlanCheckTest, AClosedPlanThatIsOpenedAgainIsToldOf) {
  storePlan();
  const std::string active = get("/fhir/CarePlan/p");
  const auto with = [&](const std::string& status) {
    std::string text = active;
    text.replace(text.find("\"active\""), 8, "\"" + status + "\"");
    return text;
  };
  put("CarePlan", "p", with("completed"));
  const Response again = service_.send("PUT", "/fhir/CarePlan/p", with("active"),
                                       {{"Prefer", "return=OperationOutcome"}});
  EXPECT_NE(again.body.find("PB-3020"), std::string::npos) << again.body;
}

std::string individualPlan(const std::string& id, const std::string& status,
                           const std::string& more = "") {
  return R"({"resourceType":"CarePlan","id":")" + id + R"(","status":")" + status +
         R"(","intent":"plan","category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],"subject":{"reference":"Patient/1"})" +
         more + "}";
}

TEST_F(PlanCheckTest, ASecondActivePlanIsRefusedButPlansOfOtherKindsAreNone) {
  storePlan();
  put("CarePlan", "draft", individualPlan("draft", "draft"));
  put("CarePlan", "part", individualPlan("part", "active", R"(,"partOf":[{"display":"IP"}])"));
  put("CarePlan", "other",
      R"({"resourceType":"CarePlan","id":"other","status":"active","intent":"plan","subject":{"reference":"Patient/1"}})");
  const std::string plan = get("/fhir/CarePlan/p");
  EXPECT_EQ(service_.send("PUT", "/fhir/CarePlan/p", plan).status, 200);
  const Response second = service_.send("PUT", "/fhir/CarePlan/q", individualPlan("q", "active"));
  EXPECT_EQ(second.status, 422);
  EXPECT_NE(second.body.find("PB-3005"), std::string::npos) << second.body;
  EXPECT_NE(second.body.find("CarePlan/p"), std::string::npos) << second.body;
}

TEST_F(PlanCheckTest, AValidationOfACreateOrUpdateTellsWhatTheRulesSayAndStoresNothing) {
  const std::string plan = individualPlan("q", "active");
  for (const std::string mode : {"create", "update"}) {
    const Response told = service_.send("POST", "/fhir/CarePlan/$validate?mode=" + mode, plan);
    EXPECT_EQ(told.status, 200);
    EXPECT_NE(told.body.find("PB-3001"), std::string::npos) << mode << told.body;
  }
  const Response without = service_.send("POST", "/fhir/CarePlan/$validate", plan);
  EXPECT_EQ(without.body.find("PB-3001"), std::string::npos) << without.body;
  EXPECT_NE(get("/fhir/CarePlan").find("\"total\":0"), std::string::npos);
  storePlan();
  const Response again = service_.send("POST", "/fhir/CarePlan/p/$validate?mode=update",
                                       individualPlan("p", "active"));
  EXPECT_NE(again.body.find("PB-3001"), std::string::npos) << again.body;
  EXPECT_NE(get("/fhir/CarePlan/p").find("\"versionId\":\"1\""), std::string::npos);
}

// Counts the CarePlans that searches give, which they give with their bodies.
class CountingReader final : public store::Reader {
 public:
  explicit CountingReader(store::Reader& reader) : reader_(reader) {}
  Result<store::Version> read(std::string_view type, std::string_view id) override {
    return reader_.read(type, id);
  }
  Result<store::Version> readVersion(std::string_view type, std::string_view id,
                                     std::uint64_t version) override {
    return reader_.readVersion(type, id, version);
  }
  Result<std::vector<store::Version>> history(const store::HistoryQuery& query) override {
    return reader_.history(query);
  }
  Result<store::SearchPage> search(const store::Query& query) override {
    auto page = reader_.search(query);
    if (page.has_value() && query.type == "CarePlan") plans += page->matches.size();
    return page;
  }
  Result<std::vector<store::Change>> changesAfter(std::uint64_t cursor,
                                                  std::uint32_t limit) override {
    return reader_.changesAfter(cursor, limit);
  }
  Result<store::LogRange> logRange() override { return reader_.logRange(); }
  Result<std::string> value(std::string_view name) override { return reader_.value(name); }
  Result<std::vector<std::string>> valueNames() override { return reader_.valueNames(); }

  std::size_t plans = 0;

 private:
  store::Reader& reader_;
};

// Issue 4: an import of many plans of one person read all of them again with each.
TEST_F(PlanCheckTest, APersonsOtherPlansAreNotReadToSeeWhetherOneIsActive) {
  storePlan();
  for (int i = 0; i < 30; ++i) {
    const std::string id = "old-" + std::to_string(i);
    put("CarePlan", id, individualPlan(id, "completed"));
  }
  const auto snapshot = service_.store().snapshot();
  ASSERT_TRUE(snapshot);
  CountingReader reader(**snapshot);
  plan::PlanReader plans(reader);
  const auto written = plans.resources().read("CarePlan", "p");
  ASSERT_TRUE(written);
  std::vector<fhir::Issue> issues;
  const PlanCheck check(clock_);
  ASSERT_TRUE(check.checkCommit(plans, std::span(&(*written)->resource, 1), issues));
  EXPECT_EQ(reader.plans, 0U);
  for (const fhir::Issue& issue : issues) EXPECT_NE(issue.code, "PB-3005");
}

}  // namespace
}  // namespace planbro::service
