#include "store/own_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace planbro::store {
namespace {

using Kind = IndexRow::Kind;
using Op = Predicate::Op;

const std::vector<IndexRow>& rows() {
  static const std::vector<IndexRow> made = {
      {Kind::kToken, "identifier", "urn:x", "1", "", 0, 0},
      {Kind::kString, "name", "", "hansen", "Hansen", 0, 0},
      {Kind::kReference, "subject", "Patient", "p", "", 0, 0},
      {Kind::kReference, "author", "", "", "http://a/Patient/1", 0, 0},
      {Kind::kDate, "date", "", "", "", 10, 20},
      {Kind::kQuantity, "value", "http://ucum", "kg", "", 5, 6},
      {Kind::kUri, "url", "", "http://u/one", "", 0, 0}};
  return made;
}

Predicate leaf(Op op, IndexRow row) {
  Predicate predicate;
  predicate.op = op;
  predicate.row = std::move(row);
  return predicate;
}

Predicate branch(Op op, std::vector<Predicate> children) {
  Predicate predicate;
  predicate.op = op;
  predicate.children = std::move(children);
  return predicate;
}

std::optional<bool> ask(const Predicate& predicate) { return fulfils(predicate, "me", rows()); }

TEST(OwnRows, TokensAreComparedBySystemAndCode) {
  const auto token = [](const std::string& system, const std::string& value) {
    return leaf(Op::kEquals, {Kind::kToken, "identifier", system, value, "", 0, 0});
  };
  EXPECT_EQ(ask(token("urn:x", "1")), true);
  EXPECT_EQ(ask(token("urn:y", "1")), false);
  EXPECT_EQ(ask(token("urn:x", "2")), false);
  Predicate code = token("", "1");
  EXPECT_EQ(ask(code), false);
  code.any_system = true;
  EXPECT_EQ(ask(code), true);
  Predicate system = token("urn:x", "");
  system.any_value = true;
  EXPECT_EQ(ask(system), true);
  Predicate one_of = leaf(Op::kOneOf, {Kind::kToken, "identifier", "urn:x", "", "", 0, 0});
  one_of.ids = {"0", "1"};
  EXPECT_EQ(ask(one_of), true);
  EXPECT_EQ(ask(leaf(Op::kMissing, {Kind::kToken, "identifier", "", "", "", 0, 0})), false);
  EXPECT_EQ(ask(leaf(Op::kMissing, {Kind::kToken, "code", "", "", "", 0, 0})), true);
}

TEST(OwnRows, TextsReferencesAndSpansAreCompared) {
  const auto name = [](Op op, const std::string& value) {
    return leaf(op, {Kind::kString, "name", "", value, "Hansen", 0, 0});
  };
  EXPECT_EQ(ask(name(Op::kStartsWith, "han")), true);
  EXPECT_EQ(ask(name(Op::kStartsWith, "sen")), false);
  EXPECT_EQ(ask(name(Op::kEndsWith, "sen")), true);
  EXPECT_EQ(ask(name(Op::kContains, "nse")), true);
  EXPECT_EQ(ask(name(Op::kExact, "hansen")), true);
  EXPECT_EQ(ask(leaf(Op::kEquals, {Kind::kUri, "url", "", "http://u/one", "", 0, 0})), true);
  EXPECT_EQ(ask(leaf(Op::kEquals, {Kind::kReference, "subject", "", "p", "", 0, 0})), true);
  EXPECT_EQ(ask(leaf(Op::kEquals, {Kind::kReference, "subject", "Group", "p", "", 0, 0})), false);
  EXPECT_EQ(
      ask(leaf(Op::kEquals, {Kind::kReference, "author", "", "", "http://a/Patient/1", 0, 0})),
      true);
  const auto date = [](Op op, std::int64_t low, std::int64_t high) {
    return leaf(op, {Kind::kDate, "date", "", "", "", low, high});
  };
  EXPECT_EQ(ask(date(Op::kEquals, 10, 20)), true);
  EXPECT_EQ(ask(date(Op::kOverlaps, 20, 30)), true);
  EXPECT_EQ(ask(date(Op::kOverlaps, 21, 30)), false);
  EXPECT_EQ(ask(date(Op::kWithin, 10, 20)), true);
  EXPECT_EQ(ask(date(Op::kWithin, 11, 20)), false);
  EXPECT_EQ(ask(date(Op::kBefore, 21, 22)), true);
  EXPECT_EQ(ask(date(Op::kAfter, 1, 9)), true);
  EXPECT_EQ(ask(date(Op::kStartsAtOrAfter, 11, 0)), false);
  EXPECT_EQ(ask(date(Op::kEndsAtOrBefore, 0, 20)), true);
  EXPECT_EQ(ask(leaf(Op::kWithin, {Kind::kQuantity, "value", "", "kg", "", 5, 6})), true);
  EXPECT_EQ(ask(leaf(Op::kWithin, {Kind::kQuantity, "value", "", "g", "", 5, 6})), false);
}

TEST(OwnRows, WhatOtherResourcesDecideIsOpenUnlessTheRestDecides) {
  const Predicate yes;
  const Predicate no = branch(Op::kNot, {yes});
  const Predicate open = leaf(Op::kReferenceTo, {Kind::kReference, "subject", "Patient"});
  const Predicate time = leaf(Op::kAfter, {Kind::kDate, "_lastUpdated", "", "", "", 0, 0});
  EXPECT_EQ(ask(yes), true);
  EXPECT_EQ(ask(no), false);
  EXPECT_EQ(ask(open), std::nullopt);
  EXPECT_EQ(ask(time), std::nullopt);
  EXPECT_EQ(ask(branch(Op::kNot, {open})), std::nullopt);
  EXPECT_EQ(ask(branch(Op::kAnd, {open, yes})), std::nullopt);
  EXPECT_EQ(ask(branch(Op::kAnd, {open, no})), false);
  EXPECT_EQ(ask(branch(Op::kOr, {open, yes})), true);
  EXPECT_EQ(ask(branch(Op::kOr, {open, no})), std::nullopt);
  EXPECT_EQ(ask(branch(Op::kOr, {})), false);
  Predicate own;
  own.op = Op::kId;
  own.ids = {"other", "me"};
  EXPECT_EQ(ask(own), true);
  EXPECT_EQ(fulfils(own, "", rows()), false);
}

}  // namespace
}  // namespace planbro::store
