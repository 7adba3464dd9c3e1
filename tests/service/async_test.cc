// Prefer: respond-async: 202, asked after, fetched, given up.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

const HeaderList kAsync = {{"Prefer", "respond-async"}};

// The address to ask at, without the host.
std::string started(const Response& response) {
  EXPECT_EQ(response.status, 202) << response.body;
  const std::string address(response.headers.get("Content-Location").value_or(""));
  constexpr std::string_view kHost = "http://test";
  EXPECT_TRUE(address.starts_with("http://test/fhir/_async/")) << address;
  return address.substr(std::min(address.size(), kHost.size()));
}

// Asks until the answer is there.
Response fetched(const TestService& service, const std::string& address) {
  Response response = service.send("GET", address);
  while (response.status == 202) {
    EXPECT_EQ(response.headers.get("Retry-After"), "1");
    std::this_thread::yield();
    response = service.send("GET", address);
  }
  return response;
}

void makePatient(const TestService& service) {
  ASSERT_EQ(service.send("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status,
            201);
}

TEST(Async, ASearchIsFetchedWhenItIsDone) {
  const TestService service;
  makePatient(service);
  const std::string address = started(service.send("GET", "/fhir/Patient?_id=p", {}, kAsync));
  const Response response = fetched(service, address);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Expires"), "Sun, 22 Nov 2026 13:00:00 GMT");
  EXPECT_TRUE(response.body.starts_with(
      R"({"resourceType":"Bundle","type":"batch-response","entry":[{"resource":{"resourceType":"Bundle","type":"searchset","total":1)"))
      << response.body;
  EXPECT_NE(response.body.find(R"("response":{"status":"200 OK")"), std::string::npos);
  // It can be fetched again, in another format.
  const Response xml = service.send("GET", address + "?_format=xml");
  EXPECT_TRUE(xml.body.find("<Bundle") != std::string::npos) << xml.body;
}

TEST(Async, AWriteIsDoneAndItsRefusalStandsInTheAnswer) {
  const TestService service;
  const Response written = fetched(
      service,
      started(service.send("PUT", "/fhir/Patient/q", R"({"resourceType":"Patient","id":"q"})",
                           {{"Prefer", "respond-async, return=representation"}})));
  EXPECT_NE(written.body.find(R"("status":"201 Created","location":"Patient/q/_history/1")"),
            std::string::npos)
      << written.body;
  const Response missing =
      fetched(service, started(service.send("GET", "/fhir/Patient/none", {}, kAsync)));
  EXPECT_EQ(missing.status, 200);
  EXPECT_NE(missing.body.find(R"("status":"404 Not Found","outcome":)"), std::string::npos)
      << missing.body;
}

TEST(Async, AWriteShowsWhatPreferReturnSays) {
  const TestService service;
  const auto answered = [&](std::string id, std::string prefer) {
    const std::string body = R"({"resourceType":"Patient","id":")" + id + "\"}";
    return fetched(service,
                   started(service.send("PUT", "/fhir/Patient/" + id, body, {{"Prefer", prefer}})))
        .body;
  };
  const auto has = [](const std::string& body, std::string_view text) {
    return body.find(text) != std::string::npos;
  };
  const std::string whole = answered("a", "respond-async");
  EXPECT_TRUE(has(whole, R"({"fullUrl":"http://test/fhir/Patient/a","resource":{)")) << whole;
  const std::string minimal = answered("b", "respond-async, return=minimal");
  EXPECT_FALSE(has(minimal, R"("resource":)")) << minimal;
  EXPECT_FALSE(has(minimal, R"("outcome":)")) << minimal;
  const std::string outcome = answered("c", "respond-async, return=OperationOutcome");
  EXPECT_FALSE(has(outcome, R"("resource":)")) << outcome;
  EXPECT_TRUE(has(outcome, "PB-4060")) << outcome;
}

TEST(Async, OfHeadTheHeadAloneIsKept) {
  const TestService service;
  makePatient(service);
  const Response head =
      fetched(service, started(service.send("HEAD", "/fhir/Patient/p", {}, kAsync)));
  EXPECT_NE(head.body.find(R"("etag":"W/\"1\"")"), std::string::npos) << head.body;
  EXPECT_EQ(head.body.find(R"("resource":)"), std::string::npos) << head.body;
}

TEST(Async, AnAnswerThatIsMadeForTheRequestHasNoFullUrl) {
  const TestService service;
  makePatient(service);
  for (const std::string_view address : {"/fhir/Patient/p/_history", "/fhir/Patient/p/$meta"}) {
    const Response response = fetched(service, started(service.send("GET", address, {}, kAsync)));
    EXPECT_NE(response.body.find(R"("entry":[{"resource":)"), std::string::npos) << response.body;
  }
}

TEST(Async, WhatIsMalformedIsRefusedAtOnce) {
  const TestService service;
  EXPECT_EQ(service.send("POST", "/fhir/Patient", "{", kAsync).status, 400);
  EXPECT_EQ(service.send("GET", "/fhir/Nothing", {}, kAsync).status, 404);
}

TEST(Async, WhatIsGivenUpIsGone) {
  const TestService service;
  makePatient(service);
  const std::string address = started(service.send("GET", "/fhir/Patient/p", {}, kAsync));
  EXPECT_EQ(service.send("DELETE", address).status, 202);
  EXPECT_EQ(service.send("GET", address).status, 404);
  EXPECT_EQ(service.send("DELETE", address).status, 404);
  EXPECT_EQ(service.send("GET", "/fhir/_async/0-none").status, 404);
  EXPECT_EQ(service.send("GET", "/fhir/_async/99999-none").status, 404);
}

TEST(Async, AnAnswerIsKeptForAnHourAndPlacesAreUsedAgain) {
  TestService service;
  makePatient(service);
  std::string address;
  for (int i = 0; i < 64; ++i)
    address = started(service.send("GET", "/fhir/Patient/p", {}, kAsync));
  const Response full = service.send("GET", "/fhir/Patient/p", {}, kAsync);
  EXPECT_EQ(full.status, 503);
  EXPECT_NE(full.body.find("PB-6072"), std::string::npos) << full.body;
  EXPECT_EQ(fetched(service, address).status, 200);
  service.clock().advanceMicros(std::int64_t{3601} * 1'000'000);
  EXPECT_EQ(service.send("GET", address).status, 404);
  started(service.send("GET", "/fhir/Patient/p", {}, kAsync));
}

TEST(Async, WhatWasKeptBeforeCallersWereToldApartIsStillRead) {
  TestService service;
  const std::string time = std::to_string(service.clock().now().micros);
  ASSERT_TRUE(service.store().transact([&](store::Transaction& transaction) {
    return transaction.setValue(
        "async/3", "done 3-a owner " + time + "\n{\"resourceType\":\"Bundle\",\"id\":\"old\"}");
  }));
  const Response response = service.send("GET", "/fhir/_async/3-a");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find("\"old\""), std::string::npos) << response.body;
  makePatient(service);
  ASSERT_TRUE(service.store().transact([&](store::Transaction& transaction) {
    return transaction.setValue("export/x",
                                R"({"request":"http://test/fhir/$export","asOf":1,"time":)" + time +
                                    R"(,"types":[],"patients":false,"group":""})");
  }));
  EXPECT_EQ(service.send("GET", "/fhir/_export/x").status, 200);
}

}  // namespace
}  // namespace planbro::service
