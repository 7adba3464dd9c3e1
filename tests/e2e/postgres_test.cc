// The program on PostgreSQL: replicas that share it, and the way from and to a file.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/command.h"
#include "support/planbro_process.h"
#include "support/postgres_server.h"

namespace planbro {
namespace {

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
