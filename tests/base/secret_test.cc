#include "base/secret.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace planbro {
namespace {

TEST(Secret, AMessageIsAuthenticatedAsRfc4231Says) {
  // RFC 4231, test cases 2 and 6.
  EXPECT_EQ(base64Encode(hmacSha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
  const std::string large(131, '\xaa');
  EXPECT_EQ(
      base64Encode(hmacSha256(large, "Test Using Larger Than Block-Size Key - Hash Key First")),
      "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=");
}

TEST(Secret, SecretsAreComparedWholeAndMadeAnew) {
  EXPECT_TRUE(sameSecret("abc", "abc"));
  EXPECT_FALSE(sameSecret("abc", "abd"));
  EXPECT_FALSE(sameSecret("abc", "abcd"));
  EXPECT_EQ(randomBytes(32).size(), 32U);
  EXPECT_NE(randomBytes(32), randomBytes(32));
}

}  // namespace
}  // namespace planbro
