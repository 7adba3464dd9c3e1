#include "fhir/element.h"

#include <gtest/gtest.h>

#include "json/parser.h"

namespace planbro::fhir {
namespace {

json::DocumentPtr bound(std::string text) {
  const Definitions& r4 = Definitions::r4();
  json::ParseOptions options;
  options.names = &r4.names();
  options.bind = [&](json::DocumentMaker& maker) { bind(maker, r4); };
  auto parsed = json::parse(std::move(text), options);
  EXPECT_TRUE(parsed.has_value());
  return *parsed;
}

std::vector<std::string> texts(const Element& parent, std::string_view name) {
  std::vector<std::string> found;
  parent.forEachChild(name, [&](const Element& e) { found.emplace_back(e.text()); });
  return found;
}

TEST(Definitions, R4CoreHasItsTypes) {
  const Definitions& r4 = Definitions::r4();
  const TypeId plan = r4.findType("CarePlan");
  ASSERT_NE(plan, 0);
  EXPECT_EQ(r4.type(plan).url, "http://hl7.org/fhir/StructureDefinition/CarePlan");
  EXPECT_TRUE(r4.isA(plan, r4.findType("DomainResource")));
  EXPECT_TRUE(r4.isA(r4.findType("Age"), r4.findType("Quantity")));
  EXPECT_FALSE(r4.isA(plan, r4.findType("Quantity")));
  EXPECT_EQ(r4.findType("Plan"), 0);
}

TEST(Element, AChoiceIsFoundByItsElementNameWithItsType) {
  const auto document = bound(
      R"({"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"kg"},"status":"final"})");
  const Element root = Element::root(*document, Definitions::r4());
  EXPECT_EQ(root.typeName(), "Observation");
  const Element value = root.child("value");
  EXPECT_EQ(value.typeName(), "Quantity");
  EXPECT_EQ(value.name(), "value");
  EXPECT_EQ(value.child("value").text(), "1.50");
  EXPECT_EQ(value.child("value").typeName(), "decimal");
  EXPECT_EQ(value.member()->path, "Observation.value[x]");
}

TEST(Element, APrimitiveComesTogetherWithItsSibling) {
  const auto document = bound(R"({"resourceType":"Patient",
    "_birthDate":{"extension":[{"url":"u","valueString":"x"}]},"birthDate":"2000-01-01",
    "name":[{"given":["A",null,"C"],"_given":[null,{"id":"g"}]}],
    "_gender":{"id":"only"}})");
  const Element root = Element::root(*document, Definitions::r4());
  const Element birth = root.child("birthDate");
  EXPECT_EQ(birth.text(), "2000-01-01");
  EXPECT_EQ(birth.extensionValue("u").text(), "x");
  EXPECT_EQ(birth.extensionValue("u").typeName(), "string");
  EXPECT_EQ(texts(root.child("name"), "given"), (std::vector<std::string>{"A", "", "C"}));
  EXPECT_FALSE(root.child("gender").hasValue());
  EXPECT_EQ(root.child("gender").child("id").text(), "only");
  int count = 0;
  root.forEachChild([&](const Element&) { ++count; });
  EXPECT_EQ(count, 3);
}

TEST(Element, ContainedResourcesAndBundleEntriesHaveTheirOwnType) {
  const auto document = bound(
      R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"CarePlan","contained":[{"resourceType":"CareTeam","participant":[{"role":[{"text":"r"}]}]}],"activity":[{"detail":{"status":"scheduled"}}]}}]})");
  const Element plan = Element::root(*document, Definitions::r4()).child("entry").child("resource");
  EXPECT_EQ(plan.typeName(), "CarePlan");
  const Element team = plan.child("contained");
  EXPECT_EQ(team.typeName(), "CareTeam");
  EXPECT_EQ(team.child("participant").child("role").typeName(), "CodeableConcept");
  EXPECT_EQ(plan.child("activity").child("detail").child("status").typeName(), "code");
}

TEST(Element, ContentReferencesAreFollowedToAnyDepth) {
  const auto document =
      bound(R"({"resourceType":"Questionnaire","item":[{"item":[{"item":[{"linkId":"3"}]}]}]})");
  const Element item =
      Element::root(*document, Definitions::r4()).child("item").child("item").child("item");
  EXPECT_EQ(item.child("linkId").member()->path, "Questionnaire.item.linkId");
}

TEST(Element, WhatDoesNotBindIsKeptAndMarked) {
  const auto document =
      bound(R"({"resourceType":"Patient","hobby":"chess","status":"x","active":true})");
  const Element root = Element::root(*document, Definitions::r4());
  EXPECT_EQ(root.child("hobby").text(), "chess");
  EXPECT_EQ(root.child("hobby").member(), nullptr);
  EXPECT_EQ(root.child("status").text(), "x");
  EXPECT_EQ(root.child("status").member(), nullptr);
  EXPECT_NE(root.child("active").member(), nullptr);
}

TEST(Element, ATreeWithoutDefinitionsIsWalkedByName) {
  const auto document = bound(R"({"MsgHead":{"MsgInfo":{"status":"a"}}})");
  const Element root = Element::root(*document, Definitions::r4());
  EXPECT_EQ(root.child("MsgHead").child("MsgInfo").child("status").text(), "a");
  EXPECT_EQ(root.typeName(), "");
}

}  // namespace
}  // namespace planbro::fhir
