#include "store/store_issue.h"

#include <gtest/gtest.h>

#include <utility>

namespace planbro::store {
namespace {

TEST(StoreIssue, EveryRefusalHasItsCodeAndATextForPeople) {
  const std::pair<ErrorCode, std::string_view> cases[] = {
      {ErrorCode::kUnavailable, "PB-6001"},
      {ErrorCode::kIo, "PB-6002"},
      {ErrorCode::kCorrupt, "PB-6003"},
      {ErrorCode::kLimitExceeded, "PB-6004"},
      {ErrorCode::kGone, "PB-6005"},
      {ErrorCode::kInvalidArgument, "PB-6006"},
      {ErrorCode::kNotFound, "PB-6006"},
      {ErrorCode::kConflict, "PB-6007"},
      {ErrorCode::kPreconditionFailed, "PB-6007"},
      {ErrorCode::kUnsupported, "PB-6008"},
      {ErrorCode::kInternal, "PB-6009"},
      {ErrorCode::kUnknownOutcome, "PB-6010"},
  };
  for (const auto& [code, expected] : cases) {
    const fhir::Issue issue = issueOf(Error{code, "what happened"});
    EXPECT_EQ(issue.code, expected);
    EXPECT_EQ(issue.text(fhir::Language::kBokmal).find("{0}"), std::string::npos);
  }
}

}  // namespace
}  // namespace planbro::store
