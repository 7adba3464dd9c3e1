// The neutral query: every predicate, visibility, order, pages.
#include <limits>

#include "contract/store_contract.h"

namespace planbro::store {
namespace {

using Op = Predicate::Op;
using Ids = std::vector<std::string>;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST_P(StoreContract, SearchByToken) {
  put("CarePlan", "a", {tokenRow("category", "urn:s", "x"), tokenRow("category", "urn:t", "y")});
  put("CarePlan", "b", {tokenRow("category", "", "x")});
  put("Goal", "c", {tokenRow("category", "urn:s", "x")});
  EXPECT_EQ(find(queryFor(token("category", "urn:s", "x"))), Ids{"a"});
  EXPECT_EQ(find(queryFor(token("category", "", "x"))), Ids{"b"});
  EXPECT_EQ(find(queryFor(token("category", "urn:unheard", "x"))), Ids{});
  EXPECT_EQ(find(queryFor(token("unheard", "urn:s", "x"))), Ids{});
  EXPECT_EQ(find(queryFor(token("category", "urn:s", "x"), "Unheard")), Ids{});
  Predicate any = token("category", "", "x");
  any.any_system = true;
  EXPECT_EQ(find(queryFor(any)), (Ids{"a", "b"}));
  Predicate system_only = token("category", "urn:t", "");
  system_only.any_value = true;
  EXPECT_EQ(find(queryFor(system_only)), Ids{"a"});
}

TEST_P(StoreContract, OneTokenIsFoundAmongFewRowsAndManyOldVersionsAlike) {
  Query query = queryFor(token("identifier", "urn:s", "1"));
  query.count = 2;
  const auto put = [&](const std::string& id, int versions) {
    for (int i = 0; i < versions; ++i)
      StoreContract::put("CarePlan", id, {tokenRow("identifier", "urn:s", "1")});
  };
  put("a", 3);
  put("b", 1);
  remove("CarePlan", "b");
  EXPECT_EQ(find(query), Ids{"a"});
  put("c", 2);
  put("d", 1);
  EXPECT_EQ(find(query), (Ids{"a", "c"}));
  auto reader = store().snapshot();
  const auto first = (*reader)->search(query);
  ASSERT_TRUE(first && first->next.has_value());
  EXPECT_EQ(first->moment, 8U);
  query.cursor = first->next;
  EXPECT_EQ(find(query), Ids{"d"});
  query.cursor.reset();
  put("c", 40);
  query.count = 5;
  EXPECT_EQ(find(query), (Ids{"a", "d", "c"}));
}

TEST_P(StoreContract, ATransactionFindsByOneTokenWhatItHasWrittenItself) {
  const Query query = queryFor(token("identifier", "urn:s", "1"));
  std::vector<std::size_t> found;
  ASSERT_TRUE(store().transact([&](Transaction& transaction) -> Status {
    found.clear();
    for (const char* id : {"a", "b"}) {
      Put put = makePut("CarePlan", id, 1);
      put.index = {tokenRow("identifier", "urn:s", "1"), tokenRow("identifier", "urn:s", "1"),
                   dateRow("date", 1, 2)};
      PLANBRO_RETURN_IF_ERROR(transaction.put(put));
      PLANBRO_ASSIGN_OR_RETURN(const SearchPage page, transaction.search(query));
      found.push_back(page.matches.size());
    }
    return {};
  }));
  EXPECT_EQ(found, (std::vector<std::size_t>{1, 2}));
}

TEST_P(StoreContract, AllRowsOfALargeTransactionAreFound) {
  constexpr int kResources = 900;
  ASSERT_TRUE(store().transact([](Transaction& transaction) -> Status {
    for (int i = 0; i < kResources; ++i) {
      Put put = makePut("CarePlan", std::to_string(i), 1);
      for (int row = 0; row < 11; ++row)
        put.index.push_back(tokenRow("category", "urn:s", std::to_string(i * 10 + row)));
      PLANBRO_RETURN_IF_ERROR(transaction.put(put));
    }
    return {};
  }));
  EXPECT_EQ(find(queryFor(token("category", "urn:s", "0"))), Ids{"0"});
  EXPECT_EQ(find(queryFor(token("category", "urn:s", "10"))), (Ids{"0", "1"}));
  EXPECT_EQ(find(queryFor(token("category", "urn:s", "4444"))), Ids{"444"});
  EXPECT_EQ(find(queryFor(token("category", "urn:s", "9000"))), Ids{"899"});
  Query all = queryFor(leaf(Op::kMissing, tokenRow("category", "", "")));
  EXPECT_EQ(find(all), Ids{});
}

TEST_P(StoreContract, SearchByString) {
  put("Patient", "a", {stringRow("name", "hakon", "Håkon"), stringRow("name", "berg", "Berg")});
  put("Patient", "b", {stringRow("name", "hakonsen", "Hakonsen")});
  put("Patient", "c", {stringRow("name", "ha%", "Ha%")});
  const auto named = [&](Op op, std::string value, std::string exact = {}) {
    return find(
        queryFor(leaf(op, stringRow("name", std::move(value), std::move(exact))), "Patient"));
  };
  EXPECT_EQ(named(Op::kStartsWith, "hak"), (Ids{"a", "b"}));
  EXPECT_EQ(named(Op::kStartsWith, ""), (Ids{"a", "b", "c"}));
  EXPECT_EQ(named(Op::kEquals, "hakon"), Ids{"a"});
  EXPECT_EQ(named(Op::kContains, "kons"), Ids{"b"});
  EXPECT_EQ(named(Op::kContains, "%"), Ids{"c"});
  EXPECT_EQ(named(Op::kExact, "hakon", "Håkon"), Ids{"a"});
  EXPECT_EQ(named(Op::kExact, "", "Håkon"), Ids{"a"});
  EXPECT_EQ(named(Op::kExact, "hakon", "Hakon"), Ids{});
}

TEST_P(StoreContract, TheIndexOfACurrentVersionCanBeMadeAnew) {
  put("CarePlan", "a", {tokenRow("status", "", "draft"), stringRow("title", "old", "old")});
  put("CarePlan", "a", {tokenRow("status", "", "active"), stringRow("title", "old", "old")});
  put("CarePlan", "b", {tokenRow("status", "", "active")});
  remove("CarePlan", "b");
  const auto setIndex = [&](const std::string& id, std::uint64_t version) {
    return store().transact([&](Transaction& transaction) {
      return transaction.setIndex(
          "CarePlan", id, version,
          {tokenRow("status", "", "active"), tokenRow("status", "", "active"),
           tokenRow("added", "urn:s", "x"), dateRow("date", 1, 2),
           referenceRow("subject", "Patient", "1")});
    });
  };
  auto reader = store().snapshot();
  const auto before = (*reader)->changesAfter(0, 100);
  EXPECT_EQ(setIndex("a", 1).error().code, ErrorCode::kConflict);
  EXPECT_EQ(setIndex("b", 2).error().code, ErrorCode::kConflict);
  EXPECT_EQ(setIndex("c", 1).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(setIndex("a", 2));
  EXPECT_EQ(find(queryFor(token("added", "urn:s", "x"))), Ids{"a"});
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, referenceRow("subject", "Patient", "1")))), Ids{"a"});
  EXPECT_EQ(find(queryFor(leaf(Op::kWithin, dateRow("date", 0, 3)))), Ids{"a"});
  EXPECT_EQ(find(queryFor(leaf(Op::kStartsWith, stringRow("title", "old", "")))), Ids{});
  reader = store().snapshot();
  EXPECT_EQ((*reader)->changesAfter(0, 100)->size(), before->size());
  // What the same transaction has just written, and what is taken back.
  EXPECT_TRUE(store().transact([&](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.put(makePut("CarePlan", "d", 1)));
    return transaction.setIndex("CarePlan", "d", 1, {tokenRow("added", "urn:s", "x")});
  }));
  EXPECT_EQ(find(queryFor(token("added", "urn:s", "x"))), (Ids{"a", "d"}));
  EXPECT_FALSE(store().transact([&](Transaction& transaction) -> Status {
    PLANBRO_RETURN_IF_ERROR(transaction.setIndex("CarePlan", "d", 1, {}));
    return fail(ErrorCode::kConflict, "taken back");
  }));
  EXPECT_EQ(find(queryFor(token("added", "urn:s", "x"))), (Ids{"a", "d"}));
}

