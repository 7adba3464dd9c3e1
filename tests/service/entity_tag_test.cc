#include "service/entity_tag.h"

#include <gtest/gtest.h>

#include <string>

namespace planbro::service {
namespace {

TEST(EntityTag, IsStrongAndOfTheBytesAlone) {
  const std::string tag = entityTagOf("plan");
  EXPECT_EQ(tag.size(), 34U);
  EXPECT_TRUE(tag.starts_with('"') && tag.ends_with('"')) << tag;
  EXPECT_EQ(entityTagOf("plan"), tag);
  EXPECT_NE(entityTagOf("plan "), tag);
}

TEST(EntityTag, IsNamedByAListThatHasItWeakOrStrong) {
  for (const std::string list : {"\"a\"", "W/\"a\"", "\"b\", W/\"a\"", "\"a\",\"b\"", "*"})
    EXPECT_TRUE(namesTag(list, "\"a\"")) << list;
  for (const std::string list : {"", "\"b\"", "a", "W/\"b\", \"aa\"", "\"*\""})
    EXPECT_FALSE(namesTag(list, "\"a\"")) << list;
  EXPECT_TRUE(namesTag("\"a\"", "W/\"a\""));
}

}  // namespace
}  // namespace planbro::service
