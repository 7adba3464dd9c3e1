// A store's reader that gives resources read, each only once, and knows what the running
// transaction has written itself: rules look at the same resources again and again while the
// store's one writer waits for them.
//
// One thread; what it was made with must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/resource.h"
#include "store/store.h"

namespace planbro::plan {

// A current resource: as read, and as stored (`version` without body where it has just been
// written).
struct StoredResource {
  fhir::Resource resource;
  store::Version version;
};

class ResourceReader {
 public:
  explicit ResourceReader(store::Reader& reader) : reader_(reader) {}

  // `resource` (with its id) has been written through the same transaction, with these rows.
  // `fresh`: under an id that nobody can have known before, so that only what else is written here
  // refers to it.
  void wrote(const fhir::Resource& resource, std::span<const store::IndexRow> index, bool fresh);
  void deleted(std::string_view type, std::string_view id);
  bool isFresh(std::string_view type, std::string_view id) const;

  // nullptr: it is not there or deleted. kCorrupt: what is stored does not read. The result lives
  // until the resource is written again.
  Result<const StoredResource*> read(std::string_view type, std::string_view id);
  // The resource of that stored current version, which is read only if it is not known yet.
  Result<const StoredResource*> of(store::Version version);
  // The current resources of `type` whose reference parameter names that one, at most `count`.
  Result<std::vector<const StoredResource*>> referring(std::string_view type,
                                                       std::string_view parameter,
                                                       std::string_view target_type,
                                                       std::string_view target_id,
                                                       std::uint32_t count);
  // The current resources of `type` that this transaction has written.
  std::vector<const StoredResource*> written(std::string_view type) const;
  // The first current resource that the query finds and `test` accepts; nullptr: there is none.
  Result<const StoredResource*> first(store::Query query,
                                      const std::function<bool(const StoredResource&)>& test);
  // The version before the current one; empty: there is none, or it was a deletion.
  fhir::Resource before(std::string_view type, std::string_view id);

  // Rises with every write.
  std::uint64_t writes() const { return writes_; }
  // What the store was asked for by id: "CarePlan/1".
  std::vector<std::string> addressesRead() const;
  // Whether it was, and told that the id was never used.
  bool isUnused(std::string_view type, std::string_view id) const;
  // Whether the store was asked for more than these.
  bool hasSearched() const { return searched_; }

 private:
  struct Known {
    std::optional<StoredResource> now;        // nothing: it is not there
    std::vector<store::IndexRow> references;  // of what was written
    bool written = false;
    bool fresh = false;
    std::optional<std::uint64_t> stored;  // the current version that the store told, 0: none
  };
  using KnownMap = std::map<std::string, Known, std::less<>>;
  static std::string addressOf(std::string_view type, std::string_view id);
  Result<const StoredResource*> keep(KnownMap::iterator place, store::Version version);

  store::Reader& reader_;
  KnownMap known_;  // by address; nodes stay where they are
  std::uint64_t writes_ = 0;
  bool searched_ = false;
};

}  // namespace planbro::plan