TEST_P(StoreContract, ASearchIsExplainedWithoutItsValues) {
  for (int i = 0; i < 3; ++i)
    put("CarePlan", std::to_string(i),
        {tokenRow("status", "", "unsaid"), tokenRow("category", "", "x")});
  auto reader = store().snapshot();
  const auto text = (*reader)->explain(
      queryFor(both({token("status", "", "unsaid"), token("unheard", "", "y")})));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_NE(text->find("status: 3 candidates by index"), std::string::npos) << *text;
  EXPECT_NE(text->find("unheard: 0 candidates by index"), std::string::npos) << *text;
  EXPECT_NE(text->find("begins with: 3 candidates by index"), std::string::npos) << *text;
  EXPECT_NE(text->find("statement: SELECT"), std::string::npos) << *text;
  EXPECT_NE(text->find("plan: "), std::string::npos) << *text;
  EXPECT_EQ(text->find("unsaid"), std::string::npos) << *text;
}

TEST_P(StoreContract, AnExplanationCountsNothingForWhoDoesNotSeeAll) {
  put("Patient", "p", {tokenRow("gender", "", "male"), tokenRow("_security", "", "N")});
  put("Goal", "g", {tokenRow("status", "", "active"), referenceRow("subject", "Patient", "p")});
  const auto explained = [&](const Query& query) {
    auto reader = store().snapshot();
    const auto text = (*reader)->explain(query);
    return text ? *text : text.error().message;
  };
  Query limited = queryFor(token("status", "", "active"), "Goal");
  EXPECT_NE(explained(limited).find("status: 1 candidates"), std::string::npos);
  limited.visible = token("_security", "", "N");
  EXPECT_NE(explained(limited).find("status: candidates by index\nbegins with: candidates"),
            std::string::npos)
      << explained(limited);
  Predicate step = leaf(Op::kReferenceTo, referenceRow("subject", "Patient", ""));
  step.children = {both({token("gender", "", "male"), token("_security", "", "N")})};
  EXPECT_NE(explained(queryFor(step, "Goal")).find(": 1 candidates"), std::string::npos);
  step.children[0].children[1].visibility = true;
  const std::string chained = explained(queryFor(step, "Goal"));
  EXPECT_NE(chained.find("begins with: candidates by index"), std::string::npos) << chained;
}

