// What exports leave in the store.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

// The address of a new job.
std::string start(const TestService& service, const std::string& query = {}) {
  const Response response =
      service.send("GET", "/fhir/$export" + query, {}, {{"Prefer", "respond-async"}});
  EXPECT_EQ(response.status, 202) << response.body;
  return std::string(response.headers.get("Content-Location").value_or(""));
}

std::string pathOf(const std::string& address) {
  return address.substr(std::string_view("http://test").size());
}

std::vector<std::string> jobs(TestService& service) {
  const auto view = service.store().snapshot();
  std::vector<std::string> names = (*view)->valueNames().value();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("export/"); });
  return names;
}

TEST(Export, ACancelledJobIsGoneFromTheStore) {
  TestService service;
  const std::string address = start(service);
  EXPECT_EQ(jobs(service).size(), 1U);
  const std::string path = pathOf(address);
  EXPECT_EQ(service.send("DELETE", path).status, 202);
  EXPECT_TRUE(jobs(service).empty());
  EXPECT_EQ(service.send("DELETE", path).status, 404);
}

TEST(Export, JobsThatNobodyCanAskForAnyMoreGoWhenTheNextOneBegins) {
  TestService service;
  start(service);
  service.clock().advanceMicros(std::int64_t{1800} * 1'000'000);
  start(service);
  EXPECT_EQ(jobs(service).size(), 2U);
  service.clock().advanceMicros(std::int64_t{1801} * 1'000'000);
  start(service);
  EXPECT_EQ(jobs(service).size(), 2U) << "the first has expired, the second has not";
}

// `name` of the manifest of a job.
std::string manifestText(const TestService& service, const std::string& address,
                         const std::string& name) {
  const Response response = service.send("GET", pathOf(address));
  EXPECT_EQ(response.status, 200) << response.body;
  const std::string key = "\"" + name + "\":\"";
  const auto begin = response.body.find(key);
  if (begin == std::string::npos) return {};
  const auto text = begin + key.size();
  return response.body.substr(text, response.body.find('"', text) - text);
}

TEST(Export, AWriteUnderWayIsInTheExportOfWhatHasChangedSince) {
  TestService service;
  service.send("PUT", "/fhir/Patient/before", R"({"resourceType":"Patient","id":"before"})");
  // It has its time, and is seen only when the first export has begun.
  service.clock().advanceMicros(1'000'000);
  store::Put put;
  put.type = "Patient";
  put.id = "underway";
  put.version = 1;
  put.last_updated = service.clock().now();
  put.body = R"({"resourceType":"Patient","id":"underway"})";
  service.clock().advanceMicros(1'000'000);
  const std::string time = manifestText(service, start(service), "transactionTime");
  ASSERT_TRUE(service.store().transact(
      [&](store::Transaction& transaction) { return transaction.put(put); }));
  const std::string next = start(service, "?_since=" + time);
  const Response file = service.send("GET", pathOf(next) + "/Patient");
  EXPECT_EQ(file.status, 200);
  EXPECT_NE(file.body.find("\"underway\""), std::string::npos) << file.body;
}

TEST(Export, OfAStoreThatWasWrittenLongAgoCanBeFetchedForAnHourAllTheSame) {
  TestService service;
  service.send("PUT", "/fhir/Patient/a", R"({"resourceType":"Patient","id":"a"})");
  service.clock().advanceMicros(std::int64_t{7200} * 1'000'000);
  const std::string job = start(service);
  service.clock().advanceMicros(std::int64_t{3600} * 1'000'000);
  EXPECT_EQ(manifestText(service, job, "transactionTime"), "2026-11-22T12:00:00.000Z");
  service.clock().advanceMicros(1000);
  EXPECT_EQ(service.send("GET", pathOf(job)).status, 404);
}

}  // namespace
}  // namespace planbro::service
