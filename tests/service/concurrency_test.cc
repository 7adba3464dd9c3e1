// Many writers at once: no duplicates, no lost updates, no gaps. What four known servers get wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

constexpr int kWriters = 64;

void atOnce(int count, const std::function<void(int)>& work) {
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      go.wait(false);
      work(i);
    });
  go = true;
  go.notify_all();
  for (std::thread& thread : threads) thread.join();
}

constexpr std::string_view kPatient =
    R"({"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}]})";

TEST(Concurrency, AConditionalCreateByManyMakesExactlyOne) {
  TestService service;
  std::atomic<int> created{0};
  std::atomic<int> found{0};
  atOnce(kWriters, [&](int) {
    const Response response = service.send("POST", "/fhir/Patient", std::string(kPatient),
                                           {{"If-None-Exist", "identifier=urn:x|1"}});
    if (response.status == 201) ++created;
    if (response.status == 200) ++found;
  });
  EXPECT_EQ(created, 1);
  EXPECT_EQ(found, kWriters - 1);
  EXPECT_NE(service.send("GET", "/fhir/Patient?_summary=count").body.find("\"total\":1"),
            std::string::npos);
}

TEST(Concurrency, TransactionsWithAConditionalCreateMakeExactlyOne) {
  TestService service;
  const std::string bundle =
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:p","resource":)" +
      std::string(kPatient) +
      R"(,"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:x|1"}},)"
      R"({"resource":{"resourceType":"Goal","subject":{"reference":"urn:uuid:p"}},"request":{"method":"POST","url":"Goal"}}]})";
  std::atomic<int> done{0};
  atOnce(kWriters, [&](int) {
    if (service.send("POST", "/fhir", bundle).status == 200) ++done;
  });
  EXPECT_EQ(done, kWriters);
  EXPECT_NE(service.send("GET", "/fhir/Patient?_summary=count").body.find("\"total\":1"),
            std::string::npos);
  EXPECT_NE(service.send("GET", "/fhir/Goal?subject.identifier=urn:x|1&_summary=count")
                .body.find("\"total\":64"),
            std::string::npos);
}

TEST(Concurrency, OfManyUpdatesUnderOneIfMatchExactlyOneWins) {
  TestService service;
  ASSERT_EQ(service.send("PUT", "/fhir/Goal/g", R"({"resourceType":"Goal","id":"g"})").status, 201);
  for (int round = 1; round <= 5; ++round) {
    std::atomic<int> won{0};
    std::atomic<int> lost{0};
    atOnce(16, [&](int i) {
      const std::string body = R"({"resourceType":"Goal","id":"g","description":{"text":")" +
                               std::to_string(round * 100 + i) + "\"}}";
      const Response response = service.send("PUT", "/fhir/Goal/g", body,
                                             {{"If-Match", "W/\"" + std::to_string(round) + "\""}});
      if (response.status == 200) ++won;
      if (response.status == 412) ++lost;
    });
    EXPECT_EQ(won, 1) << round;
    EXPECT_EQ(lost, 15) << round;
  }
}

TEST(Concurrency, EveryUpdateIsAVersionAndNoneIsLost) {
  TestService service;
  ASSERT_EQ(service.send("PUT", "/fhir/Goal/g", R"({"resourceType":"Goal","id":"g"})").status, 201);
  std::set<std::string> tags;
  std::mutex mutex;
  atOnce(kWriters, [&](int i) {
    const Response response = service.send(
        "PUT", "/fhir/Goal/g",
        R"({"resourceType":"Goal","id":"g","description":{"text":")" + std::to_string(i) + "\"}}");
    const std::lock_guard lock(mutex);
    tags.insert(std::string(response.headers.get("ETag").value_or("")));
  });
  EXPECT_EQ(tags.size(), std::size_t{kWriters});
  EXPECT_NE(service.send("GET", "/fhir/Goal/g/_history?_count=1").body.find("\"total\":65"),
            std::string::npos);
}

}  // namespace
}  // namespace planbro::service
