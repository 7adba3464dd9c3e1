// Predicates of predicates.
#pragma once

#include <utility>

#include "store/query.h"

namespace planbro::search {

inline store::Predicate joined(store::Predicate::Op op, store::Predicate first,
                               store::Predicate second) {
  store::Predicate out;
  out.op = op;
  out.children.push_back(std::move(first));
  out.children.push_back(std::move(second));
  return out;
}

inline store::Predicate negated(store::Predicate inner) {
  store::Predicate out;
  out.op = store::Predicate::Op::kNot;
  out.children.push_back(std::move(inner));
  return out;
}

}  // namespace planbro::search
