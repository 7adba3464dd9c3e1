#include "service/constant_body.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

TEST(ConstantBody, IsPackedOnceForAllThreads) {
  const ConstantBody body("plan", "text/plain");
  std::atomic<int> made{0};
  std::vector<std::shared_ptr<const ConstantBody>> packed(8);
  std::vector<std::thread> threads;
  for (auto& one : packed) {
    threads.emplace_back([&] {
      one = body.packed([&](std::string_view bytes) {
        ++made;
        return std::optional<std::string>("packed " + std::string(bytes));
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  for (const auto& one : packed) {
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->bytes(), "packed plan");
    EXPECT_EQ(one->bytes().data(), packed[0]->bytes().data());
    EXPECT_EQ(one->mediaType(), "text/plain");
    EXPECT_NE(one->entityTag(), body.entityTag());
  }
}

TEST(ConstantBody, ThatCannotBePackedHasNoPackedForm) {
  const ConstantBody body("plan", "text/plain");
  EXPECT_EQ(body.packed([](std::string_view) { return std::nullopt; }), nullptr);
}

class ConstantAnswer : public testing::TestWithParam<const char*> {};

TEST_P(ConstantAnswer, SharesItsBytesAndIsToldFromAnother) {
  const TestService service;
  const std::string address = GetParam();
  const Response first = service.send("GET", address);
  const Response again = service.send("GET", address);
  ASSERT_NE(first.constant, nullptr);
  EXPECT_EQ(first.constant, again.constant);
  const Response head = service.send("HEAD", address);
  EXPECT_EQ(head.bytes().size(), first.bytes().size());

  const std::string tag(first.headers.get("ETag").value_or(""));
  EXPECT_TRUE(tag.starts_with('"')) << tag;
  EXPECT_EQ(first.headers.get("Cache-Control"), "no-cache");
  const Response unchanged = service.send("GET", address, {}, {{"If-None-Match", "W/" + tag}});
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_TRUE(unchanged.bytes().empty());
  EXPECT_EQ(unchanged.headers.get("ETag"), tag);
  EXPECT_FALSE(unchanged.headers.get("Content-Type").has_value());
  EXPECT_EQ(service.send("GET", address, {}, {{"If-None-Match", "\"another\""}}).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Service, ConstantAnswer,
                         testing::Values("/fhir/metadata", "/fhir/openapi.json",
                                         "/fhir/metadata?_format=json"),
                         [](const auto& test) { return "Number" + std::to_string(test.index); });

// The tag is that of the compact JSON alone.
TEST(Capabilities, OtherFormsAreMadeOfTheConstantOne) {
  const TestService service;
  const std::string tag(service.send("GET", "/fhir/metadata").headers.get("ETag").value_or(""));
  for (const auto& [query, text] : std::vector<std::pair<std::string, std::string>>{
           {"_format=xml", "<CapabilityStatement xmlns=\"http://hl7.org/fhir\">"},
           {"_pretty=true", "\n  \"resourceType\": \"CapabilityStatement\""},
           {"_elements=fhirVersion", "\"SUBSETTED\""},
           {"_summary=true", "\"SUBSETTED\""}}) {
    const Response response =
        service.send("GET", "/fhir/metadata?" + query, {}, {{"If-None-Match", tag}});
    EXPECT_EQ(response.status, 200) << query;
    EXPECT_EQ(response.constant, nullptr) << query;
    EXPECT_FALSE(response.headers.get("ETag").has_value()) << query;
    EXPECT_NE(response.body.find(text), std::string::npos) << response.body.substr(0, 500);
  }
  EXPECT_EQ(service.send("GET", "/fhir/metadata?_summary=nonsense").status, 400);
}

}  // namespace
}  // namespace planbro::service
