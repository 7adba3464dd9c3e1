#include "store/store.h"

namespace planbro::store {

Result<std::vector<Version>> Reader::readAll(std::string_view type,
                                             std::span<const std::string> ids) {
  std::vector<Version> versions;
  for (const std::string& id : ids) {
    Result<Version> version = read(type, id);
    if (!version && version.error().code == ErrorCode::kNotFound) continue;
    if (!version) return std::unexpected(std::move(version.error()));
    if (!version->deleted) versions.push_back(std::move(*version));
  }
  return versions;
}

std::vector<Status> Store::transactAll(std::span<const std::function<Status(Transaction&)>> works) {
  std::vector<Status> results;
  results.reserve(works.size());
  for (const auto& work : works) results.push_back(transact(work));
  return results;
}

}  // namespace planbro::store
