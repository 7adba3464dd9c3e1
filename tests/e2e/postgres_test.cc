// The program on PostgreSQL: replicas that share it, and the way from and to a file.
#include <gtest/gtest.h>
#include <zstd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "support/command.h"
#include "support/planbro_process.h"
#include "support/postgres_server.h"

namespace planbro {
namespace {

using testing_support::contentOf;
using testing_support::PlanbroProcess;
using testing_support::PostgresServer;
using testing_support::runCommand;
using testing_support::ScratchFolder;

const std::string kProgram = std::string(PLANBRO_PROGRAM) + " --log off ";

std::string configFor(const std::filesystem::path& folder, const std::string& address) {
  const auto path = folder / "planbro.yaml";
  std::ofstream(path) << "store:\n  address: " << address << "\n";
  return path.string();
}

// The options that lead to a database of that name, which has got a plan.
std::string optionsOfAPlan(const std::filesystem::path& scratch, const std::string& name) {
  const auto folder = scratch / name;
  std::filesystem::create_directories(folder);
  const std::string options = " --config '" +
                              configFor(folder, PostgresServer::instance().database(name)) +
                              "' --data '" + (folder / "data").string() + "' ";
  const auto imported =
      runCommand(kProgram + "import --source json-plan" + options + PLANBRO_SOURCE_DIR +
                     "/fixtures/plans/mann-22-cerebral-parese/export.json",
                 scratch);
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_TRUE(imported.err.contains("planbro import: the store is PostgreSQL dbname=" + name))
      << imported.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "data/planbro.sqlite"));
  return options;
}

TEST(Postgres, ImportAndExportWorkOnTheDatabaseOfTheConfiguration) {
  const ScratchFolder scratch("postgres_import");
  ASSERT_TRUE(PostgresServer::instance().running());
  const std::string options = optionsOfAPlan(scratch.path(), "imported");
  const auto exported =
      runCommand(kProgram + "export --plan IP-2026-0017 --as bundle" + options, scratch.path());
  EXPECT_EQ(exported.status, 0) << exported.err;
  EXPECT_TRUE(exported.out.contains("IP-2026-0017"));
}

TEST(Postgres, AnUnfinishedBackupOfAnotherStoreIsNamed) {
  const ScratchFolder scratch("postgres_unfinished");
  ASSERT_TRUE(PostgresServer::instance().running());
  const std::string one = optionsOfAPlan(scratch.path(), "unfinished_one");
  const std::string two = optionsOfAPlan(scratch.path(), "unfinished_two");
  const auto file = scratch.path() / "x.sqlite";
  const std::string backup = kProgram + "backup '" + file.string() + "'";
  const std::string partial = file.string() + ".partial";
  ASSERT_EQ(runCommand(backup + one, scratch.path()).status, 0);
  std::filesystem::rename(file, partial);
  const auto refused = runCommand(backup + two, scratch.path());
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.err, "planbro backup: " + partial + " is of another store: remove it.\n");
  std::filesystem::remove(partial);
  const auto made = runCommand(backup + two, scratch.path());
  EXPECT_EQ(made.status, 0) << made.err;
}

// A file of tests/store/files, as the program of that schema wrote it.
std::string oldStore(const std::string& schema) {
  const std::string frame =
      contentOf(PLANBRO_SOURCE_DIR "/tests/store/files/schema-" + schema + ".sqlite.zst");
  std::string content(ZSTD_getFrameContentSize(frame.data(), frame.size()), '\0');
  EXPECT_EQ(ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size()),
            content.size());
  return content;
}

TEST(Postgres, ABackupOfAnOlderProgramIsRestored) {
  const ScratchFolder scratch("postgres_old_backup");
  PostgresServer& server = PostgresServer::instance();
  ASSERT_TRUE(server.running());
  const auto backup = scratch.path() / "old.sqlite";
  const auto data = scratch.path() / "data";
  for (const auto& [schema, plan] : {std::pair("1", "01a21872-9170-7008-891a-b0ae4a0bbddf"),
                                     std::pair("2", "01a21915-60c7-7008-ad03-782abe2f6003")}) {
    const std::string content = oldStore(schema);
    std::ofstream(backup, std::ios::binary) << content;
    const std::string options =
        " --data '" + data.string() + "' --config " +
        configFor(scratch.path(), server.database(std::string("old_") + schema));
    const auto restored =
        runCommand(kProgram + "restore '" + backup.string() + "'" + options, scratch.path());
    EXPECT_EQ(restored.status, 0) << schema << restored.err;
    const auto exported =
        runCommand(kProgram + "export --as bundle --plan " + plan + options, scratch.path());
    EXPECT_EQ(exported.status, 0) << schema << exported.err;
    EXPECT_EQ(contentOf(backup), content) << "a backup is only read";
    EXPECT_TRUE(std::filesystem::is_empty(data)) << "the copy that was migrated is gone";
  }
}

