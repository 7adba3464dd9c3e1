// What the capability statement names is there.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "fhir/canonical_base.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

TEST(CapabilityStatement, EveryOperationOfOurOwnHasADefinitionThatIsLoadedAndValid) {
  const TestService service;
  const std::string statement = service.send("GET", "/fhir/metadata").body;
  const std::string begin = "\"definition\":\"" PLANBRO_CANONICAL_BASE "/OperationDefinition/";
  std::set<std::string> urls;
  for (std::size_t at = statement.find(begin); at != std::string::npos;
       at = statement.find(begin, at + 1)) {
    const std::size_t from = statement.find(':', at) + 2;
    urls.insert(statement.substr(from, statement.find('"', from) - from));
  }
  EXPECT_EQ(urls.size(), 3U);
  for (const std::string& url : urls) {
    const fhir::Resource* found = testRegistry().find(url, "OperationDefinition");
    ASSERT_NE(found, nullptr) << url;
    for (const fhir::Issue& issue : testValidator().validate(*found))
      EXPECT_GT(issue.severity, fhir::Severity::kError)
          << url << " " << issue.place.expression << " " << issue.text(fhir::Language::kEnglish);
  }
}

TEST(TerminologyCapabilities, AreValidAndTheSameAgainAndAgain) {
  const TestService service;
  const Response first = service.send("GET", "/fhir/metadata?mode=terminology");
  ASSERT_EQ(first.status, 200);
  const fhir::ReadOutcome read = fhir::readJson(first.body);
  ASSERT_TRUE(read.resource);
  for (const fhir::Issue& issue : testValidator().validate(read.resource))
    EXPECT_GT(issue.severity, fhir::Severity::kError)
        << issue.place.expression << " " << issue.text(fhir::Language::kEnglish);
  EXPECT_EQ(service.send("GET", "/fhir/metadata?mode=terminology").body, first.body);
}

}  // namespace
}  // namespace planbro::service
