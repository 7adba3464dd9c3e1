// Values that are too long to stand in an index whole: they are told apart all the same.
#include "contract/store_contract.h"

namespace planbro::store {
namespace {

using Op = Predicate::Op;
using Ids = std::vector<std::string>;

TEST_P(StoreContract, AValueOfThreeThousandBytesIsFound) {
  const std::string lengthy(3000, 'x');
  put("CarePlan", "a", {tokenRow("identifier", lengthy, lengthy)});
  EXPECT_EQ(find(queryFor(token("identifier", lengthy, lengthy))), Ids{"a"});
}

TEST_P(StoreContract, LongTextsThatBeginAlikeAreToldApart) {
  const std::string same(1200, 'x');
  const std::string a = same + "a";
  const std::string b = same + "b";
  put("Patient", "a", {tokenRow("identifier", "http://" + same, a), stringRow("name", a, a)});
  put("Patient", "short", {tokenRow("identifier", "urn:s", same.substr(0, 1000))});
  const auto found = [&](Predicate where) { return find(queryFor(std::move(where), "Patient")); };
  EXPECT_EQ(found(token("identifier", "http://" + same, a)), Ids{"a"});
  EXPECT_EQ(found(token("identifier", "http://" + same, b)), Ids{});
  EXPECT_EQ(found(token("identifier", "http://" + same + "y", a)), Ids{});
  EXPECT_EQ(found(token("identifier", "urn:s", same)), Ids{});
  EXPECT_EQ(found(token("identifier", "urn:s", same.substr(0, 1000))), Ids{"short"});
  EXPECT_EQ(found(both({token("identifier", "http://" + same, b)})), Ids{});
  Predicate any = token("identifier", "", b);
  any.any_system = true;
  EXPECT_EQ(found(any), Ids{});
  Predicate one_of = leaf(Op::kOneOf, tokenRow("identifier", "http://" + same, ""));
  one_of.ids = {b};
  EXPECT_EQ(found(one_of), Ids{});
  one_of.ids = {b, a};
  EXPECT_EQ(found(one_of), Ids{"a"});
  const auto named = [&](Op op, const std::string& value, const std::string& exact = {}) {
    return found(leaf(op, stringRow("name", value, exact)));
  };
  EXPECT_EQ(named(Op::kExact, "", a), Ids{"a"});
  EXPECT_EQ(named(Op::kExact, "", b), Ids{});
  // By how it begins it is found as before; the digest is no text.
  EXPECT_EQ(named(Op::kStartsWith, "xxx"), Ids{"a"});
  EXPECT_EQ(named(Op::kStartsWith, same.substr(0, 1000)), Ids{"a"});
  EXPECT_EQ(named(Op::kContains, "xxx"), Ids{"a"});
  for (const char digit : std::string("0123456789abcdefABCDEF"))
    EXPECT_EQ(named(Op::kContains, std::string(1, digit)), Ids{}) << digit;
}

TEST_P(StoreContract, LongReferencesAndUrisAreToldApart) {
  const std::string same = "http://x.example/" + std::string(1200, 'x');
  IndexRow row = referenceRow("subject", "", "");
  row.exact = same + "a";
  IndexRow url = tokenRow("url", "", same + "a");
  url.kind = IndexRow::Kind::kUri;
  put("CarePlan", "a", {row, url});
  const auto found = [&](Op op, const IndexRow& asked) {
    Predicate where = leaf(op, asked);
    where.any_system = true;
    return find(queryFor(where));
  };
  EXPECT_EQ(found(Op::kEquals, row), Ids{"a"});
  EXPECT_EQ(found(Op::kEquals, url), Ids{"a"});
  row.exact = url.value = same + "b";
  EXPECT_EQ(found(Op::kEquals, row), Ids{});
  EXPECT_EQ(found(Op::kEquals, url), Ids{});
  url.value = "http://x.example/";
  EXPECT_EQ(found(Op::kStartsWith, url), Ids{"a"});
}

}  // namespace
}  // namespace planbro::store