TEST_P(StoreContract, SearchByTheEndOfAValueAndByOneOfMany) {
  put("CarePlan", "a", {tokenRow("category", "urn:s", "A1"), stringRow("title", "50% plan", "")});
  put("CarePlan", "b", {tokenRow("category", "urn:s", "B1"), stringRow("title", "500 plan", "")});
  put("CarePlan", "c", {tokenRow("category", "urn:t", "A1"), stringRow("title", "a_plan!", "")});
  const auto ends = [&](IndexRow row) {
    Predicate out = leaf(Op::kEndsWith, std::move(row));
    out.any_system = true;
    return find(queryFor(out));
  };
  EXPECT_EQ(ends(stringRow("title", "plan", "")), (Ids{"a", "b"}));
  EXPECT_EQ(ends(stringRow("title", "0% plan", "")), Ids{"a"});
  EXPECT_EQ(ends(stringRow("title", "_plan!", "")), Ids{"c"});
  EXPECT_EQ(ends(tokenRow("category", "", "1")), (Ids{"a", "b", "c"}));
  EXPECT_EQ(ends(tokenRow("category", "", "A1")), (Ids{"a", "c"}));
  EXPECT_EQ(ends(tokenRow("category", "", "a1")), Ids{});
  EXPECT_EQ(ends(tokenRow("category", "", "xA1")), Ids{});
  Predicate some = token("category", "urn:s", "");
  some.op = Op::kOneOf;
  some.ids = {"A1", "C1"};
  EXPECT_EQ(find(queryFor(some)), Ids{"a"});
  some.any_system = true;
  EXPECT_EQ(find(queryFor(some)), (Ids{"a", "c"}));
  some.ids.clear();
  EXPECT_EQ(find(queryFor(some)), Ids{});
  some.ids.resize(6000, "x");
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->search(queryFor(some)).error().code, ErrorCode::kLimitExceeded);
}

TEST_P(StoreContract, NamesThatNoRowHasDecideAtOnce) {
  put("CarePlan", "a", {tokenRow("status", "", "x")});
  const Predicate known = token("status", "", "x");
  const Predicate unheard = token("unheard", "", "x");
  EXPECT_EQ(find(queryFor(both({known, unheard}))), Ids{});
  EXPECT_EQ(find(queryFor(both({negation(unheard), known}))), Ids{"a"});
  EXPECT_EQ(find(queryFor(either({unheard, known, unheard}))), Ids{"a"});
  EXPECT_EQ(find(queryFor(either({negation(unheard), known}))), Ids{"a"});
  EXPECT_EQ(find(queryFor(negation(either({unheard, both({unheard, known})})))), Ids{"a"});
}

TEST_P(StoreContract, SearchByReference) {
  IndexRow far = referenceRow("subject", "", "");
  far.exact = "https://elsewhere.example/fhir/Patient/1";
  put("CarePlan", "a", {referenceRow("subject", "Patient", "1")});
  put("CarePlan", "b", {referenceRow("subject", "Group", "1")});
  put("CarePlan", "c", {far});
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, referenceRow("subject", "Patient", "1")))), Ids{"a"});
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, referenceRow("subject", "", "1")))), (Ids{"a", "b"}));
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, far))), Ids{"c"});
  IndexRow versioned = referenceRow("subject", "Patient", "9");
  versioned.exact = "Patient/9/_history/2";
  put("CarePlan", "d", {versioned});
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, referenceRow("subject", "Patient", "9")))), Ids{"d"});
  versioned.value.clear();
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, versioned))), Ids{"d"});
  versioned.exact = "Patient/9/_history/1";
  EXPECT_EQ(find(queryFor(leaf(Op::kEquals, versioned))), Ids{});
}

TEST_P(StoreContract, SearchByDate) {
  put("CarePlan", "a", {dateRow("date", 10, 19)});
  put("CarePlan", "b", {dateRow("date", 20, 29)});
  put("CarePlan", "c", {dateRow("date", 25, kMax)});
  put("CarePlan", "d", {dateRow("date", kMin, 14)});
  const auto dated = [&](Op op, std::int64_t low, std::int64_t high) {
    return find(queryFor(leaf(op, dateRow("date", low, high))));
  };
  EXPECT_EQ(dated(Op::kOverlaps, 12, 20), (Ids{"a", "b", "d"}));
  EXPECT_EQ(dated(Op::kWithin, 10, 29), (Ids{"a", "b"}));
  EXPECT_EQ(dated(Op::kBefore, 20, 29), (Ids{"a", "d"}));
  EXPECT_EQ(dated(Op::kAfter, 10, 19), (Ids{"b", "c"}));
  EXPECT_EQ(dated(Op::kStartsAtOrAfter, 20, 20), (Ids{"b", "c"}));
  EXPECT_EQ(dated(Op::kEndsAtOrBefore, 19, 19), (Ids{"a", "d"}));
  EXPECT_EQ(dated(Op::kEquals, 20, 29), Ids{"b"});
}