TEST(Postgres, TwoServicesShareADatabaseOutliveItsRestartAndMoveToAFileAndBack) {
  const ScratchFolder scratch("postgres");
  PostgresServer& server = PostgresServer::instance();
  ASSERT_TRUE(server.running());
  const std::string config = configFor(scratch.path(), server.database("shared"));
  const auto one_data = scratch.path() / "one";
  const auto two_data = scratch.path() / "two";
  const std::string patient = R"({"resourceType":"Patient","id":"a","gender":"female"})";
  {
    const PlanbroProcess one(PLANBRO_PROGRAM, one_data, {"--config", config});
    const PlanbroProcess two(PLANBRO_PROGRAM, two_data, {"--config", config});
    ASSERT_TRUE(one.running() && two.running());
    EXPECT_EQ(one.send("PUT", "/fhir/Patient/a", patient).status, 201);
    const auto read = two.send("GET", "/fhir/Patient/a");
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.headers.get("ETag").value_or(""), "W/\"1\"");
    // A version that only the other replica has made counts here.
    EXPECT_EQ(two.send("PUT", "/fhir/Patient/a",
                       R"({"resourceType":"Patient","id":"a","gender":"other"})",
                       {{"If-Match", "W/\"1\""}})
                  .status,
              200);
    EXPECT_EQ(one.send("PUT", "/fhir/Patient/a", patient, {{"If-Match", "W/\"1\""}}).status, 412);
    EXPECT_EQ(one.send("POST", "/fhir/Patient", R"({"resourceType":"Patient","gender":"other"})",
                       {{"If-None-Exist", "gender=other"}})
                  .status,
              200);
    server.killAndRestart();
    EXPECT_EQ(one.send("PUT", "/fhir/Patient/b", R"({"resourceType":"Patient","id":"b"})").status,
              201);
    EXPECT_NE(two.send("GET", "/fhir/Patient?_summary=count").body.find("\"total\":2"),
              std::string::npos);
    EXPECT_EQ(two.send("GET", "/health/ready").status, 200);
  }
  const std::string data = " --data '" + one_data.string() + "'";
  const auto run = [&](const std::string& arguments) {
    return runCommand(kProgram + arguments + data, scratch.path());
  };
  const auto file = (scratch.path() / "moved.sqlite").string();
  const auto copied =
      run("copy --from '" + server.address("shared") + "' --to '" + file + "' --config " + config);
  EXPECT_EQ(copied.status, 0) << copied.err;
  // The named value is the installation's key, which seals cursors.
  EXPECT_EQ(copied.out, "3 versions copied, 0 were there, 1 named values. The target is whole.\n");
  EXPECT_EQ(run("check --config " + config).out, "The store is whole.\n");

  const auto backup = (scratch.path() / "backup.sqlite").string();
  EXPECT_EQ(run("backup '" + backup + "' --config " + config).status, 0);
  EXPECT_EQ(run("backup '" + backup + "' --config " + config).status, 2);
  const std::string fresh = configFor(scratch.path(), server.database("fresh"));
  const auto restored = run("restore '" + backup + "' --config " + fresh);
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_EQ(run("restore '" + backup + "' --config " + fresh).status, 2) << "it holds a store";
  // A restore that was broken off has left this beside what it brought.
  server.psql("fresh", "INSERT INTO planbro.value VALUES ('copy/unfinished', 'begun')");
  const auto half = run("check --config " + fresh);
  EXPECT_EQ(half.status, 2);
  EXPECT_NE(half.err.find("was broken off: run it again"), std::string::npos) << half.err;
  EXPECT_FALSE(PlanbroProcess(PLANBRO_PROGRAM, two_data, {"--config", fresh}).running());
  EXPECT_EQ(run("restore '" + backup + "' --config " + fresh).status, 0);
  EXPECT_EQ(run("check --config " + fresh).status, 0);
  // A name that is wrong is no empty store.
  const std::string wrong = scratch.path() / "wrong.yaml";
  std::ofstream(wrong) << "store:\n  address: " << server.address("fresh")
                       << "\n  schema: mistyped\n";
  const auto nothing = (scratch.path() / "nothing.sqlite").string();
  for (const std::string& command :
       {std::string("check"), "backup '" + nothing + "'", std::string("compact --days 3")})
    EXPECT_EQ(run(command + " --config " + wrong).status, 2) << command;
  EXPECT_FALSE(std::filesystem::exists(nothing + ".partial"));
  const PlanbroProcess again(PLANBRO_PROGRAM, two_data, {"--config", fresh});
  ASSERT_TRUE(again.running());
  EXPECT_NE(again.send("GET", "/fhir/Patient/a/_history").body.find("\"total\":2"),
            std::string::npos);
  EXPECT_EQ(again.send("GET", "/fhir/Patient?gender=other").body.find("\"total\":0"),
            std::string::npos);
}

