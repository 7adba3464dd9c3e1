#include "service/import.h"

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <iterator>

#include "service/export_archive.h"
#include "service/service_fixture.h"

namespace planbro::service {
namespace {

using mapping::PlanFate;

// Takes everything, and notes how often it was asked.
class Taking final : public mapping::Sink {
 public:
  explicit Taking(std::atomic<int>& taken) : taken_(taken) {}
  std::unique_ptr<Parcel> prepare(const json::DocumentPtr&) override {
    return std::make_unique<Parcel>();
  }
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool dry_run) override {
    taken_ += static_cast<int>(parcels.size());
    return std::vector<Answer>(
        parcels.size(),
        dry_run ? Answer{PlanFate::kUpdated, {}, 1, {{"Goal/1", false, {{"note", "", "[1]"}}}}}
                : Answer{PlanFate::kCreated, {}, 1, {}});
  }

 private:
  std::atomic<int>& taken_;
};

std::string fileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A tar of names and contents.
std::string tarOf(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  archive* made = archive_write_new();
  archive_write_set_format_ustar(made);
  archive_write_open_memory(made, bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(made, entry);
    archive_write_data(made, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(made);
  archive_write_free(made);
  bytes.resize(used);
  return bytes;
}

class Import : public testing::Test {
 protected:
  Import() : folder_(std::filesystem::path(testing::TempDir()) / "planbro_service_import") {
    std::filesystem::remove_all(folder_);
    auto loaded = mapping::MapLibrary::load({});
    EXPECT_TRUE(loaded.has_value());
    library_ = loaded->library;
    ImportParts parts;
    parts.library = library_.get();
    parts.sink = [this] { return std::make_unique<Taking>(taken_); };
    parts.scratch = folder_ / "scratch";
    parts.clock = &clock_;
    parts.ids = &ids_;
    handler_ = importHandler(std::move(parts));
  }
  ~Import() override { std::filesystem::remove_all(folder_); }

  Response post(std::string path, std::string body, std::string query = {}) const {
    Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.query = std::move(query);
    request.body = std::move(body);
    return handler_(request);
  }

  std::filesystem::path folder_;
  std::shared_ptr<const mapping::MapLibrary> library_;
  FakeClock clock_{*parseInstant("2026-11-22T12:00:00Z")};
  SequentialIds ids_;
  std::atomic<int> taken_{0};
  Handler handler_;
};

TEST_F(Import, AFileIsImportedAndLeavesNothingInTheScratchFolder) {
  const Response response =
      post("/import/json-plan",
           fileText(PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/export.json"));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find(R"("plans":1,"created":1)"), std::string::npos) << response.body;
  EXPECT_EQ(taken_, 1);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "scratch"));
}

TEST_F(Import, AnArchiveIsAFolderOfFiles) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : std::filesystem::directory_iterator(
           PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/csv"))
    files.emplace_back("export/" + entry.path().filename().string(),
                       fileText(entry.path().string()));
  const Response response = post("/import/csv-plan", tarOf(files), "dry-run=true");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_NE(response.body.find(R"("dryRun":true,"plans":1,"created":0,"updated":1)"),
            std::string::npos)
      << response.body;
  EXPECT_NE(
      response.body.find(
          R"("differences":[{"resource":"Goal/1","change":"updated","elements":[{"path":"note","given":[1]}]}])"),
      std::string::npos)
      << response.body;
}

TEST_F(Import, StrictIsAskedForInTheAddress) {
  const std::string message =
      fileText(PLANBRO_SOURCE_DIR "/fixtures/kith/uten-fornavn/message.xml");
  EXPECT_EQ(post("/import/kith-dialogmelding", message).status, 200);
  const Response strict = post("/import/kith-dialogmelding", message, "strict=true");
  EXPECT_EQ(strict.status, 422) << strict.body;
  EXPECT_NE(strict.body.find(R"({"code":"PB-4067","severity":"error","findings":1,"records":1})"),
            std::string::npos)
      << strict.body;
}

TEST_F(Import, AnUnknownParameterIsRefusedWithTheNearestKnownOne) {
  const std::string plan =
      fileText(PLANBRO_SOURCE_DIR "/fixtures/plans/mann-22-cerebral-parese/export.json");
  const Response misspelt = post("/import/json-plan", plan, "dryRun=true");
  EXPECT_EQ(misspelt.status, 400);
  EXPECT_NE(misspelt.body.find("PB-4021"), std::string::npos) << misspelt.body;
  EXPECT_NE(misspelt.body.find("dry-run"), std::string::npos) << misspelt.body;
  const Response unclear = post("/import/json-plan", plan, "dry-run=yes");
  EXPECT_EQ(unclear.status, 400);
  EXPECT_NE(unclear.body.find("PB-4023"), std::string::npos) << unclear.body;
  EXPECT_EQ(taken_, 0);
  EXPECT_EQ(post("/import/json-plan", plan, "dry-run=false").status, 200);
}

TEST_F(Import, WhatCannotBeReadIsReportedWithItsFinding) {
  const Response response = post("/import/json-plan", "{\"plans\": [");
  EXPECT_EQ(response.status, 422) << response.body;
  EXPECT_NE(response.body.find("\"quarantined\":1"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("\"findings\":[{\"code\":\"PB-"), std::string::npos);
  EXPECT_EQ(taken_, 0);
}

TEST_F(Import, AnUnknownSourceIsNotFoundAndTheKnownOnesAreNamed) {
  const Response response = post("/import/nowhere", "x");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("csv-plan"), std::string::npos) << response.body;
  EXPECT_EQ(post("/import", "x").status, 404);
  EXPECT_EQ(post("/import/json-plan", "").status, 400);
  Request get;
  get.method = "GET";
  get.path = "/import/json-plan";
  EXPECT_EQ(handler_(get).status, 405);
}

TEST_F(Import, AnArchiveThatLeadsOutOfItsFolderIsRefused) {
  EXPECT_EQ(post("/import/csv-plan", tarOf({{"../outside.csv", "x"}})).status, 400);
  EXPECT_EQ(post("/import/csv-plan", tarOf({{"/etc/outside.csv", "x"}})).status, 400);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "scratch" / "outside.csv"));
  const std::string broken = "PK\x03\x04" + std::string(100, 'x');
  EXPECT_EQ(post("/import/csv-plan", broken).status, 400);
}

TEST(Rehearsal, AnswersLikeTheRealThingAndStoresNothing) {
  const TestService service;
  Request request;
  request.method = "POST";
  request.path = "/fhir";
  request.body =
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Goal","id":"g"},"request":{"method":"PUT","url":"Goal/g"}}]})";
  const Response rehearsed = service.service().rehearse(request);
  EXPECT_EQ(rehearsed.status, 200) << rehearsed.body;
  EXPECT_NE(rehearsed.body.find("201 Created"), std::string::npos);
  EXPECT_EQ(service.send("GET", "/fhir/Goal/g").status, 404);
  EXPECT_EQ(service.service().handle(request).body, rehearsed.body);
  EXPECT_EQ(service.send("GET", "/fhir/Goal/g").status, 200);
}

}  // namespace
}  // namespace planbro::service
