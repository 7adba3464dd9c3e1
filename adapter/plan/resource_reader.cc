#include "plan/resource_reader.h"

#include <utility>

namespace planbro::plan {

std::string ResourceReader::addressOf(std::string_view type, std::string_view id) {
  std::string address(type);
  address += '/';
  address += id;
  return address;
}

void ResourceReader::wrote(const fhir::Resource& resource, std::span<const store::IndexRow> index,
                           bool fresh) {
  ++writes_;
  Known& known = known_[addressOf(resource.type(), resource.id())];
  known.now.emplace();
  known.now->resource = resource;
  known.now->version.type = resource.type();
  known.now->version.id = resource.id();
  known.references.clear();
  for (const store::IndexRow& row : index) {
    if (row.kind == store::IndexRow::Kind::kReference) known.references.push_back(row);
  }
  known.written = true;
  known.fresh = known.fresh || fresh;
}

void ResourceReader::deleted(std::string_view type, std::string_view id) {
  ++writes_;
  Known& known = known_[addressOf(type, id)];
  known.now.reset();
  known.references.clear();
  known.written = true;
}

bool ResourceReader::isFresh(std::string_view type, std::string_view id) const {
  const auto found = known_.find(addressOf(type, id));
  return found != known_.end() && found->second.fresh;
}

Result<const StoredResource*> ResourceReader::read(std::string_view type, std::string_view id) {
  const auto [place, added] = known_.try_emplace(addressOf(type, id));
  Known& known = place->second;
  if (!added) return known.now ? &*known.now : nullptr;
  auto version = reader_.read(type, id);
  if (!version.has_value() && version.error().code != ErrorCode::kNotFound) {
    known_.erase(place);
    return std::unexpected(std::move(version.error()));
  }
  known.stored = version.has_value() ? version->version : 0;
  if (!version.has_value() || version->deleted) return nullptr;
  return keep(place, std::move(*version));
}

Result<const StoredResource*> ResourceReader::of(store::Version version) {
  const auto [place, added] = known_.try_emplace(addressOf(version.type, version.id));
  if (!added) return place->second.now ? &*place->second.now : nullptr;
  return keep(place, std::move(version));
}

Result<const StoredResource*> ResourceReader::keep(KnownMap::iterator place,
                                                   store::Version version) {
  fhir::ReadOutcome read = fhir::readJson(version.body);
  if (!read.resource) {
    known_.erase(place);
    return fail(ErrorCode::kCorrupt, "a stored " + version.type + " does not read");
  }
  place->second.now = {std::move(read.resource), std::move(version)};
  return &*place->second.now;
}

Result<std::vector<const StoredResource*>> ResourceReader::referring(std::string_view type,
                                                                     std::string_view parameter,
                                                                     std::string_view target_type,
                                                                     std::string_view target_id,
                                                                     std::uint32_t count) {
  std::vector<const StoredResource*> found;
  if (isFresh(target_type, target_id)) {
    for (const auto& [address, known] : known_) {
      if (!known.now || known.now->version.type != type) continue;
      for (const store::IndexRow& row : known.references) {
        if (row.parameter != parameter || row.system != target_type || row.value != target_id)
          continue;
        found.push_back(&*known.now);
        break;
      }
      if (found.size() == count) break;
    }
    return found;
  }
  store::Query query;
  query.type = type;
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row.kind = store::IndexRow::Kind::kReference;
  query.where.row.parameter = parameter;
  query.where.row.system = target_type;
  query.where.row.value = target_id;
  query.count = count;
  searched_ = true;
  PLANBRO_ASSIGN_OR_RETURN(auto page, reader_.search(query));
  for (store::Version& match : page.matches) {
    PLANBRO_ASSIGN_OR_RETURN(const StoredResource* resource, of(std::move(match)));
    if (resource != nullptr) found.push_back(resource);
  }
  return found;
}

std::vector<const StoredResource*> ResourceReader::written(std::string_view type) const {
  std::vector<const StoredResource*> found;
  for (const auto& [address, known] : known_) {
    if (known.written && known.now && known.now->version.type == type) found.push_back(&*known.now);
  }
  return found;
}

Result<const StoredResource*> ResourceReader::first(
    store::Query query, const std::function<bool(const StoredResource&)>& test) {
  searched_ = true;
  while (true) {
    PLANBRO_ASSIGN_OR_RETURN(auto page, reader_.search(query));
    for (store::Version& match : page.matches) {
      PLANBRO_ASSIGN_OR_RETURN(const StoredResource* one, of(std::move(match)));
      if (one != nullptr && test(*one)) return one;
    }
    if (!page.next) return nullptr;
    query.cursor = std::move(page.next);
  }
}

std::vector<std::string> ResourceReader::addressesRead() const {
  std::vector<std::string> addresses;
  for (const auto& [address, known] : known_) {
    if (known.stored.has_value()) addresses.push_back(address);
  }
  return addresses;
}

bool ResourceReader::isUnused(std::string_view type, std::string_view id) const {
  const auto found = known_.find(addressOf(type, id));
  return found != known_.end() && found->second.stored == 0U;
}

fhir::Resource ResourceReader::before(std::string_view type, std::string_view id) {
  searched_ = true;
  const auto now = reader_.read(type, id);
  if (!now.has_value() || now->version < 2) return {};
  const auto version = reader_.readVersion(type, id, now->version - 1);
  if (!version.has_value() || version->deleted) return {};
  return fhir::readJson(version->body).resource;
}

}  // namespace planbro::plan
