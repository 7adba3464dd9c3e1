#include "cli/import_sink.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "fhir/issue.h"
#include "plan/plan_bundle.h"

namespace planbro::cli {
namespace {

using mapping::Sink;

struct Sent {
  Sink::Answer answer;
  int requests = 0;  // transactions; searches are not counted
};

// What becomes of a plan that a service behind a URL would take.
Sent sent(const plan::PlanParts& parts, RuleErrors errors, bool dry_run = false) {
  Sent result;
  RemoteSink sink(
      [&](const service::Request& request) -> Result<service::Response> {
        result.requests += request.path.empty() ? 1 : 0;
        service::Response response;
        response.status = 200;
        response.body =
            R"({"resourceType":"Bundle","entry":[{"response":{"status":"201 Created"}}]})";
        return response;
      },
      errors);
  std::vector<std::unique_ptr<Sink::Parcel>> parcels;
  parcels.push_back(sink.prepare(plan::planBundle(parts).document()));
  auto answers = sink.take(parcels, dry_run);
  EXPECT_TRUE(answers.has_value());
  if (answers) result.answer = std::move(answers->front());
  return result;
}

bool has(const Sink::Answer& answer, std::string_view code, fhir::Severity severity) {
  for (const fhir::Issue& issue : answer.issues) {
    if (issue.code == code && issue.severity == severity) return true;
  }
  return false;
}

TEST(RemoteSink, APlanThatBreaksARuleIsSentAndTheRuleToldAsAWarning) {
  const Sent one = sent({.consent_status = "inactive"}, RuleErrors::kTell);
  EXPECT_EQ(one.requests, 1);
  EXPECT_TRUE(has(one.answer, "PB-3002", fhir::Severity::kWarning));
  EXPECT_FALSE(fhir::hasErrors(one.answer.issues));
}

TEST(RemoteSink, WhereRulesRefuseSuchAPlanIsNotSent) {
  for (const bool dry_run : {false, true}) {
    const Sent one = sent({.consent_status = "inactive"}, RuleErrors::kRefuse, dry_run);
    EXPECT_EQ(one.requests, 0);
    EXPECT_TRUE(has(one.answer, "PB-3002", fhir::Severity::kError));
  }
}

TEST(RemoteSink, WarningsOfTheRulesRefuseNothing) {
  const Sent one = sent({.performer = ""}, RuleErrors::kRefuse);
  EXPECT_EQ(one.requests, 1);
  EXPECT_TRUE(has(one.answer, "PB-3007", fhir::Severity::kWarning));
  EXPECT_FALSE(fhir::hasErrors(one.answer.issues));
}

}  // namespace
}  // namespace planbro::cli
