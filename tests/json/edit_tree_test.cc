#include "json/edit_tree.h"

#include <gtest/gtest.h>

#include "json/parser.h"
#include "json/writer.h"

namespace planbro::json {
namespace {

DocumentPtr documentOf(std::string text) { return *parse(std::move(text)); }

std::string finished(EditTree& tree) { return write(*tree.finish(nullptr)); }

TEST(EditTree, WithoutChangesIsTheDocument) {
  EditTree tree(documentOf(R"({"a":[1.50,{"b":null}],"c":"æ"})"));
  EXPECT_TRUE(tree.fits());
  EXPECT_EQ(finished(tree), R"({"a":[1.50,{"b":null}],"c":"æ"})");
}

TEST(EditTree, ChangesWhatItIsToldAndKeepsTheRestInOrder) {
  EditTree tree(documentOf(R"({"a":1,"b":[1,2],"c":3})"));
  const DocumentPtr other = documentOf(R"({"x":"new"})");
  tree.setMember(*tree.root(), "a", tree.value(other->root().children()[0], other));
  tree.insert(*tree.member(*tree.root(), "b"), 1, tree.value(other->root(), other));
  tree.removeMember(*tree.root(), "c");
  tree.setMember(*tree.root(), "d", tree.container(Kind::kArray));
  EXPECT_EQ(finished(tree), R"({"a":"new","b":[1,{"x":"new"},2],"d":[]})");
}

TEST(EditTree, ACopyIsItsOwn) {
  EditTree tree(documentOf(R"({"a":{"b":[1]}})"));
  EditTree::Item* original = tree.member(*tree.root(), "a");
  tree.itemsOf(*tree.member(*original, "b"));
  tree.setMember(*tree.root(), "c", tree.copyOf(*original));
  tree.itemsOf(*tree.member(*original, "b")).clear();
  EXPECT_EQ(finished(tree), R"({"a":{"b":[]},"c":{"b":[1]}})");
}

TEST(EditTree, DropsWhatChangesLeftEmptyButNothingElse) {
  EditTree tree(documentOf(R"({"a":{"b":[1]},"c":[],"d":2})"));
  tree.itemsOf(*tree.member(*tree.member(*tree.root(), "a"), "b")).clear();
  tree.dropEmptied();
  EXPECT_EQ(finished(tree), R"({"c":[],"d":2})");
}

TEST(EditTree, FindsANodeAndTheWayToIt) {
  const DocumentPtr document = documentOf(R"({"a":[{"b":1},{"b":2}]})");
  EditTree tree(document);
  const Node& two = document->root().member("a")->children()[1].children()[0];
  std::vector<EditTree::Item*> chain;
  EditTree::Item* item = tree.find(two, &chain);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->name, "b");
  EXPECT_EQ(chain.size(), 4U);
  EXPECT_EQ(chain.front(), tree.root());
  EXPECT_EQ(tree.find(documentOf("1")->root(), &chain), nullptr);
}

TEST(EditTree, KnowsWhenItHasGrownTooLargeOrTooDeep) {
  const DocumentPtr document = documentOf("[[1]]");
  EditTree large(document, {.values = 4, .depth = 64});
  large.insert(*large.root(), 0, large.value(document->root(), document));
  EXPECT_TRUE(large.isOverfull());
  EXPECT_FALSE(large.fits());
  EditTree deep(document, {.values = 100, .depth = 2});
  EXPECT_TRUE(deep.fits());
  EditTree::Item* inner = deep.container(Kind::kArray);
  deep.insert(*inner, 0, deep.container(Kind::kArray));
  deep.insert(*deep.root(), 0, inner);
  EXPECT_FALSE(deep.fits());
}

TEST(SameNumber, ComparesValuesNotTexts) {
  EXPECT_TRUE(sameNumber("1.50", "1.5"));
  EXPECT_TRUE(sameNumber("10e-1", "1"));
  EXPECT_TRUE(sameNumber("0.00", "-0"));
  EXPECT_TRUE(sameNumber("100", "1E+2"));
  EXPECT_FALSE(sameNumber("1.50", "1.05"));
  EXPECT_FALSE(sameNumber("1", "-1"));
  EXPECT_FALSE(sameNumber("1e10", "1e11"));
}

}  // namespace
}  // namespace planbro::json
