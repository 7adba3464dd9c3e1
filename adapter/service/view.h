// The consistent view an interaction reads from.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/call.h"
#include "store/store.h"

namespace planbro::service {

// Gives `use` the call's own view (inside a bundle), or a snapshot opened for it.
Answer withView(const Call& call, const std::function<Answer(store::Reader&)>& use);

// One look at one resource: asks `look` of the call's own view, or of the store.
template <typename Look>
Result<store::Version> lookOnce(const Call& call, Look look) {
  if (call.view != nullptr) return look(*call.view);
  if (call.visibility == nullptr) return look(*call.context->parts.store);
  PLANBRO_ASSIGN_OR_RETURN(const auto snapshot, call.snapshot());
  return look(*snapshot);
}

// The current version of a resource; or the refusal, 404 or 410, if there is none.
std::expected<store::Version, Answer> currentVersion(store::Reader& view, const std::string& type,
                                                     const std::string& id);

// Type and id.
using ResourceKey = std::pair<std::string, std::string>;

// The current versions of those that are there, each once and in their order.
Result<std::vector<store::Version>> readEach(store::Reader& view,
                                             std::span<const ResourceKey> keys);

// All that a query finds, read `at_once` at a time, until `take` says that it wants no more.
Status eachFound(store::Reader& view, store::Query query, std::uint32_t at_once,
                 const std::function<bool(store::Version)>& take);

// The refusal (400) if the call has a parameter that is none of `known` nor a general one
// (_format, _pretty, and _summary, _elements where `subset`); nothing under lenient handling.
std::optional<Answer> refusedParameters(const Call& call,
                                        const std::vector<std::string_view>& known, bool subset);

// The refusal (400) if the percent-encoding of a query, a form or criteria is wrong somewhere.
std::optional<Answer> refusedEncoding(std::string_view query);

}  // namespace planbro::service