TEST_P(StoreContract, SearchByQuantityUnit) {
  IndexRow milligram = dateRow("dose", 5, 5);
  milligram.kind = IndexRow::Kind::kQuantity;
  milligram.system = "http://unitsofmeasure.org";
  milligram.value = "mg";
  IndexRow gram = milligram;
  gram.value = "g";
  put("CarePlan", "a", {milligram});
  put("CarePlan", "b", {gram});
  EXPECT_EQ(find(queryFor(leaf(Op::kOverlaps, gram))), Ids{"b"});
  gram.value.clear();
  gram.system.clear();
  EXPECT_EQ(find(queryFor(leaf(Op::kOverlaps, gram))), (Ids{"a", "b"}));
  gram.system = "urn:unheard";
  EXPECT_EQ(find(queryFor(leaf(Op::kOverlaps, gram))), Ids{});
}

TEST_P(StoreContract, SearchByMissingIdAndTime) {
  put("CarePlan", "a", {tokenRow("category", "", "x")});
  put("CarePlan", "b");
  put("CarePlan", "c", {tokenRow("category", "", "x")});
  EXPECT_EQ(find(queryFor(leaf(Op::kMissing, tokenRow("category", "", "")))), Ids{"b"});
  EXPECT_EQ(find(queryFor(leaf(Op::kMissing, tokenRow("unheard", "", "")))), (Ids{"a", "b", "c"}));
  Predicate ids;
  ids.op = Op::kId;
  ids.ids = {"c", "a", "nobody"};
  EXPECT_EQ(find(queryFor(ids)), (Ids{"a", "c"}));
  ids.ids.clear();
  EXPECT_EQ(find(queryFor(ids)), Ids{});
  const std::int64_t second = kStart + 2'000'000;
  EXPECT_EQ(find(queryFor(leaf(Op::kOverlaps, dateRow("_lastUpdated", second, kMax)))),
            (Ids{"b", "c"}));
  EXPECT_EQ(find(queryFor(leaf(Op::kBefore, dateRow("_lastUpdated", second, second)))), Ids{"a"});
  Query query = queryFor({});
  query.updated_from = Instant{second};
  query.updated_before = Instant{second + 1'000'000};
  EXPECT_EQ(find(query), Ids{"b"});
}

