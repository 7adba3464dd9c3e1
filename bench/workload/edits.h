// What an update changes: one of the edits of the list, by the type of resource.
#pragma once

#include <optional>
#include <random>
#include <string>

namespace planbro::bench {

using Random = std::mt19937_64;

// Below `bound`, which is at least 1.
std::uint64_t pick(Random& random, std::uint64_t bound);

// The resource after one edit chosen at random; nothing if `text` is no resource of that type. A
// resource that carries many tags of earlier edits already loses the oldest one for a new one, so
// that resources keep their size in a run of hours.
std::optional<std::string> edited(std::string text, std::string_view type, Random& random);

}  // namespace planbro::bench
