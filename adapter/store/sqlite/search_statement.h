// The neutral query as SQL. See docs/store.md, "How a search runs".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/query.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/view.h"

namespace planbro::store::sqlite {

// SQL text and the values of its parameters, in order.
struct Fragment {
  std::string text;
  std::vector<Value> values;

  Fragment& operator+=(std::string_view more) {
    text += more;
    return *this;
  }
  Fragment& operator+=(const Fragment& more) {
    text += more.text;
    values.insert(values.end(), more.values.begin(), more.values.end());
    return *this;
  }
  Fragment& add(Value value) {
    values.push_back(std::move(value));
    return *this;
  }
};

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
                                         std::int64_t last, Session& session);

  // Sequences of the page in order, at most `limit`.
  Result<Fragment> listing(std::uint32_t limit) const;
  // One number: how many match on all pages.
  Result<Fragment> counting() const;

 private:
  struct Key {
    Fragment expression;
    bool descending = false;
  };
  SearchStatement() = default;

  Session* session_ = nullptr;
  Cursor cursor_;
  Fragment from_and_where_;  // "FROM … WHERE …" with the candidate as v0
  std::vector<Key> keys_;
  std::vector<Value> after_keys_;  // of the version that the page begins after
};

}  // namespace planbro::store::sqlite