TEST_P(StoreContract, PredicatesJoinWithAndOrNot) {
  put("CarePlan", "a", {tokenRow("status", "", "active"), tokenRow("category", "", "x")});
  put("CarePlan", "b", {tokenRow("status", "", "draft"), tokenRow("category", "", "x")});
  put("CarePlan", "c", {tokenRow("status", "", "active")});
  put("CarePlan", "d");
  const Predicate active = token("status", "", "active");
  const Predicate draft = token("status", "", "draft");
  const Predicate x = token("category", "", "x");
  EXPECT_EQ(find(queryFor(both({active, x}))), Ids{"a"});
  EXPECT_EQ(find(queryFor(either({draft, active}))), (Ids{"a", "b", "c"}));
  EXPECT_EQ(find(queryFor(negation(active))), (Ids{"b", "d"}));
  EXPECT_EQ(find(queryFor(both({negation(x), active}))), Ids{"c"});
  EXPECT_EQ(find(queryFor(both({}))), (Ids{"a", "b", "c", "d"}));
  EXPECT_EQ(find(queryFor(either({}))), Ids{});
  std::vector<Predicate> many;
  for (int i = 0; i < 1500; ++i) many.push_back(token("category", "", std::to_string(i)));
  many.push_back(x);
  EXPECT_EQ(find(queryFor(either(many))), (Ids{"a", "b"}));
  // Names that no row has cost nothing; those that some have are compared with.
  many.assign(6000, x);
  auto reader = store().snapshot();
  const auto refused = (*reader)->search(queryFor(either(many)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimitExceeded);
}

TEST_P(StoreContract, ReferencesAreFollowedBothWays) {
  put("Patient", "1", {tokenRow("identifier", "urn:x", "7")});
  put("Patient", "2", {tokenRow("identifier", "urn:x", "8")});
  put("CarePlan", "a", {referenceRow("subject", "Patient", "1"), tokenRow("status", "", "active")});
  put("CarePlan", "b", {referenceRow("subject", "Patient", "2"), tokenRow("status", "", "draft")});
  put("CareTeam", "t", {referenceRow("subject", "Patient", "1")});
  Predicate to = leaf(Op::kReferenceTo, referenceRow("subject", "Patient", ""));
  to.children.push_back(token("identifier", "urn:x", "7"));
  EXPECT_EQ(find(queryFor(to)), Ids{"a"});
  EXPECT_EQ(find(queryFor(negation(to))), Ids{"b"});
  EXPECT_EQ(find(queryFor(to, "CareTeam")), Ids{"t"});
  Predicate by = leaf(Op::kReferencedBy, referenceRow("subject", "CarePlan", ""));
  by.children.push_back(token("status", "", "active"));
  EXPECT_EQ(find(queryFor(by, "Patient")), Ids{"1"});
  Predicate team = leaf(Op::kReferenceTo, referenceRow("subject", "Patient", ""));
  team.children.push_back(by);
  EXPECT_EQ(find(queryFor(team, "CareTeam")), Ids{"t"});
  // Only current versions count, on both ends.
  put("CarePlan", "a", {referenceRow("subject", "Patient", "2"), tokenRow("status", "", "active")});
  EXPECT_EQ(find(queryFor(by, "Patient")), Ids{"2"});
  remove("Patient", "2");
  EXPECT_EQ(find(queryFor(by, "Patient")), Ids{});
}

TEST_P(StoreContract, AChainOfTwelveStepsWithConditionsOnTheWayIsFollowed) {
  constexpr int kSteps = 12;
  for (int i = 0; i <= kSteps; ++i) {
    std::vector<IndexRow> index{tokenRow("status", "", i == kSteps ? "draft" : "active")};
    if (i < kSteps) index.push_back(referenceRow("part-of", "CarePlan", std::to_string(i + 1)));
    put("CarePlan", std::to_string(i), std::move(index));
  }
  const auto chained = [](Op op, Predicate end, bool conditions) {
    for (int i = 0; i < kSteps; ++i) {
      Predicate step = leaf(op, referenceRow("part-of", "CarePlan", ""));
      if (conditions && i > 0) end = both({negation(token("status", "", "draft")), std::move(end)});
      step.children.push_back(std::move(end));
      end = std::move(step);
    }
    return end;
  };
  for (const bool conditions : {false, true}) {
    for (const bool sorted : {false, true}) {
      Query to = queryFor(chained(Op::kReferenceTo, token("status", "", "draft"), conditions));
      if (sorted) to.sort = {Sort{"_id", IndexRow::Kind::kToken, true}};
      EXPECT_EQ(find(to), Ids{"0"});
      to.where = chained(Op::kReferenceTo, token("status", "", "active"), conditions);
      EXPECT_EQ(find(to), Ids{});
    }
  }
  Predicate first;
  first.op = Op::kId;
  first.ids = {"0"};
  EXPECT_EQ(find(queryFor(chained(Op::kReferencedBy, first, false))), Ids{"12"});
}

TEST_P(StoreContract, WhatIsTooDeepIsRefusedAndNoDefect) {
  put("CarePlan", "a", {tokenRow("status", "", "x")});
  const Predicate x = token("status", "", "x");
  Predicate alternating = x;
  for (int i = 0; i < 400; ++i)
    alternating =
        i % 2 == 0 ? either({x, negation(alternating)}) : both({x, negation(alternating)});
  auto reader = store().snapshot();
  const auto page = (*reader)->search(queryFor(alternating));
  // What a database can answer, it may.
  if (!page) {
    EXPECT_EQ(page.error().code, ErrorCode::kLimitExceeded) << page.error().message;
  }
}

TEST_P(StoreContract, ManyConditionsJoinedAreFoundInTime) {
  std::vector<IndexRow> index;
  std::vector<Predicate> all;
  for (int i = 0; i < 90; ++i) {
    index.push_back(tokenRow("category", "urn:s", std::to_string(i)));
    all.push_back(token("category", "urn:s", std::to_string(i)));
  }
  put("CarePlan", "a", index);
  index.pop_back();
  put("CarePlan", "b", index);
  EXPECT_EQ(find(queryFor(both(all))), Ids{"a"});
  EXPECT_EQ(find(queryFor(either(all))), (Ids{"a", "b"}));
  // Inside each other, as a client writes them one after the other.
  Predicate nested = all[0];
  for (int i = 1; i < 24; ++i) nested = either({std::move(nested), all[i]});
  EXPECT_EQ(find(queryFor(nested)), (Ids{"a", "b"}));
  // The same one again and again is one condition.
  EXPECT_EQ(find(queryFor(both(std::vector<Predicate>(40, all[89])))), Ids{"a"});
  auto reader = store().snapshot();
  const auto text = (*reader)->explain(queryFor(both(std::vector<Predicate>(40, all[89]))));
  ASSERT_TRUE(text) << text.error().message;
  const std::size_t where = text->find(" AND EXISTS(");
  EXPECT_NE(where, std::string::npos) << *text;
  EXPECT_EQ(text->find(" AND EXISTS(", where + 1), std::string::npos) << *text;
}

TEST_P(StoreContract, CanonicalsAreFollowedBothWays) {
  const auto definition = [](const char* url, const char* version, const char* name) {
    IndexRow address = tokenRow("url", "", url);
    address.kind = IndexRow::Kind::kUri;
    return std::vector<IndexRow>{address, tokenRow("version", "", version),
                                 tokenRow("name", "", name)};
  };
  const auto named = [](const char* exact) {
    IndexRow row = referenceRow("definition", "", "");
    row.exact = exact;
    return row;
  };
  put("PlanDefinition", "x1", definition("urn:x", "1", "one"));
  put("PlanDefinition", "x2", definition("urn:x", "2", "two"));
  put("PlanDefinition", "xy", definition("urn:xy", "1", "other"));
  put("CarePlan", "first", {named("urn:x|1"), named("urn:x"), tokenRow("status", "", "active")});
  put("CarePlan", "any", {named("urn:x"), tokenRow("status", "", "draft")});
  put("CarePlan", "gone", {named("urn:x|3"), named("urn:x"), tokenRow("status", "", "active")});
  const auto to = [](const char* name) {
    Predicate out = leaf(Op::kCanonicalTo, referenceRow("definition", "PlanDefinition", ""));
    out.children.push_back(token("name", "", name));
    return out;
  };
  EXPECT_EQ(find(queryFor(to("one"))), (Ids{"first", "any"}));
  EXPECT_EQ(find(queryFor(to("two"))), Ids{"any"});
  EXPECT_EQ(find(queryFor(to("other"))), Ids{});
  EXPECT_EQ(find(queryFor(negation(to("one")))), Ids{"gone"});
  Predicate by = leaf(Op::kCanonicalBy, referenceRow("definition", "CarePlan", ""));
  by.children.push_back(token("status", "", "active"));
  EXPECT_EQ(find(queryFor(by, "PlanDefinition")), Ids{"x1"});
  by.children[0] = token("status", "", "draft");
  EXPECT_EQ(find(queryFor(by, "PlanDefinition")), (Ids{"x1", "x2"}));
  // Where it can begin from no index as well, and only with current versions.
  by.children[0] = negation(token("status", "", "active"));
  EXPECT_EQ(find(queryFor(by, "PlanDefinition")), (Ids{"x1", "x2"}));
  put("CarePlan", "any", {named("urn:xy"), tokenRow("status", "", "draft")});
  EXPECT_EQ(find(queryFor(by, "PlanDefinition")), Ids{"xy"});
  remove("PlanDefinition", "x1");
  EXPECT_EQ(find(queryFor(to("one"))), Ids{});
}

TEST_P(StoreContract, ReplacedAndDeletedVersionsAreNotFound) {
  put("CarePlan", "a", {tokenRow("status", "", "draft")});
  put("CarePlan", "a", {tokenRow("status", "", "active")});
  put("CarePlan", "b", {tokenRow("status", "", "active")});
  remove("CarePlan", "b");
  EXPECT_EQ(find(queryFor(token("status", "", "draft"))), Ids{});
  EXPECT_EQ(find(queryFor(token("status", "", "active"))), Ids{"a"});
  EXPECT_EQ(find(queryFor({})), Ids{"a"});
}

TEST_P(StoreContract, WhatIsNotVisibleIsNeitherFoundNorCounted) {
  for (int i = 0; i < 10; ++i) {
    put("CarePlan", std::to_string(i),
        {tokenRow("status", "", "active"), tokenRow("_security", "", i % 2 == 0 ? "N" : "R")});
  }
  Query query = queryFor(token("status", "", "active"));
  query.visible = token("_security", "", "N");
  query.total = true;
  query.count = 3;
  auto reader = store().snapshot();
  const auto page = (*reader)->search(query);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 5U);
  ASSERT_EQ(page->matches.size(), 3U);
  EXPECT_EQ(page->matches[1].id, "2");
  query.visible = either({});
  EXPECT_EQ((*reader)->search(query)->total, 0U);
  EXPECT_TRUE((*reader)->search(query)->matches.empty());
}

