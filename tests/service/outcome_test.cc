#include "service/outcome.h"

#include <gtest/gtest.h>

namespace planbro::service {
namespace {

TEST(Refusal, WhatMayPassSaysWhenToTryAgain) {
  const Answer answer = refuse(Error{ErrorCode::kUnavailable, "busy"});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.get("Retry-After"), "2");
}

TEST(Refusal, AWriteThatMayHaveBeenKeptIsNotToBeRepeatedUnseen) {
  const Answer answer = refuse(Error{ErrorCode::kUnknownOutcome, "lost in a commit"});
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.headers.get("Retry-After"), std::nullopt);
  ASSERT_EQ(answer.issues.size(), 1U);
  EXPECT_EQ(answer.issues.front().code, "PB-6010");
}

}  // namespace
}  // namespace planbro::service
