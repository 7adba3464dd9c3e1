// Whether a resource that is not stored yet would fulfil a predicate, as far as its own index rows
// tell. The same as a store would say, but for rows beyond the length that a store keeps.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "store/query.h"

namespace planbro::store {

// Nothing: other resources, or the time of storing, would have to be asked. `id` may be empty: it
// has none that anybody knows. Predicates are as deep as search/ makes them, which is bounded.
std::optional<bool> fulfils(const Predicate& predicate, std::string_view id,
                            std::span<const IndexRow> rows);

}  // namespace planbro::store
