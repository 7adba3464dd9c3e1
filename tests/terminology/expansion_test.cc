#include "terminology/expansion.h"

#include <gtest/gtest.h>

#include "terminology/terminology.h"
#include "terminology/terminology_fixture.h"

namespace planbro::terminology {
namespace {

constexpr const char* kSystem = R"({"resourceType":"CodeSystem","url":"http://t.no/cs",
  "version":"2","status":"active","content":"complete","caseSensitive":false,
  "property":[{"code":"kind","type":"code"},{"code":"inactive","type":"boolean"},
    {"code":"notSelectable","type":"boolean"}],
  "concept":[
    {"code":"a","display":"Ærlig råd","property":[{"code":"kind","valueCode":"k"},
      {"code":"notSelectable","valueBoolean":true}],
      "concept":[{"code":"a1","display":"Første hjelp","designation":[
          {"language":"en","value":"First aid"}],
        "concept":[{"code":"a11","display":"Tre"}]}]},
    {"code":"b","display":"Bb","property":[{"code":"kind","valueCode":"l"},
      {"code":"inactive","valueBoolean":true}]},
    {"code":"c","display":"Cc","property":[{"code":"parent","valueCode":"a"}]}]})";

std::string codesOf(const std::expected<Expansion, std::vector<fhir::Issue>>& expansion) {
  if (!expansion.has_value()) return std::string(expansion.error().front().code);
  std::string codes;
  for (const Member& member : expansion->members) {
    if (!codes.empty()) codes += " ";
    codes += member.code;
  }
  return codes;
}

std::string composed(const std::string& compose, const ExpansionRequest& request = {}) {
  const std::string json =
      R"({"resourceType":"ValueSet","url":"http://t.no/vs","status":"active","compose":)" +
      compose + "}";
  const Terminology terminology(registryWith({kSystem, json}));
  return codesOf(expand(*terminology.valueSet("http://t.no/vs"), request));
}

std::string filtered(const std::string& property, const std::string& op, const std::string& value) {
  return composed(R"({"include":[{"system":"http://t.no/cs","filter":[{"property":")" + property +
                  R"(","op":")" + op + R"(","value":")" + value + R"("}]}]})");
}

TEST(ExpansionTest, EveryFilterChoosesWhatItSays) {
  EXPECT_EQ(filtered("concept", "is-a", "a"), "a a1 a11 c");
  EXPECT_EQ(filtered("concept", "is-a", "A"), "a a1 a11 c") << "case does not count in this system";
  EXPECT_EQ(filtered("concept", "descendent-of", "a"), "a1 a11 c");
  EXPECT_EQ(filtered("concept", "is-not-a", "a"), "b");
  EXPECT_EQ(filtered("concept", "generalizes", "a11"), "a a1 a11");
  EXPECT_EQ(filtered("code", "regex", "a[0-9]+"), "a1 a11");
  EXPECT_EQ(filtered("code", "in", "b, c"), "b c");
  EXPECT_EQ(filtered("code", "not-in", "b,c"), "a a1 a11");
  EXPECT_EQ(filtered("kind", "=", "k"), "a");
  EXPECT_EQ(filtered("kind", "exists", "true"), "a b");
  EXPECT_EQ(filtered("kind", "exists", "false"), "a1 a11 c");
  EXPECT_EQ(filtered("parent", "=", "a"), "a1 c");
  EXPECT_EQ(filtered("child", "=", "a11"), "a1");
  EXPECT_EQ(filtered("display", "regex", "F.*"), "a1");
}

TEST(ExpansionTest, AFilterThatCannotBeAppliedIsNamedAndNothingIsGuessed) {
  EXPECT_EQ(filtered("colour", "=", "red"), "PB-1625");
  EXPECT_EQ(filtered("concept", "is-a", "zz"), "PB-1625");
  EXPECT_EQ(filtered("code", "regex", "("), "PB-1625");
  EXPECT_EQ(filtered("code", "near", "a"), "PB-1625");
  EXPECT_EQ(filtered("kind", "is-a", "k"), "PB-1625");
}

TEST(ExpansionTest, IncludesAddUpExcludesGoOutAndNoCodeComesTwice) {
  EXPECT_EQ(
      composed(R"({"include":[{"system":"http://t.no/cs","concept":[{"code":"c"},{"code":"a"}]},
      {"system":"http://t.no/cs"}],
      "exclude":[{"system":"http://t.no/cs","concept":[{"code":"b"}]}]})"),
      "c a a1 a11");
}

