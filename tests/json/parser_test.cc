#include "json/parser.h"

#include <gtest/gtest.h>

#include "json/builder.h"
#include "json/writer.h"

namespace planbro::json {
namespace {

DocumentPtr parsed(std::string text) {
  auto result = parse(std::move(text));
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  return result ? *result : nullptr;
}

ParseError refused(std::string text) {
  auto result = parse(std::move(text));
  EXPECT_FALSE(result.has_value());
  return result ? ParseError{} : result.error();
}

TEST(Parser, ACompactDocumentComesOutByteForByte) {
  for (const std::string text :
       {R"({"a":1.50,"b":[1e3,-0,0.10],"c":{"d":null,"e":true,"f":false},"g":""})",
        R"({"text":"\u00e6 \/ \n é 😀 \uD83D\uDE00","\u0061b":"x","z":[{},[]]})", R"("alone")",
        R"(12345678901234567890.123456789)"}) {
    EXPECT_EQ(write(*parsed(text)), text);
  }
}

TEST(Parser, EscapesAreResolvedInTheTreeAndKeptInTheOutput) {
  const auto document = parsed(R"({"a":"l\u00f8 \"x\"","\u0062":2})");
  EXPECT_EQ(document->root().member("a")->text(), "lø \"x\"");
  EXPECT_EQ(document->root().member("b")->text(), "2");
}

TEST(Parser, EveryValueKnowsItsPlace) {
  const auto document = parsed("{\n  \"a\": [ 1,\n   \"x\\n\", {\"b\" : -2.0} ]\n}");
  const Node& list = *document->root().member("a");
  EXPECT_EQ(document->positionOf(list.offset).line, 2U);
  EXPECT_EQ(document->positionOf(list.offset).column, 8U);
  EXPECT_EQ(list.children()[0].offset, document->source().find('1'));
  EXPECT_EQ(list.children()[1].offset, document->source().find("\"x"));
  EXPECT_EQ(list.children()[2].children()[0].offset, document->source().find("-2"));
}

TEST(Parser, AByteOrderMarkIsPassedOver) {
  EXPECT_EQ(parsed("\xEF\xBB\xBF{\"a\":1}")->root().member("a")->offset, 8U);
}

TEST(Parser, DuplicateNamesAreRefusedWithTheirPlace) {
  const ParseError error = refused(R"({"a":1,"b":2,"\u0061":3})");
  EXPECT_EQ(error.code, ParseErrorCode::kDuplicateName);
  EXPECT_EQ(error.offset, 22U);
  std::string many = "{";
  for (int i = 0; i < 30; ++i) many += "\"n" + std::to_string(i) + "\":0,";
  EXPECT_EQ(refused(many + "\"n7\":1}").code, ParseErrorCode::kDuplicateName);
}

TEST(Parser, DepthIsBounded) {
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')).has_value());
  EXPECT_EQ(refused(std::string(65, '[') + std::string(65, ']')).code, ParseErrorCode::kTooDeep);
  EXPECT_EQ(refused(std::string(1'000'000, '[')).code, ParseErrorCode::kTooDeep);
}

TEST(Parser, FaultsOfTheTextAreNamed) {
  using namespace std::string_literals;
  EXPECT_EQ(refused("").code, ParseErrorCode::kEmpty);
  EXPECT_EQ(refused(" \n").code, ParseErrorCode::kEmpty);
  EXPECT_EQ(refused("{\"a\":1").code, ParseErrorCode::kSyntax);
  EXPECT_EQ(refused("{\"a\":1} x").code, ParseErrorCode::kTrailing);
  EXPECT_EQ(refused("{\"a\":\"\xE6\"}").code, ParseErrorCode::kEncoding);
  EXPECT_EQ(refused("{\"a\":\"\xE6\"}").offset, 6U);
  EXPECT_EQ(refused("{\"a\":\"\0\"}"s).code, ParseErrorCode::kNul);
  EXPECT_EQ(refused(R"({"a":"\u0000"})").code, ParseErrorCode::kNul);
  EXPECT_EQ(refused(R"({"a":"\uD83D"})").code, ParseErrorCode::kLoneSurrogate);
  EXPECT_EQ(refused(R"({"a":"\uDE00"})").code, ParseErrorCode::kLoneSurrogate);
  EXPECT_EQ(refused("{'a':1}").code, ParseErrorCode::kSyntax);
  EXPECT_EQ(refused("[01]").code, ParseErrorCode::kSyntax);
  EXPECT_EQ(refused("[NaN]").code, ParseErrorCode::kSyntax);
  EXPECT_EQ(refused("{\"a\":\"\n\"}").code, ParseErrorCode::kSyntax);
  EXPECT_EQ(refused("{\n\"a\" 1}").position.line, 2U);
}

TEST(Parser, ControlCharactersAreRefusedWhereverTheyStand) {
  for (char c = 1; c < 0x20; ++c) {
    for (const std::size_t length : {0, 7, 40}) {
      const std::string text = "\"" + std::string(length, 'x') + c + std::string(20, 'y') + "\"";
      EXPECT_FALSE(parse(text).has_value()) << int{c} << " after " << length;
    }
  }
}

TEST(Parser, KnownNamesCarryTheirNumber) {
  NameTable names;
  const Name* known = names.intern("status");
  ParseOptions options;
  options.names = &names;
  const auto document = *parse(R"({"status":"active","other":1})", options);
  EXPECT_EQ(document->root().children()[0].name, known);
  EXPECT_EQ(document->root().children()[1].name->id, 0);
}

TEST(NameTable, KeepsEveryNameWhileItGrows) {
  NameTable names;
  for (int i = 0; i < 5000; ++i) names.intern("name" + std::to_string(i));
  for (int i = 0; i < 5000; ++i) {
    const Name* name = names.find("name" + std::to_string(i));
    ASSERT_NE(name, nullptr);
    EXPECT_EQ(&names.at(name->id), name);
  }
  EXPECT_EQ(names.find("nameless"), nullptr);
}

TEST(Builder, MakesADocumentAndBorrowsFromAnother) {
  auto old = parsed(R"({"list":[{"x":"\u00e6"},2.50],"n":1})");
  Builder builder;
  builder.beginObject();
  builder.key("id").string("a\"b");
  builder.key("copied").copy(*old->root().member("list"), old);
  builder.key("empty").beginArray();
  builder.endArray();
  builder.key("yes").boolean(true);
  builder.key("no").null();
  builder.key("n").number("1.0");
  builder.endObject();
  const auto document = std::move(builder).finish();
  old.reset();
  EXPECT_EQ(write(*document),
            R"({"id":"a\"b","copied":[{"x":"æ"},2.50],"empty":[],"yes":true,"no":null,"n":1.0})");
}

TEST(Writer, PrettyOutputParsesToTheSame) {
  const std::string compact = R"({"a":[1,{"b":[]}],"c":{}})";
  const std::string pretty = write(*parsed(compact), {.pretty = true});
  EXPECT_EQ(write(*parsed(pretty)), compact);
  EXPECT_NE(pretty.find("\n    {\n"), std::string::npos);
}

}  // namespace
}  // namespace planbro::json