TEST(Store, AFileIsBackedUpInUseRestoredAndChecked) {
  const ScratchFolder scratch("backup");
  const auto data = scratch.path() / "data";
  const auto backup = (scratch.path() / "backup.sqlite").string();
  const auto run = [&](const std::string& arguments, const std::filesystem::path& folder) {
    return runCommand(kProgram + arguments + " --data '" + folder.string() + "'", scratch.path());
  };
  {
    const PlanbroProcess planbro(PLANBRO_PROGRAM, data);
    ASSERT_TRUE(planbro.running());
    ASSERT_EQ(
        planbro.send("PUT", "/fhir/Patient/a", R"({"resourceType":"Patient","id":"a"})").status,
        201);
    EXPECT_EQ(run("backup '" + backup + "'", data).status, 0);
    EXPECT_EQ(run("check", data).out, "The store is whole.\n");
  }
  const auto other = scratch.path() / "other";
  EXPECT_EQ(run("restore '" + backup + "'", other).status, 0);
  EXPECT_EQ(run("restore '" + backup + "'", other).status, 2) << "there is a store already";
  EXPECT_EQ(run("check", scratch.path() / "nothing").status, 2);
  for (const auto& path :
       {other / "planbro.sqlite", data / "planbro.sqlite", std::filesystem::path(backup)})
    EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::others_all,
              std::filesystem::perms::none)
        << path;
  {
    std::fstream damage(backup, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(static_cast<std::streamoff>(std::filesystem::file_size(backup) / 2));
    damage << std::string(20000, 'x');
  }
  EXPECT_EQ(run("restore '" + backup + "'", scratch.path() / "third").status, 2);
  std::filesystem::copy_file(backup, other / "planbro.sqlite",
                             std::filesystem::copy_options::overwrite_existing);
  const auto checked = run("check", other);
  EXPECT_EQ(checked.status, 1) << checked.out << checked.err;
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data);
  EXPECT_EQ(planbro.send("GET", "/fhir/Patient/a").status, 200);
}

TEST(Postgres, ConditionsOfATransactionSeeWhatItDoesAsInAFile) {
  const ScratchFolder scratch("postgres_transaction");
  PostgresServer& server = PostgresServer::instance();
  ASSERT_TRUE(server.running());
  const std::string config = configFor(scratch.path(), server.database("transaction"));
  const PlanbroProcess service(PLANBRO_PROGRAM, scratch.path() / "data", {"--config", config});
  ASSERT_TRUE(service.running());
  const std::string resource =
      R"("resource":{"resourceType":"Basic","code":{"text":"x"},"identifier":[{"system":"urn:x","value":"1"}]})";
  const std::string create =
      "{" + resource +
      R"(,"request":{"method":"POST","url":"Basic","ifNoneExist":"identifier=urn:x|1"}})";
  const std::string update =
      "{" + resource + R"(,"request":{"method":"PUT","url":"Basic?identifier=urn:x|1"}})";
  const std::string deletion =
      R"({"request":{"method":"DELETE","url":"Basic?identifier=urn:x|1"}})";
  const auto send = [&](const std::string& entries) {
    return service
        .send("POST", "/fhir",
              R"({"resourceType":"Bundle","type":"transaction","entry":[)" + entries + "]}")
        .status;
  };
  const auto finds_one = [&] {
    return service.send("GET", "/fhir/Basic?identifier=urn:x|1").body.find("\"total\":1") !=
           std::string::npos;
  };
  EXPECT_EQ(send(update + "," + create), 400);
  EXPECT_EQ(send(create + "," + create), 200);
  EXPECT_TRUE(finds_one());
  EXPECT_EQ(send(create + "," + deletion), 200);
  EXPECT_TRUE(finds_one());
}

}  // namespace
}  // namespace planbro
