// Index rows of a transaction, gathered and then written together: sorted as the tables are, so
// that neighbours in a b-tree come one after the other (by value, as the indexes are, took an
// eighth more), and many with one statement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/query.h"
#include "store/sqlite/view.h"

namespace planbro::store::sqlite {

// One thread at a time. Names are made at once, rows are in the tables after write(). After a
// failure the transaction must not be committed.
class PendingIndex {
 public:
  explicit PendingIndex(Session& session) : session_(&session) {}

  // A row of that version of a resource of `type`. Nothing is kept of `row` itself.
  Status add(const IndexRow& row, std::int64_t type, std::int64_t sequence);
  // Writes and forgets what was gathered.
  Status write();

 private:
  struct Text {
    std::size_t at = 0, size = 0;
  };
  struct Row {
    std::int64_t sequence = 0;
    std::int64_t parameter = 0;
    std::int64_t name = 0;  // system; of a reference the target's type
    std::int64_t low = 0, high = 0;
    Text first, second;
  };
  struct Table;
  static const Table& tokenTable();
  static const Table& stringTable();
  static const Table& referenceTable();
  static const Table& spanTable();

  Text keep(std::string_view text);
  std::string_view textOf(Text text) const {
    return std::string_view(texts_).substr(text.at, text.size);
  }
  Status write(std::vector<Row>& rows, const Table& table);

  Session* session_;
  std::string texts_;
  std::vector<Row> tokens_, strings_, references_, spans_;
};

}  // namespace planbro::store::sqlite
