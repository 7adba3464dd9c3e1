// Predicates as SQL conditions, and the guess of where best to begin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/query.h"
#include "store/sql/database.h"
#include "store/sql/fragment.h"

namespace planbro::store::sql {

// Compiles predicates for one moment. One thread; borrows the database.
class PredicateCompiler {
 public:
  PredicateCompiler(Database& database, std::int64_t moment)
      : database_(&database), moment_(moment) {}

  // A condition on the version with alias `v<depth>`, of type `type`.
  Result<Fragment> condition(const Predicate& predicate, std::int64_t type, int depth = 0);

  // A SELECT of few sequences among which all that fulfil the predicate are; nothing if there is no
  // such short way. What it gives still has to be tested. (shortlist.cc)
  Result<std::optional<Fragment>> shortlist(const Predicate& predicate, std::int64_t type);

  // "v.type=… AND was current at the moment".
  Fragment current(std::string_view alias, std::int64_t type) const;

 private:
  struct Guess {
    Fragment select;
    std::int64_t rows = 0;
  };
  struct Leaf {
    std::string_view table;
    Fragment condition;  // on alias r
  };
  // nothing: no row can match.
  Result<std::optional<Leaf>> leaf(const Predicate& predicate, std::int64_t type);
  Result<Fragment> join(const Predicate& predicate, std::int64_t type, int depth, std::size_t begin,
                        std::size_t end);
  Result<Fragment> ownCondition(const Predicate& predicate, int depth);
  Result<Fragment> referenceTo(const Predicate& predicate, std::int64_t type, int depth);
  Result<Fragment> referencedBy(const Predicate& predicate, int depth);
  // A parameter of `source` that names resources of `target` by canonical.
  struct CanonicalLink {
    std::int64_t source = 0, target = 0, parameter = 0, url = 0, version = 0;
  };
  // nothing: no row can match. `type` is that of the candidate. (canonical.cc)
  Result<std::optional<CanonicalLink>> canonicalLink(const Predicate& predicate, std::int64_t type);
  Result<Fragment> canonical(const Predicate& predicate, std::int64_t type, int depth);
  Result<std::optional<Guess>> guessCanonical(const Predicate& predicate, std::int64_t type,
                                              int level);
  Result<std::optional<Guess>> guess(const Predicate& predicate, std::int64_t type, int level);
  Result<std::optional<Guess>> guessAny(const Predicate& predicate, std::int64_t type, int level);
  Result<std::optional<Guess>> guessBest(const Predicate& predicate, std::int64_t type, int level);
  Result<std::optional<Guess>> guessReference(const Predicate& predicate, std::int64_t type,
                                              int level);
  Result<std::optional<Guess>> counted(Fragment select);

  Database* database_;
  std::int64_t moment_;
  std::size_t nodes_ = 0;
};

inline constexpr int kMaxPredicateLevels = 24;  // of predicates inside each other

// Whether it is a test of the version's own time and needs no rows.
bool comparesOwnTime(const Predicate& predicate);

// The table of a kind of rows.
std::string_view tableOf(IndexRow::Kind kind);

}  // namespace planbro::store::sql
