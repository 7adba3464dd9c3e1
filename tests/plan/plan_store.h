// The whole plans of fixtures/plans as a store would hold them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "fhir/resource.h"
#include "json/writer.h"
#include "plan/plan_set.h"
#include "plan/stored_plan.h"

namespace planbro::plan {

inline std::string fileText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::filesystem::path> planFixtures() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(PLANBRO_SOURCE_DIR) / "fixtures/plans"))
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// Holds the entries of a transaction under the ids that a server would give them; finds by type.
class FixtureStore final : public store::Reader {
 public:
  explicit FixtureStore(const fhir::Resource& bundle) {
    const PlanSet set = PlanSet::ofBundle(bundle);
    std::map<std::string, std::string> ids;
    for (const PlanResource& one : set.resources()) {
      if (one.address.starts_with("urn:uuid:"))
        ids[one.address] = std::string(one.element.typeName()) + "/" + one.address.substr(9);
    }
    for (const PlanResource& one : set.resources()) {
      if (!one.address.starts_with("urn:uuid:")) continue;
      store::Version version;
      version.type = one.element.typeName();
      version.id = one.address.substr(9);
      version.version = 1;
      version.last_updated = {1'795'000'000'000'000};
      json::write(*one.document, *one.element.value(), version.body);
      for (const auto& [urn, address] : ids) {
        for (std::size_t at = version.body.find(urn); at != std::string::npos;
             at = version.body.find(urn, at))
          version.body.replace(at, urn.size(), address);
      }
      version.body.insert(1, R"("id":")" + version.id + R"(",)");
      if (version.type == "CarePlan" && !one.element.child("partOf")) plan_ = version;
      versions_[version.type + "/" + version.id] = version;
    }
  }

  const store::Version& plan() const { return plan_; }

  Result<store::Version> read(std::string_view type, std::string_view id) override {
    const auto found = versions_.find(std::string(type) + "/" + std::string(id));
    if (found == versions_.end()) return fail(ErrorCode::kNotFound, "there is no such resource");
    return found->second;
  }
  Result<store::Version> readVersion(std::string_view type, std::string_view id,
                                     std::uint64_t) override {
    return read(type, id);
  }
  Result<std::vector<store::Version>> history(const store::HistoryQuery&) override {
    return std::vector<store::Version>();
  }
  // Whatever is of the type and names the target.
  Result<store::SearchPage> search(const store::Query& query) override {
    store::SearchPage page;
    const std::string target = query.where.row.system + "/" + query.where.row.value;
    for (const auto& [address, version] : versions_) {
      if (version.type == query.type && version.body.contains("\"" + target + "\""))
        page.matches.push_back(version);
    }
    return page;
  }
  Result<std::vector<store::Change>> changesAfter(std::uint64_t, std::uint32_t) override {
    return std::vector<store::Change>();
  }
  Result<store::LogRange> logRange() override { return store::LogRange(); }
  Result<std::string> value(std::string_view) override {
    return fail(ErrorCode::kNotFound, "there is no such value");
  }
  Result<std::vector<std::string>> valueNames() override { return std::vector<std::string>{}; }

 private:
  store::Version plan_;
  std::map<std::string, store::Version> versions_;
};

inline StoredPlan storedPlan(const std::string& bundle) {
  const auto read = fhir::readJson(bundle);
  EXPECT_TRUE(read.resource) << bundle;
  FixtureStore store(read.resource);
  auto plan = StoredPlan::read(store, store.plan());
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message);
  return std::move(*plan);
}

inline StoredPlan storedFixture(const std::filesystem::path& folder) {
  return storedPlan(fileText(folder / "expected/bundle.json"));
}

inline std::string fixtureName(const testing::TestParamInfo<std::filesystem::path>& fixture) {
  std::string name = fixture.param.filename().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace planbro::plan
