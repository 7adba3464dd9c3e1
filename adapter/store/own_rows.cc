#include "store/own_rows.h"

#include <algorithm>

namespace planbro::store {
namespace {

using Kind = IndexRow::Kind;
using Op = Predicate::Op;

bool isSpan(Kind kind) {
  return kind == Kind::kDate || kind == Kind::kNumber || kind == Kind::kQuantity;
}

bool sameSystem(const Predicate& predicate, const IndexRow& row) {
  const std::string& asked = predicate.row.system;
  switch (row.kind) {
    case Kind::kToken:
    case Kind::kUri:
      return predicate.any_system || asked == row.system;
    case Kind::kReference:
    case Kind::kQuantity:
      return asked.empty() || asked == row.system;
    default:
      return true;
  }
}

bool spanFits(Op op, const IndexRow& asked, const IndexRow& row) {
  switch (op) {
    case Op::kEquals:
      return row.low == asked.low && row.high == asked.high;
    case Op::kOverlaps:
      return row.low <= asked.high && row.high >= asked.low;
    case Op::kWithin:
      return row.low >= asked.low && row.high <= asked.high;
    case Op::kBefore:
      return row.high < asked.low;
    case Op::kAfter:
      return row.low > asked.high;
    case Op::kStartsAtOrAfter:
      return row.low >= asked.low;
    case Op::kEndsAtOrBefore:
      return row.high <= asked.high;
    default:
      return false;
  }
}

bool textFits(const Predicate& predicate, const IndexRow& row) {
  const IndexRow& asked = predicate.row;
  switch (predicate.op) {
    case Op::kEquals:
      return predicate.any_value || row.value == asked.value;
    case Op::kStartsWith:
      return row.value.starts_with(asked.value);
    case Op::kContains:
      return row.value.find(asked.value) != std::string::npos;
    case Op::kEndsWith:
      return row.value.ends_with(asked.value);
    case Op::kOneOf:
      return std::find(predicate.ids.begin(), predicate.ids.end(), row.value) !=
             predicate.ids.end();
    case Op::kExact:
      return row.exact == asked.exact;
    default:
      return false;
  }
}

bool fits(const Predicate& predicate, const IndexRow& row) {
  const IndexRow& asked = predicate.row;
  if (row.kind != asked.kind || row.parameter != asked.parameter) return false;
  if (predicate.op == Op::kMissing) return true;
  if (!sameSystem(predicate, row)) return false;
  if (row.kind == Kind::kReference) {
    if (asked.value.empty()) return !row.exact.empty() && row.exact == asked.exact;
    return row.value == asked.value;
  }
  if (!isSpan(row.kind)) return textFits(predicate, row);
  const bool same_unit =
      row.kind != Kind::kQuantity || asked.value.empty() || row.value == asked.value;
  return same_unit && spanFits(predicate.op, asked, row);
}

// `decides`: what one child alone brings about.
std::optional<bool> joined(const Predicate& predicate, std::string_view id,
                           std::span<const IndexRow> rows, bool decides) {
  bool all_known = true;
  for (const Predicate& child : predicate.children) {
    const auto one = fulfils(child, id, rows);
    if (one == decides) return decides;
    all_known = all_known && one.has_value();
  }
  if (!all_known) return std::nullopt;
  return !decides;
}

}  // namespace

std::optional<bool> fulfils(const Predicate& predicate, std::string_view id,
                            std::span<const IndexRow> rows) {
  switch (predicate.op) {
    case Op::kAnd:
      return joined(predicate, id, rows, false);
    case Op::kOr:
      return joined(predicate, id, rows, true);
    case Op::kNot: {
      const auto inner = fulfils(predicate.children.front(), id, rows);
      if (!inner.has_value()) return std::nullopt;
      return !*inner;
    }
    case Op::kId:
      return std::find(predicate.ids.begin(), predicate.ids.end(), id) != predicate.ids.end();
    case Op::kReferenceTo:
    case Op::kReferencedBy:
      return std::nullopt;
    default:
      break;
  }
  if (predicate.row.parameter == "_lastUpdated") return std::nullopt;
  const bool has = std::any_of(rows.begin(), rows.end(),
                               [&](const IndexRow& row) { return fits(predicate, row); });
  return predicate.op == Op::kMissing ? !has : has;
}

}  // namespace planbro::store