TEST_P(StoreContract, WhatIsNoLongerVisibleIsNotOnALaterPage) {
  for (int i = 0; i < 4; ++i) put("CarePlan", std::to_string(i), {tokenRow("_security", "", "N")});
  Query query;
  query.type = "CarePlan";
  query.visible = token("_security", "", "N");
  query.count = 1;
  {
    auto reader = store().snapshot();
    query.cursor = (*reader)->search(query)->next;
  }
  put("CarePlan", "1", {tokenRow("_security", "", "R")});
  query.count = 10;
  EXPECT_EQ(find(query), (Ids{"2", "3"}));
}

TEST_P(StoreContract, ALaterPageShowsWhatIsVisibleAsItWasAtTheMoment) {
  for (int i = 0; i < 3; ++i) put("CarePlan", std::to_string(i));
  Query query;
  query.type = "CarePlan";
  query.visible.op = Op::kId;
  query.visible.ids = {"0", "1", "2"};
  query.count = 1;
  query.cursor = store().snapshot().value()->search(query)->next;
  put("CarePlan", "1");
  query.count = 10;
  EXPECT_EQ(find(query), (Ids{"1", "2"}));
}

TEST_P(StoreContract, WhoMaySeeWhatAChainLeadsToIsDecidedAsOfNow) {
  const auto putPatient = [&](const std::string& id, const std::string& label) {
    put("Patient", id, {tokenRow("_security", "", label), tokenRow("gender", "", "male")});
  };
  for (const char* id : {"p", "q", "r"}) putPatient(id, "N");
  putPatient("s", "R");
  for (const char* patient : {"p", "q", "r", "s"})
    put("Goal", std::string("of-") + patient, {referenceRow("subject", "Patient", patient)});
  for (const bool narrow : {false, true}) {
    Predicate seen = token("_security", "", "N");
    seen.visibility = true;
    Predicate step = leaf(Op::kReferenceTo, referenceRow("subject", "Patient", ""));
    step.children = {narrow ? both({token("gender", "", "male"), seen}) : both({seen})};
    Query query = queryFor(step, "Goal");
    query.count = 1;
    {
      auto reader = store().snapshot();
      const auto first = (*reader)->search(query);
      ASSERT_TRUE(first) << first.error().message;
      ASSERT_EQ(first->matches.size(), 1U);
      query.cursor = first->next;
    }
    // One is closed, one changes and stays open, one is opened.
    putPatient("q", "R");
    putPatient("r", "N");
    putPatient("s", "N");
    query.count = 10;
    EXPECT_EQ(find(query), Ids{"of-r"}) << narrow;
    query.cursor.reset();
    EXPECT_EQ(find(query), (Ids{"of-p", "of-r", "of-s"})) << narrow;
    putPatient("q", "N");
    putPatient("s", "R");
  }
}

