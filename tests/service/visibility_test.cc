// No path leads round what a caller may see: an artificial visibility (the tag "open"), a store
// with a secret in everything else, and every kind of request there is.
#include "service/visibility.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "json/parser.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

// Stands in everything that is hidden, and in no request.
constexpr std::string_view kSecret = "SECRET";

class OpenOnly final : public Visibility {
 public:
  explicit OpenOnly(std::string caller) : caller_(std::move(caller)) {}
  std::string_view caller() const override { return caller_; }
  store::Predicate of(std::string_view) const override {
    store::Predicate open;
    open.op = store::Predicate::Op::kEquals;
    open.row.kind = store::IndexRow::Kind::kToken;
    open.row.parameter = "_tag";
    open.row.value = "open";
    open.any_system = true;
    return open;
  }

 private:
  std::string caller_;
};

// A caller sees what is open, unless it says that it is the one who sees all.
std::shared_ptr<const Visibility> visibilityOf(const Request& request) {
  if (request.headers.get("X-Sees") == "all") return nullptr;
  return std::make_shared<OpenOnly>(std::string(request.headers.get("X-Caller").value_or("")));
}

const HeaderList kSeesAll = {{"X-Sees", "all"}};

class Visible : public testing::Test {
 protected:
  Visible() : service_({}, {}, visibilityOf) {
    put(R"({"resourceType":"Patient","id":"p",OPEN,"birthDate":"2004-11-13","generalPractitioner":[{"reference":"Practitioner/d"}]})");
    put(R"({"resourceType":"Patient","id":"h",HIDDEN,"birthDate":"1999-09-09","name":[{"family":"SECRET"}]})");
    put(R"({"resourceType":"Practitioner","id":"d",HIDDEN,"gender":"female","name":[{"family":"SECRET"}]})");
    put(R"({"resourceType":"Goal","id":"g1",OPEN,"lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"Patient/p"}})");
    put(R"({"resourceType":"Goal","id":"g2",HIDDEN,"lifecycleStatus":"rejected","identifier":[{"system":"urn:t","value":"1"}],"description":{"text":"SECRET"},"subject":{"reference":"Patient/p"}})");
    put(R"({"resourceType":"Goal","id":"g3",OPEN,"lifecycleStatus":"planned","description":{"text":"x"},"subject":{"reference":"Patient/h"}})");
    put(R"({"resourceType":"Goal","id":"g4",OPEN,"lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"Patient/p"}})");
    put(R"({"resourceType":"CarePlan","id":"c",OPEN,"status":"active","intent":"plan","subject":{"reference":"Patient/p"},"goal":[{"reference":"Goal/g1"},{"reference":"Goal/g2"}]})");
    put(R"({"resourceType":"CarePlan","id":"c2",HIDDEN,"status":"active","intent":"plan","title":"SECRET","subject":{"reference":"Patient/p"},"partOf":[{"reference":"CarePlan/c"}]})");
    put(R"({"resourceType":"Group","id":"gr",OPEN,"type":"person","actual":true,"member":[{"entity":{"reference":"Patient/p"}},{"entity":{"reference":"Patient/h"}}]})");
    put(R"({"resourceType":"ValueSet","id":"v",HIDDEN,"url":"http://v.no/v","status":"active","compose":{"include":[{"system":"http://s.no","concept":[{"code":"SECRET"}]}]}})");
    put(R"({"resourceType":"CodeSystem","id":"cs",HIDDEN,"url":"http://s.no","status":"active","content":"complete","concept":[{"code":"a","display":"SECRET"}]})");
    put(R"({"resourceType":"StructureDefinition","id":"sd",HIDDEN,"url":"http://s.no/sd","name":"SECRET","status":"active","kind":"resource","abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient","short":"SECRET"}]}})");
  }

  void put(std::string body) {
    const auto replace = [&](std::string_view what, std::string_view by) {
      if (const auto at = body.find(what); at != std::string::npos)
        body.replace(at, what.size(), by);
    };
    replace("OPEN", R"("meta":{"tag":[{"system":"urn:t","code":"open"}]})");
    replace("HIDDEN", R"("meta":{"tag":[{"system":"urn:t","code":"SECRET"}]})");
    const auto document = json::parse(body);
    ASSERT_TRUE(document.has_value()) << body;
    const json::Node& root = (*document)->root();
    const std::string address = "/fhir/" + std::string(root.member("resourceType")->text()) + "/" +
                                std::string(root.member("id")->text());
    const Response response = service_.send("PUT", address, body, kSeesAll);
    ASSERT_TRUE(response.status == 201 || response.status == 200) << response.body;
  }

  // Sends it as the caller who sees what is open; nothing of the secret may be in the answer.
  Response send(std::string method, const std::string& address, std::string body = {},
                const HeaderList& headers = {}) {
    Response response = service_.send(std::move(method), address, std::move(body), headers);
    EXPECT_EQ(response.body.find(kSecret), std::string::npos) << address << "\n" << response.body;
    for (const auto& [name, value] : response.headers.fields())
      EXPECT_EQ(value.find(kSecret), std::string::npos) << address << "\n" << name;
    return response;
  }
  void expectStatus(const std::string& address, int status) {
    EXPECT_EQ(send("GET", address).status, status) << address;
    EXPECT_EQ(send("HEAD", address).status, status) << address;
  }
  void expectTotal(const std::string& address, int total) {
    const Response response = send("GET", address);
    EXPECT_NE(response.body.find("\"total\":" + std::to_string(total) + ","), std::string::npos)
        << address << "\n"
        << response.body;
  }
  static bool has(const Response& response, std::string_view text) {
    return response.body.find(text) != std::string::npos;
  }

  TestService service_;
};

TEST_F(Visible, ReadsAndVersionsOfWhatIsHiddenAreNotThere) {
  expectStatus("/fhir/Patient/p", 200);
  for (const std::string address :
       {"/fhir/Patient/h", "/fhir/Patient/h/_history/1", "/fhir/Patient/h/_history",
        "/fhir/Patient/h/$meta", "/fhir/Patient/h/_history/1/$meta", "/fhir/Patient/h/$validate",
        "/fhir/Patient/h/$everything", "/fhir/CarePlan/c2/$everything",
        "/fhir/CarePlan/c2/$document", "/fhir/ValueSet/v/$expand",
        "/fhir/ValueSet/v/$validate-code?system=http://s.no&code=a",
        "/fhir/ValueSet/$expand?url=http://v.no/v", "/fhir/ValueSet/$expand?url=http://s.no",
        "/fhir/ValueSet/$validate-code?url=http://v.no/v&system=http://s.no&code=a",
        "/fhir/CodeSystem/$lookup?system=http://s.no&code=a",
        "/fhir/CodeSystem/$subsumes?system=http://s.no&codeA=a&codeB=a",
        "/fhir/StructureDefinition/sd/$snapshot"})
    expectStatus(address, 404);
  // Nor is a copy of it called good.
  EXPECT_EQ(send("GET", "/fhir/Patient/h", {}, {{"If-None-Match", "W/\"1\""}}).status, 404);
}

TEST_F(Visible, AHiddenVersionsLaterDeletionDoesNotShowIt) {
  ASSERT_EQ(service_.send("DELETE", "/fhir/Patient/h", {}, kSeesAll).status, 204);
  expectStatus("/fhir/Patient/h", 404);
  expectStatus("/fhir/Patient/h/_history/1", 404);
  expectStatus("/fhir/Patient/h/_history", 404);
  EXPECT_FALSE(has(send("GET", "/fhir/_history"), "fhir/Patient/h\""));
}

TEST_F(Visible, TheLabelsOfTodayCountForTheWholePast) {
  put(R"({"resourceType":"Goal","id":"today",OPEN,"lifecycleStatus":"active",)"
      R"("description":{"text":"once"},"subject":{"reference":"Patient/p"}})");
  expectStatus("/fhir/Goal/today/_history/1", 200);
  put(R"({"resourceType":"Goal","id":"today",HIDDEN,"lifecycleStatus":"active",)"
      R"("description":{"text":"then"},"subject":{"reference":"Patient/p"}})");
  for (const std::string version : {"1", "2"})
    expectStatus("/fhir/Goal/today/_history/" + version, 404);
  expectStatus("/fhir/Goal/today/_history", 404);
  put(R"({"resourceType":"Goal","id":"today",OPEN,"lifecycleStatus":"active",)"
      R"("description":{"text":"now"},"subject":{"reference":"Patient/p"}})");
  for (const std::string version : {"1", "2", "3"}) {
    // The label itself is the secret that send() looks for.
    EXPECT_EQ(service_.send("GET", "/fhir/Goal/today/_history/" + version, {}, {}).status, 200);
  }
}

TEST_F(Visible, HistoriesAndTheirPagesLeaveItOut) {
  for (const std::string address :
       {"/fhir/_history", "/fhir/Goal/_history", "/fhir/Goal/_history?_at=2026",
        "/fhir/_history?_since=2020-01-01T00:00:00Z", "/fhir/Goal/_history?_summary=true"}) {
    const Response response = send("GET", address);
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(has(response, "Goal/g1"));
    EXPECT_FALSE(has(response, "fhir/Goal/g2")) << response.body;
  }
  std::string address = "/fhir/Goal/_history?_count=1";
  int pages = 0;
  for (; !address.empty() && pages < 10; ++pages) {
    const Response response = send("GET", address);
    EXPECT_FALSE(has(response, "fhir/Goal/g2"));
    const auto next = response.body.find(R"("next","url":"http://test)");
    address.clear();
    if (next == std::string::npos) continue;
    const auto begin = next + std::string_view(R"("next","url":"http://test)").size();
    address = response.body.substr(begin, response.body.find('"', begin) - begin);
  }
  EXPECT_EQ(pages, 3);
}

TEST_F(Visible, SearchesTotalsAndCountsLeaveItOut) {
  expectTotal("/fhir/Goal?_total=accurate", 3);
  expectTotal("/fhir/Goal?_id=g2&_total=accurate", 0);
  expectTotal("/fhir/Goal?lifecycle-status=rejected&_total=accurate", 0);
  expectTotal("/fhir/Goal?lifecycle-status:not=active&_total=accurate", 1);
  expectTotal("/fhir/Patient?birthdate=1999-09-09&_total=accurate", 0);
  expectTotal("/fhir/Patient/p/Goal?_total=accurate", 2);
  EXPECT_TRUE(has(send("GET", "/fhir/Goal?_summary=count"), "\"total\":3"));
  EXPECT_TRUE(has(send("GET", "/fhir/Goal?_count=0"), "\"total\":3"));
  const Response form = send("POST", "/fhir/Goal/_search", "identifier=urn:t|1",
                             {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_FALSE(has(form, "g2"));
  EXPECT_TRUE(has(send("GET", "/fhir?_type=Goal,Patient&_summary=count"), "\"total\":4"));
  send("GET", "/fhir?_lastUpdated=ge2020");
  send("GET", "/fhir/Goal?_sort=-_lastUpdated");
  send("GET", "/fhir/Goal?_sort=subject,lifecycle-status&_count=2");
}

TEST_F(Visible, ChainsDoNotPassThroughIt) {
  expectTotal("/fhir/Goal?subject:Patient.birthdate=1999-09-09&_total=accurate", 0);
  expectTotal("/fhir/Goal?patient.birthdate=2004-11-13&_total=accurate", 2);
  expectTotal("/fhir/Goal?patient.general-practitioner:Practitioner.gender=female&_total=accurate",
              0);
  expectTotal("/fhir/Patient?_has:Goal:subject:lifecycle-status=rejected&_total=accurate", 0);
  expectTotal("/fhir/Patient?_has:Goal:subject:lifecycle-status=active&_total=accurate", 1);
  expectTotal("/fhir/Patient?_has:CarePlan:subject:part-of=CarePlan/c&_total=accurate", 0);
}

TEST_F(Visible, CanonicalsDoNotLeadToIt) {
  put(R"({"resourceType":"Questionnaire","id":"q1",HIDDEN,"url":"http://s.no/q1","name":"SECRET","status":"active"})");
  put(R"({"resourceType":"Questionnaire","id":"q2",OPEN,"url":"http://s.no/q2","status":"active"})");
  put(R"({"resourceType":"QuestionnaireResponse","id":"r1",OPEN,"questionnaire":"http://s.no/q1","status":"completed"})");
  put(R"({"resourceType":"QuestionnaireResponse","id":"r2",HIDDEN,"questionnaire":"http://s.no/q2","status":"amended","item":[{"linkId":"SECRET"}]})");
  expectTotal("/fhir/QuestionnaireResponse?questionnaire.status=active&_total=accurate", 0);
  expectTotal("/fhir/Questionnaire?_has:QuestionnaireResponse:questionnaire:status=amended", 0);
  for (const char* address :
       {"/fhir/QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire",
        "/fhir/Questionnaire?_revinclude=QuestionnaireResponse:questionnaire"}) {
    const Response response = send("GET", address);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_FALSE(has(response, R"("mode":"include")")) << response.body;
  }
}

TEST_F(Visible, NothingHiddenIsIncluded) {
  for (const std::string address :
       {"/fhir/CarePlan?_include=CarePlan:goal", "/fhir/CarePlan?_include=*",
        "/fhir/CarePlan?_include=CarePlan:subject&_include:iterate=Patient:general-practitioner",
        "/fhir/CarePlan?_revinclude=CarePlan:part-of", "/fhir/Patient?_revinclude=Goal:subject",
        "/fhir/Goal?_include=Goal:subject&_revinclude:iterate=CarePlan:subject"}) {
    const Response response = send("GET", address);
    EXPECT_EQ(response.status, 200) << response.body;
    for (const std::string_view hidden : {"Goal/g2\",", "Practitioner/d\",", "CarePlan/c2"})
      EXPECT_FALSE(has(response, "\"fullUrl\":\"http://test/fhir/" + std::string(hidden)))
          << address << response.body;
  }
}

TEST_F(Visible, OperationsOverManyResourcesLeaveItOut) {
  EXPECT_TRUE(has(send("GET", "/fhir/Patient/p/$everything"), "Goal/g1"));
  EXPECT_TRUE(has(send("GET", "/fhir/Patient/p/$everything?_count=1"), "\"next\""));
  EXPECT_EQ(send("GET", "/fhir/CarePlan/c/$everything").status, 200);
  EXPECT_EQ(send("GET", "/fhir/CarePlan/c/$document").status, 200);
  send("GET", "/fhir/$meta");
  send("GET", "/fhir/Goal/$meta");
}

TEST_F(Visible, ExportsLeaveItOut) {
  for (const std::string start :
       {"/fhir/$export", "/fhir/Patient/$export", "/fhir/Group/gr/$export"}) {
    const Response started = send("GET", start, {}, {{"Prefer", "respond-async"}});
    ASSERT_EQ(started.status, 202) << started.body;
    const std::string job(
        started.headers.get("Content-Location").value_or("").substr(sizeof("http://test") - 1));
    const Response manifest = send("GET", job);
    EXPECT_FALSE(has(manifest, "Practitioner"));
    EXPECT_TRUE(has(manifest, job + "/Goal")) << manifest.body;
    for (const std::string type : {"Patient", "Goal", "CarePlan", "Practitioner"})
      send("GET", job + "/" + type);
    EXPECT_TRUE(has(send("GET", job + "/Goal"), "\"g1\""));
    // Another caller's export shows no more to this one.
    const Response theirs =
        service_.send("GET", start, {}, {{"Prefer", "respond-async"}, {"X-Sees", "all"}});
    const std::string other(
        theirs.headers.get("Content-Location").value_or("").substr(sizeof("http://test") - 1));
    send("GET", other);
    send("GET", other + "/Goal");
    send("GET", other + "/Goal?after=g2");
  }
}

TEST_F(Visible, ConditionsDoNotFindIt) {
  const Response made =
      send("POST", "/fhir/Goal",
           R"({"resourceType":"Goal","meta":{"tag":[{"code":"open"}]},"lifecycleStatus":"active",)"
           R"("description":{"text":"y"},"subject":{"reference":"Patient/p"}})",
           {{"If-None-Exist", "identifier=urn:t|1"}});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(send("DELETE", "/fhir/Practitioner?gender=female").status, 204);
  EXPECT_EQ(service_.send("GET", "/fhir/Practitioner/d", {}, kSeesAll).status, 200);
  EXPECT_EQ(send("PATCH", "/fhir/Goal?identifier=urn:t|1",
                 R"([{"op":"replace","path":"/lifecycleStatus","value":"active"}])",
                 {{"Content-Type", "application/json-patch+json"}})
                .status,
            404);
  EXPECT_EQ(send("PUT", "/fhir/Goal?identifier=urn:t|1",
                 R"({"resourceType":"Goal","id":"g2","lifecycleStatus":"active",)"
                 R"("description":{"text":"y"},"subject":{"reference":"Patient/p"}})")
                .status,
            409);
}

TEST_F(Visible, WritesNeitherShowNorReplaceIt) {
  const std::string body =
      R"({"resourceType":"Goal","id":"g2","lifecycleStatus":"active","description":{"text":"y"},"subject":{"reference":"Patient/p"}})";
  EXPECT_EQ(send("PUT", "/fhir/Goal/g2", body).status, 409);
  EXPECT_EQ(send("PUT", "/fhir/Goal/g2", body, {{"If-Match", "W/\"1\""}}).status, 412);
  EXPECT_EQ(send("PATCH", "/fhir/Goal/g2",
                 R"([{"op":"test","path":"/lifecycleStatus","value":"rejected"}])",
                 {{"Content-Type", "application/json-patch+json"}})
                .status,
            404);
  EXPECT_EQ(
      send(
          "POST", "/fhir/Goal/g2/$meta-add",
          R"({"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"open"}]}}]})")
          .status,
      404);
  EXPECT_EQ(send("DELETE", "/fhir/Practitioner/d").status, 204);
  send("POST", "/fhir/$import", body + "\n", {{"Content-Type", "application/fhir+ndjson"}});
  const Response still = service_.send("GET", "/fhir/Goal/g2", {}, kSeesAll);
  EXPECT_EQ(still.headers.get("ETag"), "W/\"1\"");
  EXPECT_EQ(service_.send("GET", "/fhir/Practitioner/d", {}, kSeesAll).status, 200);
}

TEST_F(Visible, BundlesSeeNoMore) {
  for (const std::string type : {"batch", "transaction"}) {
    const Response response = send(
        "POST", "/fhir",
        R"({"resourceType":"Bundle","type":")" + type +
            R"(","entry":[)"
            R"({"request":{"method":"GET","url":"Goal?_total=accurate"}},)"
            R"({"request":{"method":"GET","url":"Goal?subject:Patient.birthdate=1999-09-09"}},)"
            R"({"request":{"method":"GET","url":"CarePlan/c/$everything"}},)"
            R"({"request":{"method":"GET","url":"_history"}}]})");
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_TRUE(has(response, "\"total\":3")) << response.body;
    EXPECT_FALSE(has(response, "fhir/Goal/g2"));
  }
  const auto transaction = [&](const std::string& entry) {
    return send("POST", "/fhir",
                R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entry + "]}")
        .status;
  };
  EXPECT_EQ(transaction(R"({"request":{"method":"GET","url":"Patient/h"}})"), 404);
  // A conditional reference finds nothing.
  EXPECT_EQ(
      transaction(
          R"({"resource":{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"y"},"subject":{"reference":"Patient?birthdate=1999-09-09"}},"request":{"method":"POST","url":"Goal"}})"),
      412);
  EXPECT_EQ(
      transaction(
          R"({"resource":{"resourceType":"Goal","id":"g2","lifecycleStatus":"active","description":{"text":"y"},"subject":{"reference":"Patient/p"}},"request":{"method":"PUT","url":"Goal/g2"}})"),
      409);
}

TEST_F(Visible, AnswersThatComeLaterLeaveItOut) {
  const Response started = send("GET", "/fhir/Goal", {}, {{"Prefer", "respond-async"}});
  const std::string job(
      started.headers.get("Content-Location").value_or("").substr(sizeof("http://test") - 1));
  Response response = send("GET", job);
  while (response.status == 202) {
    std::this_thread::yield();
    response = send("GET", job);
  }
  EXPECT_TRUE(has(response, "Goal/g1")) << response.body;
}

// Also where both see the same.
TEST_F(Visible, WhatIsKeptForLaterIsItsOwnCallersAlone) {
  const HeaderList mine = {{"X-Caller", "a"}};
  for (const std::string start : {"/fhir/Goal", "/fhir/$export"}) {
    const std::string unknown = start == "/fhir/Goal" ? "PB-6070" : "PB-4071";
    const Response started =
        send("GET", start, {}, {{"Prefer", "respond-async"}, {"X-Caller", "a"}});
    ASSERT_EQ(started.status, 202) << started.body;
    const std::string job(
        started.headers.get("Content-Location").value_or("").substr(sizeof("http://test") - 1));
    for (const HeaderList& other : {HeaderList{{"X-Caller", "b"}}, HeaderList{}, kSeesAll}) {
      for (const char* method : {"GET", "DELETE"}) {
        const Response refused = service_.send(method, job, {}, other);
        EXPECT_EQ(refused.status, 404) << method << start;
        EXPECT_TRUE(has(refused, unknown)) << refused.body;
      }
    }
    if (start == "/fhir/$export") {
      EXPECT_EQ(send("GET", job + "/Goal", {}, {{"X-Caller", "b"}}).status, 404);
    }
    Response response = send("GET", job, {}, mine);
    while (response.status == 202) {
      std::this_thread::yield();
      response = send("GET", job, {}, mine);
    }
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_TRUE(has(response, "Goal")) << response.body;
    EXPECT_EQ(send("DELETE", job, {}, mine).status, 202);
  }
}

TEST_F(Visible, ALaterPagesChainsPassOnlyThroughWhatIsSeenNow) {
  const auto nextOf = [&] {
    const Response first =
        send("GET", "/fhir/Goal?subject:Patient.birthdate=2004-11-13&_count=1&_total=accurate");
    EXPECT_TRUE(has(first, "\"total\":2,")) << first.body;
    constexpr std::string_view kNext = R"("next","url":"http://test)";
    const auto begin = first.body.find(kNext) + kNext.size();
    return first.body.substr(begin, first.body.find('"', begin) - begin);
  };
  const std::string next = nextOf();
  EXPECT_TRUE(has(send("GET", next), "fhir/Goal/g4"));
  const std::string patient =
      R"(,"birthDate":"2004-11-13","generalPractitioner":[{"reference":"Practitioner/d"}]})";
  put(R"({"resourceType":"Patient","id":"p",HIDDEN)" + patient);
  const Response closed = send("GET", next);
  EXPECT_EQ(closed.status, 200) << closed.body;
  EXPECT_FALSE(has(closed, "fhir/Goal/g4")) << closed.body;
  put(R"({"resourceType":"Patient","id":"p",OPEN)" + patient);
  EXPECT_TRUE(has(send("GET", next), "fhir/Goal/g4"));
}

TEST(Visibility, AnExplainedSearchCountsNothingThatIsHidden) {
  ServiceSettings settings;
  settings.explain = true;
  const TestService service({}, settings, visibilityOf);
  ASSERT_EQ(service
                .send("PUT", "/fhir/Goal/g",
                      R"({"resourceType":"Goal","id":"g","lifecycleStatus":"active"})")
                .status,
            201);
  const std::string address = "/fhir/Goal?lifecycle-status=active&_explain=true";
  const std::string all = service.send("GET", address, {}, kSeesAll).body;
  EXPECT_NE(all.find("lifecycle-status: 1 candidates by index"), std::string::npos) << all;
  const std::string some = service.send("GET", address).body;
  EXPECT_NE(some.find("lifecycle-status: candidates by index"), std::string::npos) << some;
  EXPECT_NE(some.find("begins with: candidates by index"), std::string::npos) << some;
  const Response several = service.send("GET", "/fhir?_type=Goal&_explain=true", {}, kSeesAll);
  EXPECT_EQ(several.status, 400);
  EXPECT_NE(several.body.find("PB-6080"), std::string::npos) << several.body;
}

TEST_F(Visible, WhoSeesAllSeesAll) {
  EXPECT_EQ(service_.send("GET", "/fhir/Goal/g2", {}, kSeesAll).status, 200);
  EXPECT_TRUE(has(service_.send("GET", "/fhir/Goal?_total=accurate", {}, kSeesAll), "\"total\":4"));
}

}  // namespace
}  // namespace planbro::service
