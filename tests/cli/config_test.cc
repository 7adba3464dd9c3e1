#include "cli/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace planbro::cli {
namespace {

using service::Enforcement;

std::filesystem::path written(const std::string& name, std::string_view text) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("planbro_config_" + name);
  std::ofstream(path) << text;
  return path;
}

TEST(Config, WithoutAFileItListensOnLoopbackOnly) {
  const auto config = readConfig(std::nullopt, {});
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->server.address, "127.0.0.1");
  EXPECT_EQ(config->server.port, 8080);
  EXPECT_EQ(config->validation.structure, Enforcement::kEnforce);
  EXPECT_EQ(config->validation.profiles, Enforcement::kWarn);
  EXPECT_TRUE(config->fhir.never_deleted.contains("CarePlan"));
}

TEST(Config, AFileSetsValuesListsAndMaps) {
  const auto config = readConfig(written("all.yaml", R"(
server:
  listen: "[::1]:9090"
  base_url: https://plan.example.no/fhir/
fhir:
  update_creates: false
  packages: [a.tgz, b]
validation:
  profiles_by_type:
    CarePlan: enforce
    Goal: "off"
)"),
                                 {});
  ASSERT_TRUE(config.has_value()) << config.error()[0].text(fhir::Language::kEnglish);
  EXPECT_EQ(config->server.address, "::1");
  EXPECT_EQ(config->server.port, 9090);
  EXPECT_EQ(config->server.base_url, "https://plan.example.no/fhir");
  EXPECT_FALSE(config->fhir.update_creates);
  EXPECT_EQ(config->fhir.packages, (std::vector<std::filesystem::path>{"a.tgz", "b"}));
  EXPECT_EQ(config->validation.profiles_by_type.at("CarePlan"), Enforcement::kEnforce);
  EXPECT_EQ(config->validation.profiles_by_type.at("Goal"), Enforcement::kOff);
}

TEST(Config, TheEnvironmentWinsOverTheFile) {
  const auto config = readConfig(written("env.yaml", "server: {listen: '127.0.0.1:1'}\n"),
                                 {{"PLANBRO_SERVER_LISTEN", "localhost:2"},
                                  {"PLANBRO_VALIDATION_PROFILES_BY_TYPE", "CarePlan=enforce"},
                                  {"PLANBRO_PORT", "not a setting of this file"},
                                  {"HOME", "/root"}});
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->server.address, "localhost");
  EXPECT_EQ(config->server.port, 2);
  EXPECT_EQ(config->validation.profiles_by_type.at("CarePlan"), Enforcement::kEnforce);
}

TEST(Config, EverythingWrongIsToldAtOnceWithItsPlaceAndTheNearestName) {
  const auto config = readConfig(written("bad.yaml",
                                         "sever:\n  listen: x\n"
                                         "fhir:\n  max_cuont: 3\n  max_count: many\n"),
                                 {{"PLANBRO_STORE_PAHT", "x"}});
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 4U);
  EXPECT_EQ(config.error()[0].text(fhir::Language::kEnglish),
            "The setting 'sever' is unknown. Nearest: server.");
  EXPECT_EQ(config.error()[0].place.position.line, 1U);
  EXPECT_EQ(config.error()[1].text(fhir::Language::kEnglish),
            "The setting 'fhir.max_cuont' is unknown. Nearest: max_count.");
  EXPECT_EQ(config.error()[1].place.position.line, 4U);
  EXPECT_EQ(config.error()[2].code, "PB-7013");
  EXPECT_EQ(config.error()[3].text(fhir::Language::kEnglish),
            "The setting 'PLANBRO_STORE_PAHT' is unknown. Nearest: PLANBRO_STORE_PATH.");
}

TEST(Config, AFileThatIsNoYamlOrIsNotThereIsAnIssue) {
  const auto broken = readConfig(written("broken.yaml", "server: [\n"), {});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error()[0].code, "PB-7011");
  const auto missing = readConfig(std::filesystem::path("/nonexistent/planbro.yaml"), {});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error()[0].code, "PB-7010");
  const auto scalar = readConfig(written("scalar.yaml", "just text\n"), {});
  ASSERT_FALSE(scalar.has_value());
  EXPECT_EQ(scalar.error()[0].code, "PB-7011");
}

// What the service would refuse when it opens the store; a password is not repeated.
TEST(Config, AnAddressOfAStoreThatWouldBeRefusedIsAFaultOfTheConfiguration) {
  for (const std::string address :
       {"postgres://planbro:geheim@/planbro", "postgres://planbro@/planbro?password=geheim",
        "postgrse://planbro:geheim@/planbro", "postgres://planbro:geheim@/%zz"}) {
    const auto config =
        readConfig(written("address.yaml", "store:\n  address: '" + address + "'\n"), {});
    ASSERT_FALSE(config.has_value()) << address;
    ASSERT_EQ(config.error().size(), 1U);
    const fhir::Issue& issue = config.error()[0];
    EXPECT_EQ(issue.code, "PB-7014");
    EXPECT_EQ(issue.place.position.line, 2U);
    const std::string text = issue.text(fhir::Language::kEnglish);
    EXPECT_TRUE(text.starts_with("The setting store.address cannot be used. ")) << text;
    EXPECT_FALSE(text.contains("geheim")) << text;
  }
  EXPECT_TRUE(readConfig(std::nullopt, {{"PLANBRO_STORE_ADDRESS", "postgres://planbro@/planbro"}}));
  EXPECT_TRUE(readConfig(std::nullopt, {{"PLANBRO_STORE_ADDRESS", ""}}));
  EXPECT_FALSE(readConfig(std::nullopt, {{"PLANBRO_STORE_SCHEMA", "x; DROP SCHEMA public"}}));
}

TEST(Config, AFileAndADatabaseAtOnceAreAFault) {
  const auto config = readConfig(written("two_stores.yaml", "store: {path: plans.sqlite}\n"),
                                 {{"PLANBRO_STORE_ADDRESS", "postgres://planbro@/planbro"}});
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(config.error()[0].text(fhir::Language::kEnglish),
            "store.path and PLANBRO_STORE_ADDRESS are both set, and there is one store: leave out "
            "the one that it is not.");
}

TEST(Config, EverySettingStandsInTheDocumentation) {
  std::ifstream file(PLANBRO_SOURCE_DIR "/docs/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const std::string& name : settingNames())
    EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << name;
}

}  // namespace
}  // namespace planbro::cli
