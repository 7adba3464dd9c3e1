// Following next links meets every match once.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "json/parser.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

constexpr std::string_view kBase = "http://test";

struct Page {
  std::vector<std::string> full_urls;
  std::string next;
};

Page pageOf(const std::string& body) {
  Page page;
  const auto document = json::parse(body);
  EXPECT_TRUE(document.has_value());
  if (!document.has_value()) return page;
  const json::Node& root = (*document)->root();
  for (const json::Node& link : root.member("link")->children()) {
    if (link.member("relation")->text() == "next") page.next = link.member("url")->text();
  }
  if (const json::Node* entries = root.member("entry")) {
    for (const json::Node& entry : entries->children()) {
      if (const json::Node* url = entry.member("fullUrl")) page.full_urls.emplace_back(url->text());
    }
  }
  return page;
}

// All pages from an address on; what changes between them is up to the caller.
std::vector<std::string> follow(const TestService& service, std::string address) {
  std::vector<std::string> all;
  for (int pages = 0; !address.empty() && pages < 100; ++pages) {
    const Response response = service.send("GET", address);
    EXPECT_EQ(response.status, 200) << address << response.body;
    Page page = pageOf(response.body);
    all.insert(all.end(), page.full_urls.begin(), page.full_urls.end());
    address = page.next.empty() ? "" : page.next.substr(kBase.size());
  }
  return all;
}

void makeGoals(const TestService& service, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string id = "g" + std::to_string(i);
    ASSERT_EQ(
        service
            .send("PUT", "/fhir/Goal/" + id,
                  R"({"resourceType":"Goal","id":")" + id + R"(","lifecycleStatus":"active"})")
            .status,
        201);
  }
}

TEST(Paging, ASearchMeetsEveryMatchOnce) {
  const TestService service;
  makeGoals(service, 25);
  for (const std::string sort : {"", "&_sort=-_id", "&_sort=_lastUpdated"}) {
    const auto found = follow(service, "/fhir/Goal?lifecycle-status=active&_count=7" + sort);
    EXPECT_EQ(found.size(), 25U) << sort;
    EXPECT_EQ(std::set(found.begin(), found.end()).size(), 25U) << sort;
  }
}

TEST(Paging, AHistoryMeetsEveryVersionOnce) {
  const TestService service;
  makeGoals(service, 9);
  EXPECT_EQ(follow(service, "/fhir/Goal/_history?_count=4").size(), 9U);
  EXPECT_EQ(follow(service, "/fhir/_history?_count=9").size(), 9U);
}

TEST(Paging, TheTotalOfAHistoryIsOfTheMomentOfItsFirstPage) {
  const TestService service;
  const auto write = [&](const std::string& more) {
    service.send("PUT", "/fhir/Goal/g",
                 R"({"resourceType":"Goal","id":"g","lifecycleStatus":"active")" + more + "}");
  };
  write("");
  write(R"(,"language":"nb")");
  const Response first = service.send("GET", "/fhir/Goal/g/_history?_count=1");
  EXPECT_NE(first.body.find(R"("total":2)"), std::string::npos) << first.body;
  write(R"(,"language":"nn")");
  const std::string next = pageOf(first.body).next.substr(kBase.size());
  const Response second = service.send("GET", next);
  EXPECT_NE(second.body.find(R"("total":2)"), std::string::npos) << second.body;
  const Response since = service.send("GET", next + "&_since=2020-01-01T00:00:00Z");
  EXPECT_EQ(since.status, 400);  // a cursor is good for the times that were asked for
  EXPECT_NE(since.body.find("PB-5030"), std::string::npos) << since.body;
}

