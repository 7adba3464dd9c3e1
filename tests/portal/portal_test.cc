#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "json/parser.h"
#include "json/writer.h"
#include "portal/feed.h"
#include "portal/pages.h"
#include "portal/viewer.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::portal {
namespace {

using service::Request;
using service::Response;

constexpr const char* kPatient =
    R"({"resourceType":"Patient","id":"p1","name":[{"given":["Ola"],"family":"Eksempel"}]})";
constexpr const char* kOther =
    R"({"resourceType":"Patient","id":"p2","name":[{"text":"Kari Prøve"}]})";

std::string planBody(const std::string& id, const std::string& patient) {
  return R"({"resourceType":"CarePlan","id":")" + id +
         R"(","status":"active","intent":"plan","subject":{"reference":"Patient/)" + patient +
         R"("}})";
}

class PortalTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    auto opened = store::openSqlite({.path = folder_ / "portal.db"});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
    put("Patient", "p1", kPatient);
    put("Patient", "p2", kOther);
    put("CarePlan", "c1", planBody("c1", "p1"), "p1");
    put("CarePlan", "c2", planBody("c2", "p2"), "p2");
  }

  void put(const std::string& type, const std::string& id, const std::string& body,
           const std::string& subject = {}) {
    store::Put put;
    put.type = type;
    put.id = id;
    put.version = 1;
    put.last_updated = {1};
    put.body = body;
    if (!subject.empty()) {
      store::IndexRow row;
      row.kind = store::IndexRow::Kind::kReference;
      row.parameter = "subject";
      row.system = "Patient";
      row.value = subject;
      put.index.push_back(row);
    }
    const Status status =
        store_->transact([&](store::Transaction& transaction) { return transaction.put(put); });
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }

  static Request get(const std::string& path, const std::string& viewer = {}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.loopback = true;
    if (!viewer.empty()) request.headers.add("Cookie", "a=b; planbro-demonstration=" + viewer);
    return request;
  }

  Feed feed(const ViewerSource& viewers) {
    return Feed(*store_, viewers, [](store::Reader&, const store::Version& plan, fhir::Language) {
      return Result<json::DocumentPtr>(*json::parse(plan.body));
    });
  }

  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(PortalTest, WithoutAKnownViewerTheFeedAnswers401) {
  const NoViewers nobody;
  EXPECT_EQ(feed(nobody).handle(get("/feed/plans", "p1")).status, 401);
  EXPECT_EQ(feed(nobody).handle(get("/feed/plans/c1", "p1")).status, 401);
  EXPECT_EQ(feed(nobody).handle(get("/feed/other", "p1")).status, 401);
}

TEST_F(PortalTest, AViewerSeesTheirOwnPlansOnly) {
  const DemonstrationViewers viewers(*store_);
  const Response plans = feed(viewers).handle(get("/feed/plans", "p1"));
  EXPECT_EQ(plans.status, 200);
  EXPECT_NE(plans.body.find("\"c1\""), std::string::npos);
  EXPECT_EQ(plans.body.find("\"c2\""), std::string::npos);
  EXPECT_EQ(feed(viewers).handle(get("/feed/plans/c1", "p1")).status, 200);
}

TEST_F(PortalTest, AnothersPlanLooksLikeNone) {
  const DemonstrationViewers viewers(*store_);
  const Response others = feed(viewers).handle(get("/feed/plans/c2", "p1"));
  const Response none = feed(viewers).handle(get("/feed/plans/c9", "p1"));
  EXPECT_EQ(others.status, 404);
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(others.body, none.body);
}

TEST_F(PortalTest, AnUnchangedPlanIsAnsweredWith304) {
  const DemonstrationViewers viewers(*store_);
  const Response first = feed(viewers).handle(get("/feed/plans/c1", "p1"));
  Request again = get("/feed/plans/c1", "p1");
  again.headers.add("If-None-Match", std::string(*first.headers.get("ETag")));
  const Response second = feed(viewers).handle(again);
  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
}

