#include "plan/narrative.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fhir/xml_tree.h"
#include "plan/plan_bundle.h"

namespace planbro::plan {
namespace {

constexpr std::string_view kDay = "2026-11-22";

std::string told(const PlanParts& parts, fhir::Language language = fhir::Language::kBokmal) {
  const auto set = PlanSet::ofBundle(planBundle(parts));
  return planNarrative(set, set.plans().front(), language, kDay);
}

TEST(Narrative, TellsThePlanInPlainBokmal) {
  const std::string text = told({});
  EXPECT_TRUE(
      text.starts_with("<div xmlns=\"http://www.w3.org/1999/xhtml\"><h1>Plan for Ada</h1>"));
  for (const char* part :
       {"<h2>Målene mine</h2><p><b>Hovedmål:</b> Bo alene</p>",
        "<b>Fysioterapi</b><p>Hver tirsdag</p><p><b>Ansvarlig:</b> Fysioterapien</p>",
        "<h2>Koordinatoren min</h2><ul><li><b>Kari Koordinator</b>", "Finn Fysio",
        "<b>Planen gjelder:</b> fra 01.01.2026 til og med 12.2026",
        "<b>Neste gjennomgang:</b> 08.12.2026", "<li>NAV</li>"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(Narrative, SpeaksNynorskAndEnglishToo) {
  EXPECT_NE(told({}, fhir::Language::kNynorsk).find("Måla mine"), std::string::npos);
  EXPECT_NE(told({}, fhir::Language::kEnglish).find("My goals"), std::string::npos);
}

TEST(Narrative, CodesAndDatesAreToldInTheLanguageAskedFor) {
  const std::string system(kCodeSystemBase);
  PlanParts parts;
  parts.second_role = R"({"coding":[{"system":")" + system +
                      R"(plan-role","code":"next-of-kin","display":"Pårørende"}]})";
  parts.more_entries =
      R"(,{"resource":{"resourceType":"Communication","id":"m","status":"completed","about":[{"reference":"CarePlan/p"}],"sent":"2026-08-24T08:00:00+02:00","topic":{"coding":[{"system":")" +
      system + R"(process-step","code":"offered","display":"Plan tilbudt"}]}}})";
  const std::string bokmal = told(parts);
  EXPECT_NE(bokmal.find("Finn Fysio</b>, Pårørende"), std::string::npos) << bokmal;
  EXPECT_NE(bokmal.find("<b>24.08.2026</b> Plan tilbudt"), std::string::npos) << bokmal;
  const std::string nynorsk = told(parts, fhir::Language::kNynorsk);
  EXPECT_NE(nynorsk.find("Finn Fysio</b>, Pårørande"), std::string::npos) << nynorsk;
  EXPECT_NE(nynorsk.find("<b>24.08.2026</b> Plan tilboden"), std::string::npos) << nynorsk;
  const std::string english = told(parts, fhir::Language::kEnglish);
  EXPECT_NE(english.find("Finn Fysio</b>, Next of kin"), std::string::npos) << english;
  EXPECT_NE(english.find("<b>24 August 2026</b> Plan offered"), std::string::npos) << english;
  EXPECT_NE(english.find("from 1 January 2026 until December 2026"), std::string::npos) << english;
}

TEST(Narrative, ADisplayIsKeptWhereTheCodeHasNoNameInThatLanguage) {
  PlanParts parts;
  parts.second_role =
      R"({"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"9","display":"Primary contact"}]})";
  EXPECT_NE(told(parts, fhir::Language::kEnglish).find("Finn Fysio</b>, Primary contact"),
            std::string::npos);
  parts.second_role = R"({"coding":[{"system":"http://x.no/roles","code":"9","display":"Nabo"}]})";
  EXPECT_NE(told(parts).find("Finn Fysio</b>, Nabo"), std::string::npos);
}

TEST(Narrative, APlanWithoutTitleIsCalledInTheLanguageAskedFor) {
  const auto set = PlanSet::ofBundle(planBundle({.title = ""}));
  EXPECT_EQ(planTitle(set.plans().front(), fhir::Language::kEnglish), "Individual plan");
  EXPECT_EQ(planTitle(set.plans().front(), fhir::Language::kNynorsk), "Individuell plan");
}

TEST(Narrative, WhatThePlanSaysCannotBecomeMarkup) {
  const std::string text = told({.title = R"(<script>alert('x')</script> & \"q\" \u0001)"});
  EXPECT_EQ(text.find("<script"), std::string::npos);
  EXPECT_NE(text.find("&lt;script&gt;"), std::string::npos);
  EXPECT_TRUE(fhir::isWellFormedElement(text)) << text;
}

TEST(Narrative, WhoHasLeftIsNotNamedAndWhoIsProposedIsSaidToBe) {
  EXPECT_EQ(told({.second_extra = R"(,"period":{"end":"2026-10"})", .performer = ""})
                .find("<li><b>Finn Fysio</b>"),
            std::string::npos);
  const std::string proposed =
      told({.second_extra = R"(,"extension":[{"url":")" + std::string(kExtensionBase) +
                            R"(ip-participant-status","valueCode":"proposed"}])"});
  EXPECT_NE(proposed.find("<b>Finn Fysio</b>, Primærkontakt (foreslått, har ikke tilgang ennå)"),
            std::string::npos)
      << proposed;
}

TEST(Narrative, EveryFixtureBecomesWellFormedXhtmlInEveryLanguage) {
  const std::filesystem::path folder(PLANBRO_SOURCE_DIR "/fixtures/plans");
  for (const auto& one : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(one.path() / "expected" / "bundle.json", std::ios::binary);
    if (!file) continue;
    const auto read = fhir::readJson({std::istreambuf_iterator<char>(file), {}});
    ASSERT_TRUE(read.resource) << one.path();
    const auto set = PlanSet::ofBundle(read.resource);
    for (const auto& plan : set.plans()) {
      for (const auto language :
           {fhir::Language::kBokmal, fhir::Language::kNynorsk, fhir::Language::kEnglish})
        EXPECT_TRUE(fhir::isWellFormedElement(planNarrative(set, plan, language, kDay)))
            << one.path();
    }
  }
}

}  // namespace
}  // namespace planbro::plan
