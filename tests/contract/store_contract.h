// What every store must do, whatever is behind it: one fixture, instantiated once a store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace planbro::store {

struct StoreFactory {
  std::string name;
  // Opens the store kept in `folder`, made if it is not there.
  std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path& folder)> open;
};

// The name of the instance, as GoogleTest asks for it.
inline std::ostream& operator<<(std::ostream& out, const StoreFactory& factory) {
  return out << factory.name;
}

class StoreContract : public testing::TestWithParam<StoreFactory> {
 public:
  // 2026-01-01T00:00:00Z
  static constexpr std::int64_t kStart = 1'767'225'600'000'000;

  StoreContract();
  ~StoreContract() override;

  Store& store() { return *store_; }
  void reopen();
  // The same store once more, as another program would have it.
  Result<std::unique_ptr<Store>> openAnother() { return GetParam().open(folder_); }

  // Any thread: a new version, with the version before it looked up.
  void put(const std::string& type, const std::string& id, std::vector<IndexRow> index = {},
           const std::string& body = {});
  void remove(const std::string& type, const std::string& id);
  // Ids of one page.
  std::vector<std::string> find(const Query& query);

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::atomic<std::int64_t> now_ = kStart;
};

// A resource's body with something to compress in it.
std::string bodyOf(const std::string& type, const std::string& id, const std::string& more = {});
Put makePut(const std::string& type, const std::string& id, std::uint64_t version);

// "b1 a2 a1 ": what a history gives, in its order.
std::string idsAndVersions(Reader& reader, const HistoryQuery& query);

IndexRow tokenRow(std::string parameter, std::string system, std::string value);
IndexRow stringRow(std::string parameter, std::string value, std::string exact);
IndexRow referenceRow(std::string parameter, std::string type, std::string id);
IndexRow dateRow(std::string parameter, std::int64_t low, std::int64_t high);

Predicate leaf(Predicate::Op op, IndexRow row);
Predicate both(std::vector<Predicate> children);
Predicate either(std::vector<Predicate> children);
Predicate negation(Predicate child);
// A token of that system and value.
Predicate token(std::string parameter, std::string system, std::string value);
Query queryFor(Predicate where, std::string type = "CarePlan");

}  // namespace planbro::store
