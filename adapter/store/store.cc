#include "store/store.h"

namespace planbro::store {

std::vector<Status> Store::transactAll(std::span<const std::function<Status(Transaction&)>> works) {
  std::vector<Status> results;
  results.reserve(works.size());
  for (const auto& work : works) results.push_back(transact(work));
  return results;
}

}  // namespace planbro::store