TEST_P(StoreContract, SortFollowsEveryKeyAndPutsMissingValuesLast) {
  put("Patient", "a", {stringRow("name", "berg", "Berg"), dateRow("birthdate", 5, 5)});
  put("Patient", "b", {stringRow("name", "aas", "Aas"), dateRow("birthdate", 7, 7)});
  put("Patient", "c", {stringRow("name", "berg", "Berg"), dateRow("birthdate", 3, 3)});
  put("Patient", "d");
  const auto sorted = [&](std::vector<Sort> sort) {
    Query query;
    query.type = "Patient";
    query.sort = std::move(sort);
    const Ids whole = find(query);
    // The same one by one over pages.
    Ids paged;
    query.count = 1;
    auto reader = store().snapshot();
    while (true) {
      const auto page = (*reader)->search(query);
      EXPECT_TRUE(page);
      for (const Version& version : page->matches) paged.push_back(version.id);
      if (!page->next) break;
      query.cursor = page->next;
    }
    EXPECT_EQ(paged, whole);
    return whole;
  };
  const Sort name{"name", IndexRow::Kind::kString, false};
  const Sort by_birth{"birthdate", IndexRow::Kind::kDate, false};
  const Sort by_birth_down{"birthdate", IndexRow::Kind::kDate, true};
  EXPECT_EQ(sorted({name}), (Ids{"b", "a", "c", "d"}));
  EXPECT_EQ(sorted({name, by_birth}), (Ids{"b", "c", "a", "d"}));
  EXPECT_EQ(sorted({by_birth_down}), (Ids{"b", "a", "c", "d"}));
  EXPECT_EQ(sorted({Sort{"_id", IndexRow::Kind::kToken, true}}), (Ids{"d", "c", "b", "a"}));
  EXPECT_EQ(sorted({Sort{"_lastUpdated", IndexRow::Kind::kDate, true}}), (Ids{"d", "c", "b", "a"}));
  EXPECT_EQ(sorted({Sort{"unheard", IndexRow::Kind::kToken, true}}), (Ids{"a", "b", "c", "d"}));
}

TEST_P(StoreContract, PagesShowTheMomentOfTheFirstPageWhateverIsWritten) {
  for (const bool sorted : {false, true}) {
    const std::string type = sorted ? "Goal" : "CarePlan";
    for (int i = 0; i < 6; ++i) {
      put(type, std::to_string(i),
          {tokenRow("status", "", "active"), stringRow("name", std::to_string(9 - i), "")});
    }
    Query query = queryFor(token("status", "", "active"), type);
    if (sorted) query.sort = {Sort{"name", IndexRow::Kind::kString, true}};
    query.count = 2;
    query.total = true;
    Ids seen;
    std::vector<std::uint64_t> versions;
    for (int page_number = 0;; ++page_number) {
      auto reader = store().snapshot();
      const auto page = (*reader)->search(query);
      ASSERT_TRUE(page) << page.error().message;
      EXPECT_EQ(page->total, 6U);
      for (const Version& version : page->matches) {
        seen.push_back(version.id);
        versions.push_back(version.version);
      }
      if (!page->next) break;
      query.cursor = page->next;
      // One that was shown, one that will be, one deleted, one new, one that no longer matches.
      put(type, "0", {tokenRow("status", "", "active")});
      if (page_number == 0) {
        put(type, "3", {tokenRow("status", "", "active"), stringRow("name", "0", "")});
        remove(type, "4");
        put(type, "5", {tokenRow("status", "", "draft")});
        put(type, "6", {tokenRow("status", "", "active"), stringRow("name", "5", "")});
      }
    }
    EXPECT_EQ(seen, (Ids{"0", "1", "2", "3", "4", "5"}));
    EXPECT_EQ(versions, (std::vector<std::uint64_t>(6, 1)));
  }
}