TEST(ExpansionTest, InactiveAndAbstractCodesAreLeftOutOnRequest) {
  const std::string all = R"({"include":[{"system":"http://t.no/cs"}]})";
  EXPECT_EQ(composed(all), "a a1 a11 b c");
  EXPECT_EQ(composed(all, {.active_only = true}), "a a1 a11 c");
  EXPECT_EQ(composed(all, {.selectable_only = true}), "a1 a11 b c");
  EXPECT_EQ(composed(R"({"inactive":false,"include":[{"system":"http://t.no/cs"}]})"),
            "a a1 a11 c");
}

TEST(ExpansionTest, TheTextFilterLooksForBeginningsOfWordsInNorwegianToo) {
  const std::string all = R"({"include":[{"system":"http://t.no/cs"}]})";
  EXPECT_EQ(composed(all, {.filter = "ÆRLIG"}), "a");
  EXPECT_EQ(composed(all, {.filter = "rå"}), "a");
  EXPECT_EQ(composed(all, {.filter = "lig"}), "");
  EXPECT_EQ(composed(all, {.filter = "hjelp før"}), "a1");
  EXPECT_EQ(composed(all, {.filter = "first"}), "a1") << "designations count";
}

TEST(ExpansionTest, PagesHaveTheTotalOfTheWhole) {
  const Terminology terminology(registryWith({kSystem}));
  const ValueSet* set = terminology.valueSet("http://t.no/cs");
  const auto page = expand(*set, {.offset = 1, .count = 2});
  EXPECT_EQ(codesOf(page), "a1 a11");
  EXPECT_EQ(page->total, 5U);
  EXPECT_EQ(codesOf(expand(*set, {.offset = 9, .count = 2})), "");
  EXPECT_EQ(codesOf(expand(*set, {.limit = 4})), "PB-1627");
  EXPECT_EQ(codesOf(expand(*set, {.filter = "b", .limit = 4})), "b");
}

TEST(ExpansionTest, NamesComeInTheLanguageAskedFor) {
  const Terminology terminology(registryWith({kSystem}));
  const auto english = expand(*terminology.valueSet("http://t.no/cs"), {.language = "en-GB"});
  ASSERT_TRUE(english.has_value());
  EXPECT_EQ(english->members[1].display, "First aid");
  EXPECT_EQ(english->members[3].display, "Bb");
}

TEST(ExpansionTest, ImportsAreIntersectedWithinOneInclude) {
  const auto named = [](const std::string& url, const std::string& compose) {
    return R"({"resourceType":"ValueSet","url":")" + url + R"(","status":"active","compose":)" +
           compose + "}";
  };
  const Terminology terminology(registryWith(
      {kSystem, named("http://t.no/1", R"({"include":[{"system":"http://t.no/cs","filter":
         [{"property":"concept","op":"is-a","value":"a"}]}]})"),
       named("http://t.no/2", R"({"include":[{"system":"http://t.no/cs","concept":
         [{"code":"b"},{"code":"c"},{"code":"a1"}]}]})"),
       named("http://t.no/both", R"({"include":[{"valueSet":["http://t.no/1","http://t.no/2"]}]})"),
       named("http://t.no/either",
             R"({"include":[{"valueSet":["http://t.no/1"]},{"valueSet":["http://t.no/2"]}]})"),
       named("http://t.no/part", R"({"include":[{"system":"http://t.no/cs","concept":
         [{"code":"c"},{"code":"b"}],"valueSet":["http://t.no/1"]}]})"),
       named("http://t.no/circle", R"({"include":[{"valueSet":["http://t.no/circle"]}]})"),
       named("http://t.no/missing", R"({"include":[{"valueSet":["http://t.no/none"]}]})")}));
  const auto codes = [&](std::string_view url) {
    return codesOf(expand(*terminology.valueSet(url), {}));
  };
  EXPECT_EQ(codes("http://t.no/both"), "a1 c");
  EXPECT_EQ(codes("http://t.no/either"), "a a1 a11 c b");
  EXPECT_EQ(codes("http://t.no/part"), "c");
  EXPECT_EQ(codes("http://t.no/circle"), "PB-1624");
  EXPECT_EQ(codes("http://t.no/missing"), "PB-1623");
}

TEST(ExpansionTest, AVersionThatIsNotLoadedIsMissedUnlessTheCodesAreListed) {
  EXPECT_EQ(composed(R"({"include":[{"system":"http://t.no/cs","version":"2"}]})"), "a a1 a11 b c");
  EXPECT_EQ(composed(R"({"include":[{"system":"http://t.no/cs","version":"1"}]})"), "PB-1621");
  EXPECT_EQ(composed(R"({"include":[{"system":"http://t.no/cs","version":"1",
    "concept":[{"code":"a"}]}]})"),
            "a");
}

TEST(ExpansionTest, AFragmentIsNoWholeAndAGrammarHasNoEnd) {
  const Terminology terminology(
      registryWith({R"({"resourceType":"CodeSystem","url":"http://t.no/f","status":"active",
        "content":"fragment","concept":[{"code":"a"}]})"}));
  EXPECT_EQ(codesOf(expand(*terminology.valueSet("http://t.no/f"), {})), "PB-1622");
  EXPECT_EQ(codesOf(expand(*terminology.valueSet("urn:ietf:bcp:13"), {})), "PB-1626");
}

TEST(ExpansionTest, AGivenExpansionCountsWhereTheCompositionCannotBeFollowed) {
  const Terminology terminology(registryWith({R"({"resourceType":"ValueSet","url":"http://t.no/e",
    "status":"active","compose":{"include":[{"system":"http://snomed.info/sct"}]},
    "expansion":{"timestamp":"2024-01-01","contains":[
      {"system":"http://snomed.info/sct","code":"1","display":"Én"}]}})"}));
  const ValueSet* set = terminology.valueSet("http://t.no/e");
  EXPECT_EQ(codesOf(expand(*set, {})), "1");
  EXPECT_EQ(set->contains("http://snomed.info/sct", "2"), Membership::kNotMember);
}

// The whole of R4: every value set is expanded or says what is missing, and every code of an
// expansion is a member.
TEST(ExpansionTest, EveryValueSetOfR4ExpandsOrSaysWhyNot) {
  const auto registry = std::make_shared<const fhir::Registry>();
  const Terminology terminology(registry);
  int expanded = 0, refused = 0;
  registry->forEach("ValueSet", [&](const fhir::Registry::Entry& entry) {
    const ValueSet* set = terminology.valueSet(entry.url);
    ASSERT_NE(set, nullptr) << entry.url;
    const auto expansion = expand(*set, {.count = 10'000});
    if (!expansion.has_value()) {
      ++refused;
      EXPECT_FALSE(expansion.error().empty()) << entry.url;
      return;
    }
    ++expanded;
    for (const Member& member : expansion->members) {
      ASSERT_EQ(set->contains(member.system, member.code), Membership::kMember)
          << entry.url << " " << member.code;
    }
  });
  EXPECT_GT(expanded, 900);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace planbro::terminology
