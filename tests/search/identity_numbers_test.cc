#include <gtest/gtest.h>

#include "search/search_request.h"

namespace planbro::search {
namespace {

TEST(IdentityNumbers, AreFoundInEveryFormOfASearchValue) {
  for (const char* value : {
           "urn:oid:2.16.578.1.12.4.1.4.1|x",
           "urn:oid:2.16.578.1.12.4.1.4.2",
           "a,urn:oid:2.16.578.1.12.4.1.4.3|1",
           "10915596784",
           "urn:whatever|10915596784,b",
           "109155 96784",
           "109155-96784",
       })
    EXPECT_TRUE(mentionsNationalIdentityNumber(value)) << value;
}

TEST(IdentityNumbers, OtherNumbersAreLeftAlone) {
  for (const char* value : {
           "",
           "10915596785",
           "1091559678",
           "109155967840",
           "a10915596784",
           "urn:oid:2.16.578.1.12.4.1.4.101|974760673",
           "urn:oid:2.16.578.1.12.4.1.4.4|1234567",
           "2026-11-22T10:00:00",
           "Patient/00000000-0000-4000-8000-000000000001",
       })
    EXPECT_FALSE(mentionsNationalIdentityNumber(value)) << value;
}

}  // namespace
}  // namespace planbro::search
