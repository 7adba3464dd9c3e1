// Drives one server with many workers, each on a connection of its own.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "http_client.h"
#include "pools.h"
#include "suite.h"

namespace planbro::bench {

enum class Load : std::uint8_t {
  kCrud,    // the mix of the list
  kSearch,  // its searches, all equally likely
  kMixed,   // four of the mix to one search
};
std::string_view nameOf(Load load);

struct LoadOptions {
  Address base;
  unsigned workers = 64;
  unsigned warm_up = 0;  // seconds that are driven and not counted
  unsigned seconds = 10;
  std::uint64_t seed = 1;
};

// Microseconds of what was answered with success, as it came.
using Times = std::vector<std::uint32_t>;

struct Failure {
  std::uint64_t count = 0;
  std::string example;  // what the first answer said
};

struct Measured {
  double seconds = 0;
  std::array<Times, kVerbs> times;
  std::vector<Times> queries;  // in the order of usableQueries()
  // By verb, type (of searches: the query's name) and status; status 0: no answer came.
  std::map<std::tuple<Verb, std::string, int>, Failure> failures;
};

// Those of the list for whose variables the server has values.
std::vector<const Query*> usableQueries(const Suite& suite, const Pools& pools);

Measured drive(Load load, const LoadOptions& options, const Suite& suite, Pools& pools);

// Creates `patients` by the template, and twice as many resources of the other types by their
// weights, so that an empty server has something to read. kUnavailable: a create was refused.
Status prepare(unsigned patients, const LoadOptions& options, const Suite& suite);

}  // namespace planbro::bench
