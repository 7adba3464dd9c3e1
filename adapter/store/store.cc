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

Result<std::uint64_t> Reader::moment() {
  PLANBRO_ASSIGN_OR_RETURN(const LogRange range, logRange());
  return range.newest;
}

Result<Version> Store::read(std::string_view type, std::string_view id) {
  PLANBRO_ASSIGN_OR_RETURN(const auto view, snapshot());
  return view->read(type, id);
}

Result<Version> Store::readVersion(std::string_view type, std::string_view id,
                                   std::uint64_t version) {
  PLANBRO_ASSIGN_OR_RETURN(const auto view, snapshot());
  return view->readVersion(type, id, version);
}

std::vector<Status> Store::transactAll(std::span<const std::function<Status(Transaction&)>> works) {
  std::vector<Status> results;
  results.reserve(works.size());
  for (const auto& work : works) results.push_back(transact(work));
  return results;
}

}  // namespace planbro::store
