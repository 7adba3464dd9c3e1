// Databases that older programs have written are opened, kept whole and written on.
#include <zstd.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

#include "contract/store_contract.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "support/postgres_server.h"

namespace planbro::store {
namespace {

using testing_support::PostgresServer;

// A dump of tests/store/files: the store as pg_dump wrote it out when that was the newest schema,
// filled by `planbro import` with fixtures/plans/nei-takk-til-plan; compressed.
struct OldDump {
  std::string name;
  std::string plan;
};
std::ostream& operator<<(std::ostream& out, const OldDump& dump) { return out << dump.name; }

std::string unpacked(const std::string& name) {
  std::ifstream file("tests/store/files/" + name + ".postgres.sql.zst", std::ios::binary);
  const std::string frame{std::istreambuf_iterator<char>(file), {}};
  std::string content(ZSTD_getFrameContentSize(frame.data(), frame.size()), '\0');
  EXPECT_EQ(ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size()),
            content.size());
  return content;
}

class PostgresMigrations : public testing::TestWithParam<OldDump> {};

TEST_P(PostgresMigrations, AStoreOfAnOlderSchemaKeepsWhatItHoldsAndIsWrittenOn) {
  PostgresOptions options;
  options.address = PostgresServer::instance().database("migrations_" + GetParam().name.substr(7));
  {
    postgres::Connection::Options connecting;
    connecting.address = options.address;
    connecting.schema = "public";
    const auto connection = postgres::Connection::open(connecting);
    ASSERT_TRUE(connection) << connection.error().message;
    const Status restored = (*connection)->execute(unpacked(GetParam().name));
    ASSERT_TRUE(restored) << restored.error().message;
  }
  const std::string& plan = GetParam().plan;
  for (std::size_t opened = 0; opened < 2; ++opened) {
    const auto store = openPostgres(options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->check());
    EXPECT_TRUE((*store)->verify());
    const auto reader = (*store)->snapshot();
    const auto first = (*reader)->readVersion("CarePlan", plan, 1);
    ASSERT_TRUE(first);
    EXPECT_EQ((*reader)->changesAfter(0, 100)->size(), 13U + opened);
    EXPECT_EQ((*reader)->logRange()->forgotten, 0U);
    if (opened == 1) {
      EXPECT_EQ((*reader)->read("CarePlan", plan)->body, first->body + " ");
      continue;
    }
    Put put = makePut("CarePlan", plan, 2);
    put.body = first->body + " ";
    EXPECT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, PostgresMigrations,
    testing::Values(OldDump{"schema-1", "01a21915-60c7-7008-ad03-782abe2f6003"},
                    OldDump{"schema-2", "01a21b63-6192-7008-9604-f8a25c711866"},
                    OldDump{"schema-3", "01a21cb8-3e24-7008-a973-a6cbbe4a1c7b"}),
    [](const auto& dump) { return "Schema" + dump.param.name.substr(7); });

}  // namespace
}  // namespace planbro::store
