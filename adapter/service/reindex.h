// The index of what is stored, made anew after search parameters have been added or changed.
//
// Online: a few resources a transaction, while the service goes on. What is written meanwhile is
// indexed by who writes it. How far it has come is kept in the store with each step, so that it can
// be taken up again; with other parameters it begins anew.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/definitions.h"
#include "search/parameters.h"
#include "store/store.h"

namespace planbro::service {

struct ReindexOptions {
  std::string base_url;            // the service's own address
  std::vector<std::string> types;  // empty: all
  std::uint32_t batch = 200;       // resources a transaction
  bool anew = false;               // does not take up what was left
  // After each step: the type and how many are done in all.
  std::function<void(std::string_view type, std::uint64_t done)> progress;
};

struct Reindexed {
  std::uint64_t resources = 0;
  std::uint64_t skipped = 0;  // changed meanwhile, or not readable
  bool resumed = false;
};

Result<Reindexed> reindex(store::Store& store, const search::Parameters& parameters,
                          const fhir::Definitions& definitions, const ReindexOptions& options);

}  // namespace planbro::service
