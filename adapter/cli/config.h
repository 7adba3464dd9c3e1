// The configuration of `planbro serve`: one YAML file, every value also as PLANBRO_SECTION_KEY
// (docs/configuration.md). Unknown keys are errors that name the nearest known one. Secrets stand
// in files of their own, of which the configuration says the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "fhir/issue.h"
#include "service/write_check.h"

namespace planbro::cli {

using ByType = std::map<std::string, service::Enforcement, std::less<>>;

struct ServerConfig {
  std::string address = "127.0.0.1";  // loopback only, as long as there is no access control
  std::uint16_t port = 8080;          // 0: any free port
  std::string base_url;  // what clients call "…/fhir", without slash; empty: from address and port
  unsigned workers = 4;  // threads that answer requests
  std::size_t max_connections = 1024;
  std::size_t max_queued = 256;  // requests waiting for a worker
  std::size_t max_header_bytes = kMaxHeaderBytes;
  std::size_t max_body_bytes = kMaxBodyBytes;
  std::uint32_t header_seconds = 10;
  std::uint32_t body_seconds = 30;
  std::uint32_t idle_seconds = 60;
  std::uint32_t drain_seconds = 10;  // for requests under way when the program is told to end
  // Sites whose pages may read answers (CORS); "*": all.
  std::vector<std::string> cors_origins;
};

struct StoreConfig {
  std::filesystem::path path;      // the SQLite file; empty: planbro.sqlite in the data folder
  std::string address;             // a PostgreSQL database instead: "postgres://user@host/database"
  std::string schema = "planbro";  // of the database
  std::uint32_t readers = 16;      // snapshots open at once
  std::uint32_t change_log_days = 0;  // how long changes are told; 0: for ever
};

struct FhirConfig {
  bool update_creates = true;
  std::uint32_t default_count = 50;
  std::uint32_t max_count = 1000;
  std::uint32_t max_included = 2000;
  std::size_t max_entries = kMaxTransactionEntries;
  std::set<std::string, std::less<>> never_deleted = {"CarePlan", "CareTeam", "Consent", "Goal"};
  std::filesystem::path import_folder;          // files that $import may read; empty: none
  bool explain = false;                         // whether searches take _explain
  bool text_search = false;                     // whether words are kept for _text and _content
  std::vector<std::filesystem::path> packages;  // FHIR packages: .tgz files and folders
};

struct ValidationConfig {
  service::Enforcement structure = service::Enforcement::kEnforce;
  service::Enforcement profiles = service::Enforcement::kWarn;
  service::Enforcement unknown_extensions = service::Enforcement::kWarn;
  service::Enforcement plan_rules = service::Enforcement::kEnforce;
  ByType structure_by_type, profiles_by_type, plan_rules_by_type;
  std::vector<std::string> packs;                 // their profiles count as those in meta.profile
  std::vector<std::filesystem::path> pack_files;  // packs of the installation's own
};

struct SyncConfig {
  std::map<std::string, std::string, std::less<>> peers;          // name: FHIR base
  std::map<std::string, std::string, std::less<>> organizations;  // name: organisation number
};

struct TerminologyConfig {
  std::string server;  // FHIR base of a terminology server for what is not loaded; empty: none
  std::uint32_t timeout_ms = 2000;     // for one question
  std::size_t cached = 10'000;         // answers kept
  std::uint32_t cache_seconds = 3600;  // how long an answer counts
};

// The authorization server in front of the service, for clients that look for it.
struct SmartConfig {
  std::string issuer, authorization_endpoint, token_endpoint, jwks_uri;
  std::vector<std::string> capabilities = {"launch-standalone", "client-public",
                                           "client-confidential-asymmetric", "permission-v2"};
};

struct ImportConfig {
  bool strict = false;                      // refuse records with warnings too
  bool keep_sources = true;                 // keep the source documents beside the store
  std::vector<std::filesystem::path> maps;  // own sources and maps: files and folders
};

struct LogConfig {
  std::string level;  // empty: as the command line says
};

struct Config {
  ServerConfig server;
  StoreConfig store;
  FhirConfig fhir;
  ValidationConfig validation;
  SyncConfig sync;
  TerminologyConfig terminology;
  SmartConfig smart;
  ImportConfig import;
  LogConfig log;
};

// Names and values of the environment, as main() has them.
using Environment = std::map<std::string, std::string, std::less<>>;
Environment processEnvironment();

// The file (none: defaults), then the environment over it; or everything that is wrong, with line
// and column. Variables PLANBRO_… that begin with no section's name are not looked at.
std::expected<Config, std::vector<fhir::Issue>> readConfig(
    const std::optional<std::filesystem::path>& file, const Environment& environment);

// "127.0.0.1:8080", "[::1]:8080" or "localhost:0" into `server`; false if it is none.
bool setListen(std::string_view text, ServerConfig& server);

// The store's file in a data folder.
std::filesystem::path storeFile(const std::filesystem::path& data);
inline constexpr std::string_view kDefaultData = "var/planbro";

// Every setting as "section.key", for the documentation's test.
std::vector<std::string> settingNames();

}  // namespace planbro::cli