TEST(Paging, ASearchOverSeveralTypesAndARecordMeetEveryMatchOnce) {
  const TestService service;
  makeGoals(service, 5);
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status,
            201);
  for (const char* count : {"1", "2", "5", "7"}) {
    const auto found =
        follow(service, std::string("/fhir?_type=Goal,CarePlan,Patient&_count=") + count);
    EXPECT_EQ(found.size(), 6U) << count;
    EXPECT_EQ(std::set(found.begin(), found.end()).size(), 6U) << count;
  }
  for (int i = 0; i < 3; ++i) {
    const std::string id = "c" + std::to_string(i);
    ASSERT_EQ(service
                  .send("PUT", "/fhir/CareTeam/" + id,
                        R"({"resourceType":"CareTeam","id":")" + id +
                            R"(","subject":{"reference":"Patient/p"}})")
                  .status,
              201);
  }
  EXPECT_EQ(follow(service, "/fhir/Patient/p/$everything?_count=2").size(), 4U);
}

TEST(Paging, PagesOverSeveralTypesAreThoseOfTheFirstOnesMoment) {
  const TestService service;
  const auto create = [&](const std::string& type, const std::string& id, const std::string& more) {
    ASSERT_EQ(service
                  .send("PUT", "/fhir/" + type + "/" + id,
                        R"({"resourceType":")" + type + R"(","id":")" + id + "\"" + more + "}")
                  .status,
              201);
  };
  makeGoals(service, 2);
  create("Practitioner", "p0", "");
  create("Patient", "p", "");
  create("CareTeam", "t0", R"(,"subject":{"reference":"Patient/p"})");
  create("RiskAssessment", "r0", R"(,"status":"final","subject":{"reference":"Patient/p"})");
  const auto nextOf = [&](const std::string& address) {
    return pageOf(service.send("GET", address).body).next.substr(kBase.size());
  };
  const std::string search = nextOf("/fhir?_type=Goal,Practitioner&_count=2");
  const std::string record = nextOf("/fhir/Patient/p/$everything?_count=2");
  create("Practitioner", "p1", "");
  create("RiskAssessment", "r1", R"(,"status":"final","subject":{"reference":"Patient/p"})");
  EXPECT_EQ(follow(service, search), std::vector<std::string>{"http://test/fhir/Practitioner/p0"});
  EXPECT_NE(service.send("GET", search).body.find(R"("total":3)"), std::string::npos);
  EXPECT_EQ(follow(service, record),
            std::vector<std::string>{"http://test/fhir/RiskAssessment/r0"});
}

TEST(Paging, ApproximateDatesAreThoseOfTheFirstPage) {
  TestService service;
  for (const char* id : {"a", "b", "c"})
    ASSERT_EQ(service
                  .send("PUT", std::string("/fhir/Patient/") + id,
                        R"({"resourceType":"Patient","id":")" + std::string(id) +
                            R"(","birthDate":"2002-05-17"})")
                  .status,
              201);
  for (const char* search : {"/fhir/Patient?birthdate=ap2002&_count=1",
                             "/fhir/Patient?_filter=birthdate%20ap%202002&_count=1",
                             "/fhir?_type=Patient&birthdate=ap2002&_count=1"}) {
    std::string next = pageOf(service.send("GET", search).body).next;
    std::size_t pages = 1;
    for (; !next.empty(); ++pages) {
      service.clock().advanceMicros(3'600'000'000);
      const Response response = service.send("GET", next.substr(kBase.size()));
      ASSERT_EQ(response.status, 200) << search << response.body;
      next = pageOf(response.body).next;
    }
    EXPECT_EQ(pages, 3U) << search;
  }
}

