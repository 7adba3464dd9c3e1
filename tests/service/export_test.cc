// What exports leave in the store.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

std::string start(const TestService& service) {
  const Response response = service.send("GET", "/fhir/$export", {}, {{"Prefer", "respond-async"}});
  EXPECT_EQ(response.status, 202) << response.body;
  return std::string(response.headers.get("Content-Location").value_or(""));
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
  const std::string path = address.substr(std::string_view("http://test").size());
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

}  // namespace
}  // namespace planbro::service
