#include "base/ids.h"

#include <gtest/gtest.h>

namespace planbro {
namespace {

TEST(Ids, ANameAlwaysHasTheSameUuid) {
  EXPECT_EQ(nameUuid("urn:example"), "e7be7e85-ce8b-5edb-b6d4-340e58c30ba7");
  EXPECT_EQ(nameUuid("urn:example"), nameUuid("urn:example"));
  EXPECT_NE(nameUuid("a"), nameUuid("b"));
}

}  // namespace
}  // namespace planbro
