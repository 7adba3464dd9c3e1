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

TEST(Narrative, WhatThePlanSaysCannotBecomeMarkup) {
  const std::string text = told({.title = R"(<script>alert('x')</script> & \"q\" \u0001)"});
  EXPECT_EQ(text.find("<script"), std::string::npos);
  EXPECT_NE(text.find("&lt;script&gt;"), std::string::npos);
  EXPECT_TRUE(fhir::isWellFormedElement(text)) << text;
}

TEST(Narrative, WhoHasLeftIsNotNamedAndWhoIsProposedIsSaidToBe) {
  EXPECT_EQ(told({.second_extra = R"(,"period":{"end":"2026-10"})", .performer = ""})
                .find("<li><b>Finn Fysio</b></li>"),
            std::string::npos);
  const std::string proposed =
      told({.second_extra = R"(,"extension":[{"url":")" + std::string(kExtensionBase) +
                            R"(ip-participant-status","valueCode":"proposed"}])"});
  EXPECT_NE(proposed.find("<b>Finn Fysio</b> (foreslått, har ikke tilgang ennå)"),
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
