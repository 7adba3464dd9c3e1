#include "terminology/terminology.h"

#include <gtest/gtest.h>

#include "terminology/grammars.h"
#include "terminology/terminology_fixture.h"

namespace planbro::terminology {
namespace {

constexpr const char* kSystem = R"({"resourceType":"CodeSystem","url":"http://t.no/cs",
  "status":"active","content":"complete","caseSensitive":true,
  "property":[{"code":"kind","type":"code"}],
  "concept":[{"code":"a","display":"Aa","property":[{"code":"kind","valueCode":"k"}],
    "concept":[{"code":"a1","display":"Aa 1","designation":[{"value":"En"}]}]},
    {"code":"b","display":"Bb"}]})";

std::string valueSet(const char* url, const char* compose) {
  return std::string(R"({"resourceType":"ValueSet","url":")") + url +
         R"(","status":"active","compose":)" + compose + "}";
}

Membership in(const Terminology& terminology, const char* set, const char* code,
              const char* system = "http://t.no/cs") {
  const ValueSet* found = terminology.valueSet(set);
  EXPECT_NE(found, nullptr) << set;
  return found == nullptr ? Membership::kUnknown : found->contains(system, code);
}

TEST(TerminologyTest, IncludesExcludesFiltersAndImportsAreFollowed) {
  const std::string all = valueSet("http://t.no/all", R"({"include":[{"system":"http://t.no/cs"}],
    "exclude":[{"system":"http://t.no/cs","concept":[{"code":"b"}]}]})");
  const std::string below = valueSet("http://t.no/below", R"({"include":[{"system":"http://t.no/cs",
    "filter":[{"property":"concept","op":"is-a","value":"a"}]}]})");
  const std::string kind = valueSet("http://t.no/kind", R"({"include":[{"system":"http://t.no/cs",
    "filter":[{"property":"kind","op":"=","value":"k"}]}]})");
  const std::string pattern = valueSet("http://t.no/re", R"({"include":[{"system":"http://t.no/cs",
    "filter":[{"property":"code","op":"regex","value":"a[0-9]"}]}]})");
  const std::string import =
      valueSet("http://t.no/import", R"({"include":[{"valueSet":["http://t.no/below"]}]})");
  const Terminology terminology(registryWith(
      {kSystem, all.c_str(), below.c_str(), kind.c_str(), pattern.c_str(), import.c_str()}));
  EXPECT_EQ(in(terminology, "http://t.no/all", "a1"), Membership::kMember);
  EXPECT_EQ(in(terminology, "http://t.no/all", "b"), Membership::kNotMember);
  EXPECT_EQ(in(terminology, "http://t.no/all", "x"), Membership::kNotMember);
  EXPECT_EQ(in(terminology, "http://t.no/all", "a", "http://other.no"), Membership::kNotMember);
  EXPECT_EQ(in(terminology, "http://t.no/below", "a1"), Membership::kMember);
  EXPECT_EQ(in(terminology, "http://t.no/below", "b"), Membership::kNotMember);
  EXPECT_EQ(in(terminology, "http://t.no/kind", "a"), Membership::kMember);
  EXPECT_EQ(in(terminology, "http://t.no/kind", "a1"), Membership::kNotMember);
  EXPECT_EQ(in(terminology, "http://t.no/re", "a1"), Membership::kMember);
  EXPECT_EQ(in(terminology, "http://t.no/re", "a"), Membership::kNotMember);
  EXPECT_EQ(in(terminology, "http://t.no/import", "a1"), Membership::kMember);
  EXPECT_EQ(in(terminology, "http://t.no/import", "b"), Membership::kNotMember);
}

