#include "validation/xhtml.h"

#include <gtest/gtest.h>

namespace planbro::validation {
namespace {

std::string faultsOf(std::string_view div) {
  std::string text;
  for (const std::string& fault : checkXhtml(div).faults) text += fault + ";";
  return text;
}

TEST(XhtmlTest, PlainNarrativeIsAccepted) {
  EXPECT_EQ(
      faultsOf("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class='x'>Mål &amp; tiltak<br/>"
               "</p><!-- c --></div>"),
      "");
}

TEST(XhtmlTest, ActiveContentIsRefused) {
  EXPECT_EQ(faultsOf("<div><script>x</script></div>"), "element script;");
  EXPECT_EQ(faultsOf("<div><p onclick=\"x()\">a</p></div>"), "attribute onclick;");
  EXPECT_EQ(faultsOf("<div><a href=\" JavaScript:x()\">a</a></div>"),
            "attribute href with a script;");
}

TEST(XhtmlTest, WhatIsNotWellFormedIsRefused) {
  EXPECT_EQ(faultsOf("<div><p>a</div>"), "not well-formed: end tags do not match;");
  EXPECT_EQ(faultsOf("<div>a & b</div>"), "not well-formed: a bare &;");
  EXPECT_EQ(faultsOf("<div>a</div><div>b</div>"), "not well-formed: more than one root;");
  EXPECT_EQ(faultsOf("<!DOCTYPE x><div>a</div>"),
            "not well-formed: a declaration or processing instruction;");
  EXPECT_EQ(faultsOf("<div"), "not well-formed: a tag is not closed;");
}

TEST(XhtmlTest, TheRootIsADiv) { EXPECT_EQ(faultsOf("<p>a</p>"), "root p;"); }

TEST(XhtmlTest, ContentIsTextOrAnImage) {
  EXPECT_FALSE(checkXhtml("<div> \n </div>").has_content);
  EXPECT_TRUE(checkXhtml("<div>a</div>").has_content);
  EXPECT_TRUE(checkXhtml("<div><img src='#a'/></div>").has_content);
}

}  // namespace
}  // namespace planbro::validation
