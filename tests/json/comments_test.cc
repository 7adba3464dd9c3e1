#include "json/comments.h"

#include <gtest/gtest.h>

namespace planbro::json {
namespace {

TEST(CommentsTest, CommentsAreBlankedSoThatPositionsStay) {
  EXPECT_EQ(withoutComments("{ // a\n \"b\": /* c\n d */ 1 }"), "{     \n \"b\":     \n      1 }");
}

TEST(CommentsTest, WhatStandsInAStringIsNoComment) {
  EXPECT_EQ(withoutComments(R"({"a": "http://b /* c */ \" // d"})"),
            R"({"a": "http://b /* c */ \" // d"})");
}

TEST(CommentsTest, AnUnfinishedCommentOrStringReachesToTheEnd) {
  EXPECT_EQ(withoutComments("1 /* 2"), "1     ");
  EXPECT_EQ(withoutComments("\"a\\"), "\"a\\");
  EXPECT_EQ(withoutComments("1 /"), "1 /");
  EXPECT_EQ(withoutComments("//"), "  ");
  EXPECT_EQ(withoutComments(""), "");
}

}  // namespace
}  // namespace planbro::json