TEST(TerminologyTest, WhatIsNotLoadedIsUnknownAndNotGuessed) {
  const std::string set =
      valueSet("http://t.no/s", R"({"include":[{"system":"http://snomed.info/sct"}]})");
  const Terminology terminology(registryWith({set.c_str()}));
  EXPECT_EQ(in(terminology, "http://t.no/s", "1", "http://snomed.info/sct"), Membership::kUnknown);
  EXPECT_EQ(terminology.valueSet("http://t.no/s")->unknownSystem(), "http://snomed.info/sct");
  EXPECT_EQ(terminology.valueSet("http://t.no/none"), nullptr);
}

TEST(TerminologyTest, ValueSetsThatImportEachOtherEndInUnknown) {
  const std::string a =
      valueSet("http://t.no/a", R"({"include":[{"valueSet":["http://t.no/b"]}]})");
  const std::string b =
      valueSet("http://t.no/b", R"({"include":[{"valueSet":["http://t.no/a"]}]})");
  const Terminology terminology(registryWith({a.c_str(), b.c_str()}));
  EXPECT_EQ(in(terminology, "http://t.no/a", "x"), Membership::kUnknown);
}

TEST(TerminologyTest, AnExpansionCountsWhereThereIsNoComposition) {
  const Terminology terminology(registryWith({R"({"resourceType":"ValueSet","url":"http://t.no/e",
    "status":"active","expansion":{"timestamp":"2024-01-01","contains":[
      {"system":"http://t.no/cs","code":"g","abstract":true,
       "contains":[{"system":"http://t.no/cs","code":"a"}]}]}})"}));
  EXPECT_EQ(in(terminology, "http://t.no/e", "a"), Membership::kMember);
  EXPECT_EQ(in(terminology, "http://t.no/e", "g"), Membership::kNotMember);
}

TEST(TerminologyTest, VolvenListsAreOneSystemUnderAllTheirNames) {
  const Terminology terminology(registryWith({R"({"resourceType":"CodeSystem",
    "url":"http://helsedir.no/fhir/CodeSystem/no-kodeverk-9034","status":"active",
    "content":"complete","concept":[{"code":"8"}]})"}));
  EXPECT_EQ(in(terminology, "urn:oid:2.16.578.1.12.4.1.1.9034", "8",
               "http://helsedir.no/fhir/CodeSystem/no-kodeverk-9034"),
            Membership::kMember);
  EXPECT_EQ(
      in(terminology, "urn:oid:2.16.578.1.12.4.1.1.9034", "8", "urn:oid:2.16.578.1.12.4.1.1.9034"),
      Membership::kMember);
  EXPECT_EQ(
      in(terminology, "urn:oid:2.16.578.1.12.4.1.1.9034", "88", "urn:uid:2.16.578.1.12.4.1.1.9034"),
      Membership::kNotMember);
}

TEST(TerminologyTest, ARequiredSetOfR4IsComplete) {
  const Terminology terminology(std::make_shared<const fhir::Registry>());
  const ValueSet* status =
      terminology.valueSet("http://hl7.org/fhir/ValueSet/request-status|4.0.1");
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->contains({}, "active"), Membership::kMember);
  EXPECT_EQ(status->contains({}, "started"), Membership::kNotMember);
}

TEST(TerminologyTest, HierarchyAndNamesOfACodeSystem) {
  const Terminology terminology(registryWith({kSystem}));
  const CodeSystem* system = terminology.codeSystem("http://t.no/cs");
  ASSERT_NE(system, nullptr);
  EXPECT_EQ(system->subsumes("a", "a1"), true);
  EXPECT_EQ(system->subsumes("b", "a1"), false);
  EXPECT_EQ(system->subsumes("a", "x"), std::nullopt);
  EXPECT_TRUE(system->isDisplay(*system->find("a1"), "aa  1"));
  EXPECT_TRUE(system->isDisplay(*system->find("a1"), "En"));
  EXPECT_FALSE(system->isDisplay(*system->find("a1"), "To"));
}

TEST(GrammarsTest, LanguageTags) {
  for (const char* tag : {"nb", "nn-NO", "en-GB", "zh-Hant-TW", "sl-rozaj-biske", "de-1996",
                          "en-x-private", "x-own", "i-klingon", "es-419"})
    EXPECT_TRUE(isLanguageTag(tag)) << tag;
  for (const char* tag : {"", "n", "nb_NO", "nb-", "en-x", "-en", "abcdefghi", "en--GB"})
    EXPECT_FALSE(isLanguageTag(tag)) << tag;
}

TEST(GrammarsTest, MediaTypes) {
  EXPECT_TRUE(isMediaType("application/fhir+json"));
  EXPECT_TRUE(isMediaType("text/plain; charset=UTF-8"));
  EXPECT_FALSE(isMediaType("pdf"));
  EXPECT_FALSE(isMediaType("application/"));
}

TEST(GrammarsTest, Units) {
  for (const char* unit : {"mg", "mm[Hg]", "10*9/L", "kg.m/s2", "{score}", "/min", "mg/(24.h)", "%",
                           "1", "Cel", "[degF]", "m2", "s-1", "g{wet}"})
    EXPECT_TRUE(isUcumSyntax(unit)) << unit;
  for (const char* unit : {"", "mg/", "(mg", "mg)", "mm[Hg", "{open", "m g", "mg..l"})
    EXPECT_FALSE(isUcumSyntax(unit)) << unit;
}

}  // namespace
}  // namespace planbro::terminology
