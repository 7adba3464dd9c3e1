// What a load gave, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "load.h"

namespace planbro::bench {

// Lines of a table: requests a second and milliseconds by verb, of searches also by query; then
// what was refused, with what the first answer said.
std::string tableOf(Load load, Measured measured, const std::vector<const Query*>& queries);

// The same as a JSON object.
std::string jsonOf(Load load, Measured measured, const std::vector<const Query*>& queries);

}  // namespace planbro::bench
