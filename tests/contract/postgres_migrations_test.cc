// Databases that older programs have written are opened, kept whole and written on.
#include <zstd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "contract/store_contract.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "support/postgres_server.h"

namespace planbro::store {
namespace {

using testing_support::PostgresServer;

// tests/store/files/schema-1.postgres.sql: as pg_dump wrote the store out when there was one
// schema, filled by `planbro import` with fixtures/plans/nei-takk-til-plan; compressed.
std::string oldDump() {
  std::ifstream file("tests/store/files/schema-1.postgres.sql.zst", std::ios::binary);
  const std::string frame{std::istreambuf_iterator<char>(file), {}};
  std::string content(ZSTD_getFrameContentSize(frame.data(), frame.size()), '\0');
  EXPECT_EQ(ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size()),
            content.size());
  return content;
}

TEST(PostgresMigrations, AStoreOfTheFirstSchemaKeepsWhatItHoldsAndIsWrittenOn) {
  PostgresOptions options;
  options.address = PostgresServer::instance().database("migrations");
  {
    postgres::Connection::Options connecting;
    connecting.address = options.address;
    connecting.schema = "public";
    const auto connection = postgres::Connection::open(connecting);
    ASSERT_TRUE(connection) << connection.error().message;
    const Status restored = (*connection)->execute(oldDump());
    ASSERT_TRUE(restored) << restored.error().message;
  }
  constexpr std::string_view kPlan = "01a21915-60c7-7008-ad03-782abe2f6003";
  for (std::size_t opened = 0; opened < 2; ++opened) {
    const auto store = openPostgres(options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->check());
    EXPECT_TRUE((*store)->verify());
    const auto reader = (*store)->snapshot();
    const auto first = (*reader)->readVersion("CarePlan", kPlan, 1);
    ASSERT_TRUE(first);
    EXPECT_EQ((*reader)->changesAfter(0, 100)->size(), 13U + opened);
    EXPECT_EQ((*reader)->logRange()->forgotten, 0U);
    if (opened == 1) {
      EXPECT_EQ((*reader)->read("CarePlan", kPlan)->body, first->body + " ");
      continue;
    }
    Put put = makePut("CarePlan", std::string(kPlan), 2);
    put.body = first->body + " ";
    EXPECT_TRUE((*store)->transact([&](Transaction& transaction) { return transaction.put(put); }));
  }
}

}  // namespace
}  // namespace planbro::store