TEST(Paging, WhatComesAlongIsOfTheMomentOfTheFirstPage) {
  const TestService service;
  const auto put = [&](const std::string& type, const std::string& id, const std::string& more) {
    const int status =
        service
            .send("PUT", "/fhir/" + type + "/" + id,
                  R"({"resourceType":")" + type + R"(","id":")" + id + "\"," + more + "}")
            .status;
    EXPECT_LT(status, 300) << type << id;
  };
  const std::string source =
      R"("target":[{"reference":"Goal/g1"}],"recorded":"2026-11-22T12:00:00Z",)"
      R"("agent":[{"who":{"reference":"Patient/p0"}}])";
  for (const std::string number : {"0", "1"}) {
    put("Patient", "p" + number, R"("name":[{"family":"Before"}])");
    put("Goal", "g" + number,
        R"("lifecycleStatus":"active","subject":{"reference":"Patient/p)" + number + "\"}");
  }
  put("Provenance", "once", source);
  const Response first = service.send(
      "GET", "/fhir/Goal?_count=1&_include=Goal:subject&_revinclude=Provenance:target");
  const std::string next = pageOf(first.body).next.substr(kBase.size());
  put("Patient", "p1", R"("name":[{"family":"After"}])");
  put("Provenance", "later", source);
  EXPECT_EQ(service.send("DELETE", "/fhir/Provenance/once").status, 204);
  const Response second = service.send("GET", next);
  EXPECT_EQ(pageOf(second.body).full_urls,
            (std::vector<std::string>{"http://test/fhir/Goal/g1", "http://test/fhir/Patient/p1",
                                      "http://test/fhir/Provenance/once"}))
      << second.body;
  EXPECT_NE(second.body.find("Before"), std::string::npos) << second.body;
  EXPECT_EQ(second.body.find("After"), std::string::npos) << second.body;
}

TEST(Paging, ACursorNobodyGaveIsRefused) {
  const TestService service;
  makeGoals(service, 1);
  EXPECT_EQ(service.send("GET", "/fhir/Goal?_cursor=abc").status, 400);
  EXPECT_EQ(service.send("GET", "/fhir/Goal/_history?_cursor=abc").status, 400);
  EXPECT_EQ(service.send("GET", "/fhir/Goal/_history?_cursor=1").status, 400);
  EXPECT_EQ(service.send("GET", "/fhir?_type=Goal&_cursor=0.").status, 400);
}

TEST(Paging, ACursorIsGoodForItsOwnSearchAlone) {
  const TestService service;
  makeGoals(service, 3);
  for (const char* search : {"/fhir/Goal?_count=1", "/fhir?_type=Goal&_count=1"}) {
    const std::string next = pageOf(service.send("GET", search).body).next.substr(kBase.size());
    EXPECT_EQ(service.send("GET", next).status, 200) << next;
    const Response answer = service.send("GET", next + "&_id:not=g0");
    EXPECT_EQ(answer.status, 400) << next;
    EXPECT_NE(answer.body.find("PB-5030"), std::string::npos) << answer.body;
  }
}

TEST(Paging, ACursorAtTheEndOfATypeIsGoodForItsOwnFiltersAlone) {
  const TestService service;
  makeGoals(service, 3);
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status,
            201);
  const HeaderList lenient = {{"Prefer", "handling=lenient"}};
  // What lenient handling passed over is not in the link.
  const Response first = service.send(
      "GET", "/fhir?_type=Goal,Patient&_id=g0,g1,g2,p&unheard=x&_count=3", {}, lenient);
  const std::string next = pageOf(first.body).next.substr(kBase.size());
  EXPECT_EQ(follow(service, next), std::vector<std::string>{"http://test/fhir/Patient/p"});
  // How it is shown may change.
  EXPECT_EQ(service.send("GET", next + "&_summary=true&_total=none").status, 200);
  const Response answer = service.send("GET", next + "&_id:not=p");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("PB-5030"), std::string::npos) << answer.body;
}

TEST(Paging, IncludesPastTheLimitAreToldNotSilentlyDropped) {
  ServiceSettings settings;
  settings.max_included = 3;
  const TestService service({}, settings);
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status,
            201);
  for (int i = 0; i < 5; ++i) {
    const std::string id = "g" + std::to_string(i);
    ASSERT_EQ(service
                  .send("PUT", "/fhir/Goal/" + id,
                        R"({"resourceType":"Goal","id":")" + id +
                            R"(","subject":{"reference":"Patient/p"}})")
                  .status,
              201);
  }
  const Response response = service.send("GET", "/fhir/Patient?_revinclude=Goal:subject");
  EXPECT_NE(response.body.find("PB-4024"), std::string::npos) << response.body;
}

}  // namespace
}  // namespace planbro::service
