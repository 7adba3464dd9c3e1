#include "search/folding.h"

#include <gtest/gtest.h>

namespace planbro::search {
namespace {

TEST(Folding, CaseAccentsAndNorwegianLettersFold) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"Nordmann", "nordmann"},
      {"Håkon", "hakon"},
      {"Ha\xcc\x8akon", "hakon"},  // a and a combining ring
      {"ØRJAN", "orjan"},
      {"Ærlig", "aerlig"},
      {"André", "andre"},
      {"Straße", "strasse"},
      {"Đuro Áŋŋel Ŧ", "duro annel t"},
      {"Łukasz Ðorð Þór", "lukasz dord thor"},
      {"  to \t\n ord ", "to ord"},
      {"ﬁn", "fin"},
      {"Anne-Marie", "anne marie"},
      {" (O'Brien), jr.", "o brien jr"},
      {"Håkon «Ola» – Åsnes", "hakon ola asnes"},
      {"C++ $5", "c++ $5"},
      {"\xe2\x80\xa6-!", ""},  // an ellipsis
      {"", ""},
  };
  for (const auto& [written, folded] : cases) EXPECT_EQ(foldText(written), folded) << written;
}

// The Kelvin sign, U+212A, is outside the table of letters and folds to k: with it the whole text
// goes through Unicode's own rules.
TEST(Folding, ALetterOfTheTableFoldsAsUnicodeSays) {
  for (unsigned letter = 0x80; letter < 0x180; ++letter) {
    const std::string text = {'x', static_cast<char>(0xc0 | letter >> 6),
                              static_cast<char>(0x80 | (letter & 0x3f)), 'y'};
    const std::string whole = foldText(text + "\xe2\x84\xaa");
    EXPECT_EQ(foldText(text) + "k", whole) << letter;
  }
}

TEST(Folding, ASignOfTheTableFoldsAsUnicodeSays) {
  for (unsigned sign = 0x2000; sign < 0x2080; ++sign) {
    const std::string text = {'x', static_cast<char>(0xe2),
                              static_cast<char>(0x80 | (sign >> 6 & 1)),
                              static_cast<char>(0x80 | (sign & 0x3f)), 'y'};
    const std::string whole = foldText(text + "\xe2\x84\xaa");
    EXPECT_EQ(foldText(text) + "k", whole) << sign;
  }
}

TEST(Folding, PunctuationStaysWhereItMeansSomething) {
  EXPECT_EQ(foldLetters(" Fotball*  på «Å» "), "fotball* pa «a»");
}

TEST(Folding, CaseAloneFoldsInTokens) {
  EXPECT_EQ(foldCase("Beta-A"), "beta-a");
  EXPECT_EQ(foldCase("ÅS 1"), "ås 1");
}

TEST(Folding, TextThatIsNotUtf8DoesNoHarm) { EXPECT_FALSE(foldText("a\xff\xfe z").empty()); }

}  // namespace
}  // namespace planbro::search
