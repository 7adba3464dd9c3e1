#include "store/sql/whole_token.h"

#include "store/sql/predicate.h"

namespace planbro::store::sql {

const Predicate* wholeToken(const Query& query) {
  const bool plain = alwaysTrue(query.visible) && query.sort.empty() && !query.updated_from &&
                     !query.updated_before && !query.cursor && query.as_of == 0 &&
                     query.after == 0 && !query.total && query.count > 0;
  if (!plain) return nullptr;
  const Predicate* one = &query.where;
  while ((one->op == Predicate::Op::kAnd || one->op == Predicate::Op::kOr) &&
         one->children.size() == 1)
    one = one->children.data();
  const bool whole = one->op == Predicate::Op::kEquals && one->row.kind == IndexRow::Kind::kToken &&
                     !one->any_system && !one->any_value && !one->row.value.empty();
  return whole ? one : nullptr;
}

}  // namespace planbro::store::sql
