// The neutral query as SQL. See docs/store.md, "How a search runs".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/query.h"
#include "store/sql/database.h"
#include "store/sql/fragment.h"

namespace planbro::store::sql {

// Of which moment the pages are, and after which version this one begins (0: the first page).
struct Cursor {
  std::int64_t moment = 0;
  std::int64_t after = 0;
};

// From query.cursor, or the first page of the moment `last`.
Result<Cursor> cursorOf(const Query& query, std::int64_t last);
std::string writeCursor(const Cursor& cursor, const Query& query);

class SearchStatement {
 public:
  // `last`: the newest sequence; what is visible is decided as of then.
  static Result<SearchStatement> compile(const Query& query, const Cursor& cursor,
                                         std::int64_t last, Database& database);

  // Sequences of the page in order, at most `limit`; with tellsTotal(), the total beside each.
  Result<Fragment> listing(std::uint32_t limit, bool with_total = false) const;
  // One number: how many match on all pages.
  Result<Fragment> counting() const;
  // Whether it looks at few versions, found by index rows, and at what belongs to them.
  bool hasFewCandidates() const { return few_candidates_; }
  // Whether a listing can tell that number at next to no cost.
  bool tellsTotal() const { return !keys_.empty() || (few_candidates_ && cursor_.after == 0); }

 private:
  struct Key {
    Fragment expression;
    bool descending = false;
  };
  SearchStatement() = default;

  Cursor cursor_;
  bool few_candidates_ = false;
  Fragment from_and_where_;  // "FROM … WHERE …" with the candidate as v0
  std::vector<Key> keys_;
  std::vector<Value> after_keys_;  // of the version that the page begins after
};

}  // namespace planbro::store::sql