TEST_F(PortalTest, TheFeedCanOnlyBeRead) {
  const DemonstrationViewers viewers(*store_);
  Request request = get("/feed/plans", "p1");
  request.method = "POST";
  const Response response = feed(viewers).handle(request);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD");
}

TEST_F(PortalTest, TheDemonstrationIsForLoopbackOnly) {
  const DemonstrationViewers viewers(*store_);
  Request request = get("/feed/plans", "p1");
  request.loopback = false;
  EXPECT_EQ(feed(viewers).handle(request).status, 401);
  request.path = "/portal/demonstration";
  EXPECT_EQ(viewers.handle(request).status, 403);
  EXPECT_EQ(Pages(&viewers).handle(request).status, 401);
}

TEST_F(PortalTest, AViewerIsChosenFromTheListAndKeptInACookie) {
  const DemonstrationViewers viewers(*store_);
  const Response list = viewers.handle(get("/portal/demonstration", "p2"));
  EXPECT_EQ(
      list.body,
      R"({"viewers":[{"id":"p2","name":"Kari Prøve","chosen":true},{"id":"p1","name":"Ola Eksempel","chosen":false}]})");
  Request choose = get("/portal/demonstration");
  choose.method = "POST";
  choose.body = R"({"id":"p1"})";
  const Response chosen = viewers.handle(choose);
  EXPECT_EQ(chosen.status, 204);
  EXPECT_EQ(chosen.headers.get("Set-Cookie"),
            "planbro-demonstration=p1; Path=/; HttpOnly; SameSite=Strict");
  choose.body = R"({"id":"p3"})";
  EXPECT_EQ(viewers.handle(choose).status, 400);
  choose.body = R"({"id":"p1"})";
  choose.headers.add("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(viewers.handle(choose).status, 403);
}

TEST_F(PortalTest, WithoutTheDemonstrationThePagesAnswer401) {
  EXPECT_EQ(Pages(nullptr).handle(get("/portal/")).status, 401);
  EXPECT_EQ(Pages(nullptr).handle(get("/portal/portal.js")).status, 401);
}

TEST_F(PortalTest, PagesCarryTheirSafetyHeaders) {
  const DemonstrationViewers viewers(*store_);
  const Pages pages(&viewers);
  const Response page = pages.handle(get("/portal/"));
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.headers.get("Content-Security-Policy")->starts_with("default-src 'none'"));
  EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(pages.handle(get("/portal")).status, 308);
  EXPECT_EQ(pages.handle(get("/portal/../etc/passwd")).status, 404);
}

TEST_F(PortalTest, PagesAreSentOnceToWhoKeepsThem) {
  const DemonstrationViewers viewers(*store_);
  const Pages pages(&viewers);
  const Response script = pages.handle(get("/portal/portal.js"));
  EXPECT_EQ(script.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_FALSE(script.bytes().empty());
  Request again = get("/portal/portal.js");
  again.headers.add("If-None-Match", "W/" + std::string(*script.headers.get("ETag")));
  const Response unchanged = pages.handle(again);
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_TRUE(unchanged.bytes().empty());
}

TEST(PortalTexts, EveryLanguageHasTheSameTexts) {
  std::ifstream file(PLANBRO_SOURCE_DIR "/web/portal/texts.json");
  const auto texts = json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  ASSERT_TRUE(texts.has_value());
  const auto keys = [](const json::Node& node) {
    std::vector<std::string> all;
    for (const json::Node& member : node.children()) {
      all.emplace_back(member.name->text);
      for (const json::Node& inner : member.children())
        all.push_back(std::string(member.name->text) + "." + std::string(inner.name->text));
    }
    return all;
  };
  const json::Node& root = (*texts)->root();
  EXPECT_EQ(keys(*root.member("nb")), keys(*root.member("nn")));
  EXPECT_EQ(keys(*root.member("nb")), keys(*root.member("en")));
}

}  // namespace
}  // namespace planbro::portal
