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
      {"", ""},
  };
  for (const auto& [written, folded] : cases) EXPECT_EQ(foldText(written), folded) << written;
}

TEST(Folding, TextThatIsNotUtf8DoesNoHarm) { EXPECT_FALSE(foldText("a\xff\xfe z").empty()); }

}  // namespace
}  // namespace planbro::search
