#include "service/reindex.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "search/search_request.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

// A parameter that comes later: the colour of a Goal, in an extension.
constexpr const char* kColour = R"({"resourceType":"SearchParameter","url":"urn:colour","name":"x",
  "status":"active","description":"x","code":"colour","base":["Goal"],"type":"token",
  "expression":"Goal.extension.where(url = 'urn:colour').value"})";

std::shared_ptr<const search::Parameters> laterParameters() {
  static const fhir::Resource colour = fhir::readJson(kColour).resource;
  std::vector<fhir::Element> definitions{colour.root()};
  testRegistry().forEach("SearchParameter", [&](const fhir::Registry::Entry& entry) {
    if (const fhir::Resource* resource = testRegistry().get(entry); resource != nullptr)
      definitions.push_back(resource->root());
  });
  std::vector<fhir::Issue> issues;
  auto made = search::Parameters::compile(definitions, issues, {.words = true});
  EXPECT_TRUE(issues.empty());
  return made;
}

std::string found(TestService& service, const search::Parameters& parameters,
                  const std::string& name, const std::string& value) {
  search::SearchContext context;
  context.type = "Goal";
  const std::vector<std::pair<std::string, std::string>> asked{{name, value}};
  const auto request = search::parseQuery(parameters, context, asked);
  if (!request) return "refused";
  auto view = service.store().snapshot();
  const auto page = (*view)->search(request->query);
  if (!page) return page.error().message;
  std::string ids;
  for (const store::Version& version : page->matches) ids += version.id;
  return ids;
}

void putGoal(const TestService& service, const std::string& id) {
  ASSERT_EQ(service
                .send("PUT", "/fhir/Goal/" + id,
                      R"({"resourceType":"Goal","id":")" + id +
                          R"(","extension":[{"url":"urn:colour","valueCode":"red"}],)"
                          R"("lifecycleStatus":"active","description":{"text":"Fotball i uka"}})")
                .status,
            201);
}

// Gives up after some transactions.
class Breaking final : public store::Store {
 public:
  Breaking(store::Store& whole, int left) : whole_(whole), left_(left) {}
  Result<std::unique_ptr<store::Reader>> snapshot() override { return whole_.snapshot(); }
  Status transact(const std::function<Status(store::Transaction&)>& work) override {
    if (left_-- <= 0) return fail(ErrorCode::kIo, "the disk is full");
    return whole_.transact(work);
  }
  Status check() override { return whole_.check(); }
  Status verify() override { return whole_.verify(); }

 private:
  store::Store& whole_;
  int left_;
};

TEST(Reindex, WhatIsStoredIsFoundByLaterParametersAndARunIsTakenUpWhereItStopped) {
  TestService service;
  for (const char* id : {"a", "b", "c", "d", "e"}) putGoal(service, id);
  const auto later = laterParameters();
  EXPECT_EQ(found(service, *later, "colour", "red"), "");
  EXPECT_EQ(found(service, *later, "_content", "fotball"), "");

  ReindexOptions options;
  options.base_url = "http://test/fhir";
  options.batch = 2;
  Breaking breaking(service.store(), 2);
  const auto broken = reindex(breaking, *later, fhir::Definitions::r4(), options);
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(found(service, *later, "colour", "red"), "abcd");

  const auto rest = reindex(service.store(), *later, fhir::Definitions::r4(), options);
  ASSERT_TRUE(rest.has_value()) << rest.error().message;
  EXPECT_TRUE(rest->resumed);
  EXPECT_EQ(rest->resources, 1U);
  EXPECT_EQ(found(service, *later, "colour", "red"), "abcde");
  EXPECT_EQ(found(service, *later, "_content", "fotball uka"), "abcde");

  // Done: the next one begins anew, and so does one for other types.
  options.types = {"CarePlan", "Goal"};
  const auto again = reindex(service.store(), *later, fhir::Definitions::r4(), options);
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(again->resumed);
  EXPECT_EQ(again->resources, 5U);
  options.types = {"CarePlan"};
  EXPECT_EQ(reindex(service.store(), *later, fhir::Definitions::r4(), options)->resources, 0U);
  EXPECT_EQ(service.send("GET", "/fhir/Goal/a/_history").body.find("\"total\":2"),
            std::string::npos);
}

TEST(Explain, OnlyBySetting) {
  const TestService without;
  EXPECT_EQ(without.send("GET", "/fhir/Goal?_explain=true").status, 400);
  ServiceSettings settings;
  settings.explain = true;
  const TestService with({}, settings);
  putGoal(with, "a");
  const Response told = with.send("GET", "/fhir/Goal?lifecycle-status=active&_explain=true");
  EXPECT_EQ(told.status, 200);
  EXPECT_NE(told.body.find("PB-4533"), std::string::npos) << told.body;
  EXPECT_NE(told.body.find("lifecycle-status: 1 candidates by index"), std::string::npos);
  EXPECT_EQ(with.send("GET", "/fhir/Goal?_explain=false").body.find("PB-4533"), std::string::npos);
}

}  // namespace
}  // namespace planbro::service