TEST_P(StoreContract, AListingAsOfASequenceShowsThatMomentAndCanBeTakenUpAnywhere) {
  for (int i = 0; i < 4; ++i) put("Goal", std::to_string(i));
  Query query;
  query.type = "Goal";
  query.count = 1;
  auto reader = store().snapshot();
  const auto first = (*reader)->search(query);
  ASSERT_TRUE(first);
  query.as_of = first->moment;
  reader = fail(ErrorCode::kGone, "");
  put("Goal", "1");
  remove("Goal", "2");
  put("Goal", "4");
  query.count = 10;
  EXPECT_EQ(find(query), (Ids{"0", "1", "2", "3"}));
  query.after = first->matches.front().sequence;
  EXPECT_EQ(find(query), (Ids{"1", "2", "3"}));
  query.as_of = 0;
  EXPECT_EQ(find(query), (Ids{"3", "1", "4"}));
}

TEST_P(StoreContract, ACursorOfAnotherSearchOrOfNoneIsRefused) {
  for (int i = 0; i < 3; ++i) put("CarePlan", std::to_string(i), {tokenRow("status", "", "x")});
  Query query = queryFor(token("status", "", "x"));
  query.count = 1;
  auto reader = store().snapshot();
  const auto cursor = (*reader)->search(query)->next;
  ASSERT_TRUE(cursor);
  Query other = queryFor(token("status", "", "y"));
  other.cursor = cursor;
  EXPECT_EQ((*reader)->search(other).error().code, ErrorCode::kInvalidArgument);
  for (const char* wrong : {"", "1", "1-1-1", "x-1-1-1", "1-99-1-0", "1-1-2-0", "1--1-1-0",
                            "1-ffffffffffffffffffff-1-1", "2-3-1-0"}) {
    query.cursor = wrong;
    EXPECT_EQ((*reader)->search(query).error().code, ErrorCode::kInvalidArgument) << wrong;
  }
}

TEST_P(StoreContract, TheTotalIsThatOfAllPagesOnEachOfThem) {
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    put("CarePlan", id,
        {tokenRow("status", "urn:status", "active"), referenceRow("subject", "Patient", "p"),
         stringRow("name", id, id)});
  }
  const Predicate by_patient =
      leaf(Predicate::Op::kEquals, referenceRow("subject", "Patient", "p"));
  const Predicate none = leaf(Predicate::Op::kEquals, tokenRow("status", "urn:status", "draft"));
  for (const Predicate& where : {Predicate{}, by_patient}) {
    for (const bool sorted : {false, true}) {
      Query query;
      query.type = "CarePlan";
      query.where = where;
      query.count = 2;
      query.total = true;
      if (sorted) query.sort = {Sort{"name", IndexRow::Kind::kString, true}};
      auto reader = store().snapshot();
      std::size_t matches = 0;
      do {
        const auto page = (*reader)->search(query);
        ASSERT_TRUE(page) << page.error().message;
        EXPECT_EQ(page->total, 5U);
        matches += page->matches.size();
        query.cursor = page->next;
      } while (query.cursor);
      EXPECT_EQ(matches, 5U);
      query.where = both({where, none});
      EXPECT_EQ((*reader)->search(query)->total, 0U);
    }
  }
}

TEST_P(StoreContract, CountZeroGivesTheTotalOnly) {
  put("CarePlan", "a");
  Query query;
  query.type = "CarePlan";
  query.count = 0;
  query.total = true;
  auto reader = store().snapshot();
  const auto page = (*reader)->search(query);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 1U);
  EXPECT_TRUE(page->matches.empty());
  EXPECT_FALSE(page->next);
}

TEST_P(StoreContract, AManyRowSearchBeginsFromTheFewWithoutChangingItsAnswer) {
  // More rows than the store counts before it decides.
  ASSERT_TRUE(store().transact([](Transaction& transaction) -> Status {
    for (int i = 0; i < 1500; ++i) {
      Put put = makePut("CarePlan", std::to_string(i), 1);
      put.index = {tokenRow("status", "", "active"),
                   referenceRow("subject", "Patient", std::to_string(i % 500))};
      PLANBRO_RETURN_IF_ERROR(transaction.put(put));
    }
    return {};
  }));
  const Predicate active = token("status", "", "active");
  const Predicate subject = leaf(Op::kEquals, referenceRow("subject", "Patient", "7"));
  EXPECT_EQ(find(queryFor(both({active, subject}))), (Ids{"7", "507", "1007"}));
  EXPECT_EQ(find(queryFor(both({either({subject, active}), subject}))), (Ids{"7", "507", "1007"}));
  Query all = queryFor(active);
  all.total = true;
  auto reader = store().snapshot();
  EXPECT_EQ((*reader)->search(all)->total, 1500U);
}

}  // namespace
}  // namespace planbro::store
