// Files that older programs have written are opened, kept whole and written on.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

#include "store/sqlite/sqlite_store.h"

namespace planbro::store {
namespace {

// A file of tests/store/files: what `planbro import` made of fixtures/plans/nei-takk-til-plan when
// that was the newest schema; compressed.
struct OldFile {
  std::string name;
  std::string plan;
  std::size_t versions;
};
std::ostream& operator<<(std::ostream& out, const OldFile& file) { return out << file.name; }

void unpack(const std::string& name, const std::filesystem::path& path) {
  std::ifstream file(PLANBRO_SOURCE_DIR "/tests/store/files/" + name + ".sqlite.zst",
                     std::ios::binary);
  const std::string frame{std::istreambuf_iterator<char>(file), {}};
  std::string content(ZSTD_getFrameContentSize(frame.data(), frame.size()), '\0');
  ASSERT_EQ(ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size()),
            content.size());
  std::ofstream(path, std::ios::binary) << content;
}

class Migrations : public testing::TestWithParam<OldFile> {};

TEST_P(Migrations, AStoreOfAnOlderSchemaKeepsWhatItHoldsAndIsWrittenOn) {
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("planbro_migrations_" + GetParam().name + "_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  SqliteOptions options;
  options.path = folder / "store.sqlite";
  unpack(GetParam().name, options.path);
  const std::string& plan = GetParam().plan;
  for (std::size_t opened = 0; opened < 2; ++opened) {
    const auto store = openSqlite(options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->check());
    EXPECT_TRUE((*store)->verify());
    const auto reader = (*store)->snapshot();
    const auto first = (*reader)->readVersion("CarePlan", plan, 1);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->body.starts_with(R"({"resourceType":"CarePlan","id":")"));
    EXPECT_EQ((*reader)->changesAfter(0, 100)->size(), GetParam().versions + opened);
    EXPECT_EQ((*reader)->logRange()->forgotten, 0U);
    if (opened == 1) {
      EXPECT_EQ((*reader)->read("CarePlan", plan)->body, first->body + " ");
      continue;
    }
    Put put;
    put.type = "CarePlan";
    put.id = plan;
    put.version = 2;
    put.body = first->body + " ";
    EXPECT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
  }
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(
    Of, Migrations,
    testing::Values(OldFile{"schema-1", "01a21872-9170-7008-891a-b0ae4a0bbddf", 12},
                    OldFile{"schema-2", "01a21915-60c7-7008-ad03-782abe2f6003", 13},
                    OldFile{"schema-3", "01a21cdf-9c3e-7008-b5e6-28a9163484eb", 13}),
    [](const auto& file) { return "Schema" + file.param.name.substr(7); });

}  // namespace
}  // namespace planbro::store
