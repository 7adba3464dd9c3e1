#include "store/sqlite/pending_index.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

namespace planbro::store::sqlite {
namespace {

constexpr std::size_t kGathered = 8192;                 // rows; then they are written anyway
constexpr std::array<std::size_t, 3> kSteps{32, 8, 1};  // rows a statement

// INSERT OR IGNORE, not a plain one: equal rows of one version count once, and SQLite keeps no
// journal of a statement that cannot fail half done.
std::array<std::string, kSteps.size()> insertsInto(std::string_view table,
                                                   std::string_view columns) {
  std::array<std::string, kSteps.size()> statements;
  std::string marks = "(?";
  for (const char one : columns) marks += one == ',' ? ",?" : "";
  marks += ')';
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    std::string& sql = statements[i];
    sql.append("INSERT OR IGNORE INTO ").append(table).append(" (").append(columns).append(")");
    for (std::size_t row = 0; row < kSteps[i]; ++row)
      sql.append(row == 0 ? " VALUES " : ",").append(marks);
  }
  return statements;
}

}  // namespace

struct PendingIndex::Table {
  std::array<std::string, kSteps.size()> inserts;
  void (*bind)(const PendingIndex& self, const Row& row, Statement& statement);
};

const PendingIndex::Table& PendingIndex::tokenTable() {
  static const Table table{insertsInto("token", "sequence,parameter,value,system"),
                           [](const PendingIndex& self, const Row& row, Statement& statement) {
                             statement.bind(self.textOf(row.first)).bind(row.name);
                           }};
  return table;
}

const PendingIndex::Table& PendingIndex::stringTable() {
  static const Table table{insertsInto("string", "sequence,parameter,value,exact"),
                           [](const PendingIndex& self, const Row& row, Statement& statement) {
                             statement.bind(self.textOf(row.first)).bind(self.textOf(row.second));
                           }};
  return table;
}

const PendingIndex::Table& PendingIndex::referenceTable() {
  static const Table table{
      insertsInto("reference", "sequence,parameter,target,type,exact"),
      [](const PendingIndex& self, const Row& row, Statement& statement) {
        statement.bind(self.textOf(row.first)).bind(row.name).bind(self.textOf(row.second));
      }};
  return table;
}

const PendingIndex::Table& PendingIndex::spanTable() {
  static const Table table{
      insertsInto("span", "sequence,parameter,low,high,system,unit"),
      [](const PendingIndex& self, const Row& row, Statement& statement) {
        statement.bind(row.low).bind(row.high).bind(row.name).bind(self.textOf(row.first));
      }};
  return table;
}

PendingIndex::Text PendingIndex::keep(std::string_view text) {
  const sql::KeptText kept(text);
  const Text place{texts_.size(), kept.view().size()};
  texts_ += kept.view();
  return place;
}

Status PendingIndex::add(const IndexRow& row, std::int64_t type, std::int64_t sequence) {
  Names& names = session_->names;
  Row made;
  made.sequence = sequence;
  PLANBRO_ASSIGN_OR_RETURN(made.parameter, names.makeParameter(type, row.parameter));
  made.first = keep(row.value);
  std::vector<Row>* rows = &tokens_;
  switch (row.kind) {
    case IndexRow::Kind::kToken:
    case IndexRow::Kind::kUri: {
      PLANBRO_ASSIGN_OR_RETURN(made.name, names.makeSystem(sql::KeptText(row.system).view()));
      break;
    }
    case IndexRow::Kind::kString:
      made.second = keep(row.exact);
      rows = &strings_;
      break;
    case IndexRow::Kind::kReference: {
      PLANBRO_ASSIGN_OR_RETURN(made.name, names.makeType(row.system));
      made.second = keep(row.exact);
      rows = &references_;
      break;
    }
    case IndexRow::Kind::kDate:
    case IndexRow::Kind::kNumber:
    case IndexRow::Kind::kQuantity: {
      PLANBRO_ASSIGN_OR_RETURN(made.name, names.makeSystem(sql::KeptText(row.system).view()));
      made.low = row.low;
      made.high = row.high;
      rows = &spans_;
      break;
    }
  }
  rows->push_back(made);
  return rows->size() < kGathered ? Status() : write();
}

Status PendingIndex::write() {
  PLANBRO_RETURN_IF_ERROR(write(tokens_, tokenTable()));
  PLANBRO_RETURN_IF_ERROR(write(strings_, stringTable()));
  PLANBRO_RETURN_IF_ERROR(write(references_, referenceTable()));
  PLANBRO_RETURN_IF_ERROR(write(spans_, spanTable()));
  texts_.clear();
  return {};
}

Status PendingIndex::write(std::vector<Row>& rows, const Table& table) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.sequence, a.parameter, a.low) < std::tie(b.sequence, b.parameter, b.low);
  });
  std::span<const Row> left(rows);
  for (std::size_t step = 0; step < kSteps.size(); ++step) {
    while (left.size() >= kSteps[step]) {
      PLANBRO_ASSIGN_OR_RETURN(Statement insert,
                               session_->connection->prepare(table.inserts[step]));
      for (const Row& row : left.first(kSteps[step])) {
        insert.bind(row.sequence).bind(row.parameter);
        table.bind(*this, row, insert);
      }
      PLANBRO_RETURN_IF_ERROR(insert.run());
      left = left.subspan(kSteps[step]);
    }
  }
  rows.clear();
  return {};
}

}  // namespace planbro::store::sqlite
