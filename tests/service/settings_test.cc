// What the service's settings change in its answers.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

bool has(const Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST(Settings, UpdateAsCreateCanBeTurnedOff) {
  ServiceSettings settings;
  settings.update_creates = false;
  const TestService service({}, settings);
  const Response refused =
      service.send("PUT", "/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})");
  EXPECT_EQ(refused.status, 405);
  EXPECT_TRUE(has(refused, "PB-4018")) << refused.body;
  EXPECT_TRUE(has(service.send("GET", "/fhir/metadata"), R"("updateCreate":false)"));
}

TEST(Settings, BundlesWithMoreEntriesThanConfiguredAreRefused) {
  ServiceSettings settings;
  settings.max_entries = 2;
  const TestService service({}, settings);
  const std::string entry = R"({"request":{"method":"GET","url":"Patient"}})";
  for (const std::string type : {"batch", "transaction"}) {
    const std::string begin = R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)";
    EXPECT_EQ(service.send("POST", "/fhir", begin + entry + "," + entry + "]}").status, 200);
    const Response refused =
        service.send("POST", "/fhir", begin + entry + "," + entry + "," + entry + "]}");
    EXPECT_EQ(refused.status, 413);
    EXPECT_TRUE(has(refused, "PB-4031")) << refused.body;
  }
}

TEST(Settings, AnAuthorizationServerIsToldToClients) {
  ServiceSettings settings;
  settings.smart.issuer = "https://login.example.no";
  settings.smart.authorization_endpoint = "https://login.example.no/authorize";
  settings.smart.token_endpoint = "https://login.example.no/token";
  settings.smart.capabilities = {"launch-standalone", "client-confidential-asymmetric"};
  settings.cors = true;
  const TestService service({}, settings);
  const Response discovery = service.send("GET", "/fhir/.well-known/smart-configuration");
  EXPECT_EQ(discovery.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(
      discovery.body,
      R"({"issuer":"https://login.example.no","authorization_endpoint":"https://login.example.no/authorize",)"
      R"("token_endpoint":"https://login.example.no/token","grant_types_supported":["authorization_code","client_credentials"],)"
      R"("response_types_supported":["code"],"code_challenge_methods_supported":["S256"],)"
      R"("capabilities":["launch-standalone","client-confidential-asymmetric"]})");
  const Response statement = service.send("GET", "/fhir/metadata");
  EXPECT_TRUE(has(statement, R"("code":"SMART-on-FHIR")"));
  EXPECT_TRUE(has(statement, R"("cors":true)"));
  EXPECT_TRUE(has(statement, R"({"url":"token","valueUri":"https://login.example.no/token"})"));
}

TEST(Settings, AnAuthorizationServerWithoutAPageForPeopleIsToldAsOneForSystems) {
  ServiceSettings settings;
  settings.smart.token_endpoint = "https://login.example.no/token";
  settings.smart.capabilities = {"launch-standalone", "client-confidential-asymmetric",
                                 "permission-v2"};
  const TestService service({}, settings);
  EXPECT_EQ(
      service.send("GET", "/fhir/.well-known/smart-configuration").body,
      R"({"token_endpoint":"https://login.example.no/token","grant_types_supported":["client_credentials"],)"
      R"("code_challenge_methods_supported":["S256"],)"
      R"("capabilities":["client-confidential-asymmetric","permission-v2"]})");
  const Response statement = service.send("GET", "/fhir/metadata");
  EXPECT_TRUE(has(statement, R"("code":"SMART-on-FHIR")"));
  EXPECT_FALSE(has(statement, "oauth-uris")) << "it must name both addresses";
}

// Folders of one test, removed at its end.
class ImportFolders : public testing::Test {
 protected:
  ImportFolders()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("planbro_import_folders_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "in");
    settings_.import_folder = folder_ / "in";
    settings_.quarantine = folder_ / "quarantine";
  }
  ~ImportFolders() override { std::filesystem::remove_all(folder_); }

  static void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static Response import(const TestService& service, const std::string& url) {
    return service.send(
        "POST", "/fhir/$import",
        R"({"resourceType":"Parameters","parameter":[{"name":"inputFormat","valueCode":"application/fhir+ndjson"},)"
        R"({"name":"input","part":[{"name":"url","valueUri":")" +
            url + R"("}]}]})");
  }

  std::filesystem::path folder_;
  ServiceSettings settings_;
};

TEST_F(ImportFolders, AFileBelowTheImportFolderIsRead) {
  write(
      folder_ / "in" / "Patient.ndjson",
      "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\",\"id\":\"b\"}\n");
  const TestService service({}, settings_);
  const Response response = import(service, "file:Patient.ndjson");
  EXPECT_TRUE(has(response, R"({"name":"created","valueInteger":2})")) << response.body;
  EXPECT_EQ(service.send("GET", "/fhir/Patient/b").status, 200);
}

TEST_F(ImportFolders, LinesOfAnotherTypeThanTheFileIsSaidToHaveAreRefused) {
  write(folder_ / "in" / "Patient.ndjson",
        "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n"
        "{\"resourceType\":\"Goal\",\"id\":\"g\"}\n");
  const TestService service({}, settings_);
  const auto importAs = [&](const std::string& type) {
    return service.send(
        "POST", "/fhir/$import",
        R"({"resourceType":"Parameters","parameter":[{"name":"input","part":[{"name":"type","valueCode":")" +
            type + R"("},{"name":"url","valueUri":"Patient.ndjson"}]}]})");
  };
  const Response response = importAs("Patient");
  EXPECT_TRUE(has(response, R"({"name":"created","valueInteger":1})")) << response.body;
  EXPECT_TRUE(has(response, "PB-4008")) << response.body;
  EXPECT_EQ(service.send("GET", "/fhir/Goal/g").status, 404);
  EXPECT_EQ(importAs("Patiens").status, 400);
}

TEST_F(ImportFolders, NoNameAndNoLinkLeadsOutOfIt) {
  write(folder_ / "secret.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"s\"}\n");
  std::filesystem::create_symlink(folder_ / "secret.ndjson", folder_ / "in" / "link.ndjson");
  const TestService service({}, settings_);
  const std::vector<std::string> urls = {"../secret.ndjson",
                                         "link.ndjson",
                                         (folder_ / "secret.ndjson").string(),
                                         "none.ndjson",
                                         "",
                                         ".",
                                         "file:///etc/passwd",
                                         "http://127.0.0.1/Patient.ndjson"};
  for (const std::string& url : urls) {
    const Response response = import(service, url);
    EXPECT_EQ(response.status, 400) << url;
    EXPECT_TRUE(has(response, "PB-6076")) << response.body;
  }
}

TEST_F(ImportFolders, RefusedLinesAreKeptAsTheyCame) {
  const TestService service({}, settings_);
  const Response response =
      service.send("POST", "/fhir/$import",
                   "{\"resourceType\":\"Patient\"}\n{ \"resourceType\":\"Nothing\" }\nno JSON\n",
                   {{"Content-Type", "application/fhir+ndjson"}});
  EXPECT_TRUE(has(response, R"({"name":"refused","valueInteger":2})")) << response.body;
  std::vector<std::filesystem::path> kept;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.quarantine))
    kept.push_back(entry.path());
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_TRUE(has(response, kept[0].filename().string()));
  EXPECT_EQ(contentOf(kept[0]), "{ \"resourceType\":\"Nothing\" }\nno JSON\n");
}

}  // namespace
}  // namespace planbro::service
