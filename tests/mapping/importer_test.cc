// How records go through the importer; what comes of single ones: record_fixtures_test.cc.
#include "mapping/importer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "json/writer.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

const MapLibrary& library() {
  static const auto loaded = MapLibrary::load({});
  return *loaded->library;
}

// Keeps what it is given, and fails once it has `most`.
class KeepingSink final : public Sink {
 public:
  explicit KeepingSink(std::size_t most = 1000) : most_(most) {}
  Result<Answer> take(const json::DocumentPtr& bundle, bool) override {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    if (taken.size() == most_) return fail(ErrorCode::kUnavailable, "full");
    taken.push_back(json::write(*bundle));
    return Answer{};
  }
  std::vector<std::string> taken;

 private:
  std::size_t most_;
  std::thread::id thread_ = std::this_thread::get_id();
};

std::vector<fs::path> exports() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(PLANBRO_SOURCE_DIR) / "fixtures/plans"))
    if (fs::is_directory(entry.path() / "csv")) found.push_back(entry.path() / "csv");
  std::sort(found.begin(), found.end());
  return found;
}

ImportOptions csvPlans() {
  ImportOptions options;
  options.source = "csv-plan";
  return options;
}

TEST(Importer, RecordsReachTheSinkInTheirOrderAndAsEachOneAlone) {
  KeepingSink alone, together;
  for (const fs::path& one : exports())
    ASSERT_TRUE(importPlans(library(), csvPlans(), {one}, alone).has_value());
  std::vector<std::size_t> progress;
  ImportOptions options = csvPlans();
  options.progress = [&](std::size_t done) { progress.push_back(done); };
  const auto report = importPlans(library(), options, exports(), together);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_GE(alone.taken.size(), 3U);
  EXPECT_EQ(together.taken, alone.taken);
  EXPECT_EQ(report->created, alone.taken.size());
  ASSERT_EQ(progress.size(), alone.taken.size());
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
}

TEST(Importer, AFailingSinkEndsTheImport) {
  KeepingSink sink(1);
  const auto report = importPlans(library(), csvPlans(), exports(), sink);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sink.taken.size(), 1U);
}

}  // namespace
}  // namespace planbro::mapping
