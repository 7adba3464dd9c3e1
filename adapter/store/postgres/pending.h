// Versions written and not yet sent to the server: a whole group goes in a handful of statements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "store/postgres/connection.h"
#include "store/store.h"

namespace planbro::store::postgres {

// An index row as its table holds it.
struct PendingRow {
  enum class Table : std::uint8_t { kToken, kString, kReference, kSpan };
  Table table = Table::kToken;
  std::int64_t parameter = 0;
  std::int64_t system = 0;  // of a reference: the target's type
  std::int64_t low = 0, high = 0;
  std::string value, exact;

  auto operator<=>(const PendingRow&) const = default;
};

struct PendingVersion {
  std::int64_t sequence = 0;
  std::int64_t replaced = 0;  // 0: it is current
  std::int64_t replaces = 0;  // a version that the server has, 0: none
  std::int64_t type = 0;
  std::string id;
  std::int64_t version = 0;
  std::int64_t last_updated = 0;
  bool deleted = false;
  std::string method;
  std::int64_t compartment = 0;
  std::string frame;              // of the body; empty: none
  std::vector<PendingRow> index;  // no two alike
};

// Queues statements for the index rows of one version that the server has.
void queueIndexRows(Connection& connection, const PendingVersion& version);

class Pending {
 public:
  std::size_t size() const { return versions_.size(); }
  std::size_t bytes() const { return bytes_; }
  // Puts one behind the others; one of them may be the version that it replaces.
  void add(PendingVersion version);
  // Takes back all but the first `size`.
  void cut(std::size_t size);
  // Queues statements for the first `size`, which are no longer kept here.
  void queueOn(Connection& connection, std::size_t size);

 private:
  std::vector<PendingVersion> versions_;
  std::size_t bytes_ = 0;
};

}  // namespace planbro::store::postgres
