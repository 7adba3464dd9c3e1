#include "store/sql/history_statement.h"

#include <algorithm>
#include <limits>

#include "store/sql/change_log.h"

namespace planbro::store::sql {

Fragment historyStatement(const HistoryQuery& query, std::optional<std::int64_t> type,
                          std::uint32_t most) {
  Fragment out;
  out += "WHERE v.sequence<?";
  out.add(query.before_sequence == 0 ? std::numeric_limits<std::int64_t>::max()
                                     : sequenceOf(query.before_sequence));
  if (type) {
    out += " AND v.type=?";
    out.add(*type);
  }
  const bool instance = !query.id.empty();
  if (instance) {
    out += " AND v.id=?";
    out.add(query.id);
  }
  if (query.since) {
    out += " AND v.last_updated>=?";
    out.add(query.since->micros);
  }
  const bool forward = query.after_sequence.has_value();
  if (forward) {
    out += " AND v.sequence>?";
    out.add(sequenceOf(*query.after_sequence));
  }
  // Of one resource, versions and sequences rise together; each order suits one index.
  out += instance ? " ORDER BY v.version" : " ORDER BY v.sequence";
  out += forward ? " LIMIT ?" : " DESC LIMIT ?";
  out.add(std::int64_t{std::min(query.count, most)});
  return out;
}

}  // namespace planbro::store::sql
