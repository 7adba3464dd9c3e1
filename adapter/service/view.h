// The consistent view an interaction reads from.
#pragma once

#include <functional>

#include "service/call.h"
#include "store/store.h"

namespace planbro::service {

// Gives `use` the call's own view (inside a bundle), or a snapshot opened for it.
Answer withView(const Call& call, const std::function<Answer(store::Reader&)>& use);

// The refusal (400) if the call has a parameter that is none of `known` nor a general one
// (_format, _pretty, and _summary, _elements where `subset`); nothing under lenient handling.
std::optional<Answer> refusedParameters(const Call& call,
                                        const std::vector<std::string_view>& known, bool subset);

}  // namespace planbro::service
