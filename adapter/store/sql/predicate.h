// Predicates as SQL conditions, and the guess of where best to begin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/query.h"
#include "store/sql/database.h"
#include "store/sql/fragment.h"

namespace planbro::store::sql {

// Compiles predicates for one moment, and who may see what for the moment `now`. One thread;
// borrows the database.
class PredicateCompiler {
 public:
  PredicateCompiler(Database& database, std::int64_t moment, std::int64_t now)
      : database_(&database), moment_(moment), now_(now) {}

  // A condition on the version with alias `v<depth>`, of type `type`.
  Result<Fragment> condition(const Predicate& predicate, std::int64_t type, int depth = 0);

  // A SELECT of few sequences among which all that fulfil the predicate are; nothing if there is no
  // such short way. What it gives still has to be tested. (shortlist.cc)
  Result<std::optional<Fragment>> shortlist(const Predicate& predicate, std::int64_t type);

  // The same as of now: v<depth> fulfils it, and so does what the resource is now, as v<depth+1>.
  Result<Fragment> seenNow(const Predicate& visible, std::int64_t type, int depth);

  // "v.type=… AND was current at the moment".
  Fragment current(std::string_view alias, std::int64_t type) const;

 private:
  // Selects that lead to others stand before them by name: SQLite's parser bounds nesting.
  struct Guess {
    std::vector<Fragment> with;  // "s1 AS MATERIALIZED (SELECT …)"
    Fragment select;
    std::int64_t rows = 0;
    std::size_t terms = 1;  // of `select`, joined by UNION ALL
  };
  struct Leaf {
    std::string_view table;
    Fragment condition;  // on alias r
  };
  // nothing: no row can match.
  Result<std::optional<Leaf>> leaf(const Predicate& predicate, std::int64_t type);
  Result<Fragment> ofMoment(const Predicate& predicate, std::int64_t type, int depth);
  Result<Fragment> join(const Predicate& predicate, std::int64_t type, int depth);
  Result<Fragment> ownCondition(const Predicate& predicate, int depth);
  // The end of a subquery: of many, only the first are joined to the candidates.
  std::string_view ending();
  // One step of a chain, from v<depth> to v<depth+1>; nothing: no row can match. (chain.cc)
  struct Step {
    std::string tables;
    Fragment condition;
    std::int64_t type = 0;  // of v<depth+1>
  };
  Result<std::optional<Step>> step(const Predicate& predicate, std::int64_t type, int depth);
  Result<Fragment> chain(const Predicate& predicate, std::int64_t type, int depth);
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
  Result<std::optional<Guess>> counted(Guess guess);
  // Moves its select to those that have a name, and gives the name.
  std::string nameSelect(Guess& guess);

  Database* database_;
  std::int64_t moment_;
  std::int64_t now_;
  std::size_t nodes_ = 0;
  std::size_t names_ = 0;   // of selects
  std::size_t joined_ = 0;  // subqueries that every candidate must fulfil
  bool few_ = false;        // whether there is a shortlist
  std::string row_;         // of the chain's step that led to what is compiled now
  bool every_one_ = true;   // whether what is compiled now is one of these
};

inline constexpr int kMaxPredicateLevels = 24;  // of predicates inside each other

// Whether it asks for nothing.
bool alwaysTrue(const Predicate& predicate);

// Whether it is a test of the version's own time and needs no rows.
bool comparesOwnTime(const Predicate& predicate);

// The table of a kind of rows.
std::string_view tableOf(IndexRow::Kind kind);

}  // namespace planbro::store::sql
