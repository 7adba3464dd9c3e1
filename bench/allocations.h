// Counts the program's allocations with operator new, for figures per document.
#pragma once

#include <cstddef>

namespace planbro::bench {

std::size_t allocationsSoFar();

}  // namespace planbro::bench
