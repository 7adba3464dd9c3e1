// Index rows and the neutral query: what search/ says and every store understands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace planbro::store {

// Bytes of a text that a row holds whole.
inline constexpr std::size_t kWholeBytes = 1000;

// One searchable value of a resource. `parameter` is the search parameter's code ("status"), or the
// code with a modifier that has rows of its own ("subject:identifier", "category:text"). Of texts
// longer than kWholeBytes the beginning is kept, and what tells them apart: they are equal or not,
// and begin with something, but have no end and nothing in the middle.
struct IndexRow {
  enum class Kind : std::uint8_t { kToken, kString, kReference, kDate, kNumber, kQuantity, kUri };
  Kind kind = Kind::kToken;
  std::string parameter;
  std::string system;     // token system, quantity unit system; reference: target type
  std::string value;      // token code, normalized string, reference target id, uri, unit code
  std::string exact;      // string as written, "" for a part of one, which nothing is sorted by;
                          // reference: the whole reference when it is not local or names a version
  std::int64_t low = 0;   // date: first microsecond; number: see search/ for the scale
  std::int64_t high = 0;  // date: last microsecond, included
};

// A test of one resource. Leaves compare index rows of row.kind; branches join them. The parameter
// "_lastUpdated" (kDate) needs no rows: it compares the version's own time.
struct Predicate {
  enum class Op : std::uint8_t {
    kAnd,  // all of `children` (none: true)
    kOr,   // any of `children` (none: false)
    kNot,  // not children[0]
    // A row of row.kind and row.parameter with row.system and row.value. A reference with an empty
    // row.value is compared by row.exact (absolute references), with an empty row.system by id.
    kEquals,
    kStartsWith,  // row.value is a prefix of the stored value
    kContains,
    kEndsWith,         // row.value is the end of the stored value (strings, tokens and uris)
    kOneOf,            // a token of row.system whose value is one of `ids`
    kExact,            // stored exact == row.exact
    kOverlaps,         // [low, high] of the stored row overlaps [row.low, row.high]
    kWithin,           // stored row lies inside
    kBefore,           // stored high <  row.low
    kAfter,            // stored low  >  row.high
    kStartsAtOrAfter,  // stored low >= row.low
    kEndsAtOrBefore,   // stored high <= row.high
    kMissing,          // no row of row.kind and row.parameter
    kId,               // the resource's logical id is one of `ids`
    // The other resource's visibility is no business of the store: who builds the predicate puts it
    // into children[0].
    kReferenceTo,   // a row row.parameter refers to a resource of type row.system that fulfils
                    // children[0]
    kReferencedBy,  // a resource of type row.system refers here by row.parameter and fulfils
                    // children[0]
    // The same by canonical, "url" or "url|version": the named one's rows are `url` (kUri) and
    // `version` (kToken). Without a version every version of it is meant.
    kCanonicalTo,
    kCanonicalBy,
  };
  Op op = Op::kAnd;
  IndexRow row;
  bool any_system = false;  // kEquals on tokens: compare the code only
  bool any_value = false;   // kEquals on tokens: compare the system only
  // Of what a chain leads to: who may see it. Decided as of now on later pages too, as
  // Query::visible is.
  bool visibility = false;
  std::vector<std::string> ids;  // of kId; values of kOneOf
  std::vector<Predicate> children;
};

struct Sort {
  std::string parameter;  // search parameter's code, "_id" or "_lastUpdated"
  IndexRow::Kind kind = IndexRow::Kind::kToken;
  bool descending = false;
};

struct Query {
  std::string type;
  Predicate where;
  // Who may see what: applied with `where` before limit and totals, on every path.
  Predicate visible;
  std::optional<Instant> updated_from;    // included
  std::optional<Instant> updated_before;  // excluded
  std::vector<Sort> sort;  // ties, and no sort at all: by sequence, oldest change first
  std::uint32_t count = 20;
  std::optional<std::string> cursor;  // SearchPage::next of the page before
  // Without a cursor: the moment when `as_of` was the newest sequence (0: now), behind `after`
  // (without `sort`). Lets a long listing be taken up again anywhere; where nothing but the type is
  // asked for, however long ago the moment is.
  std::uint64_t as_of = 0;
  std::uint64_t after = 0;
  bool total = false;
};

}  // namespace planbro::store
