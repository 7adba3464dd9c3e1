#include "cli/config.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <functional>
#include <limits>

#include "base/text.h"
#include "store/postgres/postgres_store.h"

namespace planbro::cli {
namespace {

using service::Enforcement;

// What a setting looks like, when a value is none.
constexpr std::string_view kNumber = "0, 1, 2, …";
constexpr std::string_view kAddress = "https://login.example.no/token";
constexpr std::string_view kBoolean = "true, false";
constexpr std::string_view kEnforcement = "off, warn, enforce";

template <typename Number>
bool setNumber(std::string_view text, Number& target) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      value > std::numeric_limits<Number>::max())
    return false;
  target = static_cast<Number>(value);
  return true;
}

bool setBoolean(std::string_view text, bool& target) {
  if (text != "true" && text != "false") return false;
  target = text == "true";
  return true;
}

bool setEnforcement(std::string_view text, Enforcement& target) {
  if (text == "off") {
    target = Enforcement::kOff;
  } else if (text == "warn") {
    target = Enforcement::kWarn;
  } else if (text == "enforce") {
    target = Enforcement::kEnforce;
  } else {
    return false;
  }
  return true;
}

// "CarePlan=enforce,Goal=warn"
bool setByType(std::string_view text, ByType& target) {
  target.clear();
  for (const std::string_view part : split(text, ',')) {
    if (trim(part).empty()) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return false;
    Enforcement& enforcement = target[std::string(trim(part.substr(0, equals)))];
    if (!setEnforcement(trim(part.substr(equals + 1)), enforcement)) return false;
  }
  return true;
}

// "hospital=https://fhir.hospital.example/fhir,school=…"
bool setTexts(std::string_view text, std::map<std::string, std::string, std::less<>>& target) {
  target.clear();
  for (const std::string_view part : split(text, ',')) {
    if (trim(part).empty()) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || trim(part.substr(0, equals)).empty()) return false;
    target.insert_or_assign(std::string(trim(part.substr(0, equals))),
                            std::string(trim(part.substr(equals + 1))));
  }
  return true;
}

std::vector<std::string> listOf(std::string_view text) {
  std::vector<std::string> items;
  for (const std::string_view part : split(text, ',')) {
    if (!trim(part).empty()) items.emplace_back(trim(part));
  }
  return items;
}

bool setAddress(std::string_view text, std::string& target) {
  target = text;
  return text.empty() || text.starts_with("https://") || text.starts_with("http://");
}

// "https://plan.example.no:8443": RFC 6454, section 6.2; or "*".
bool isOrigin(const std::string& text) {
  const auto scheme = text.find("://");
  return text == "*" || (scheme != std::string::npos && scheme > 0 && scheme + 3 < text.size() &&
                         text.find('/', scheme + 3) == std::string::npos);
}

// One setting: where it stands, what it looks like, and how its text is taken over.
struct Setting {
  std::string_view section, key, looks;
  bool (*set)(Config&, std::string_view);
};

constexpr Setting kSettings[] = {
    {"server", "listen", "127.0.0.1:8080",
     [](Config& c, std::string_view v) { return setListen(v, c.server); }},
    {"server", "base_url", "https://plan.example.no/fhir",
     [](Config& c, std::string_view v) {
       while (v.ends_with('/')) v.remove_suffix(1);
       c.server.base_url = v;
       return v.starts_with("http://") || v.starts_with("https://");
     }},
    {"server", "workers", "1, 2, 3, …",
     [](Config& c, std::string_view v) {
       return setNumber(v, c.server.workers) && c.server.workers > 0;
     }},
    {"server", "max_connections", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.max_connections); }},
    {"server", "max_queued", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.max_queued); }},
    {"server", "max_header_bytes", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.max_header_bytes); }},
    {"server", "max_body_bytes", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.max_body_bytes); }},
    {"server", "header_seconds", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.header_seconds); }},
    {"server", "body_seconds", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.body_seconds); }},
    {"server", "idle_seconds", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.idle_seconds); }},
    {"server", "drain_seconds", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.server.drain_seconds); }},
    {"server", "cors_origins", "https://plan.example.no, or *",
     [](Config& c, std::string_view v) {
       c.server.cors_origins = listOf(v);
       return std::all_of(c.server.cors_origins.begin(), c.server.cors_origins.end(), isOrigin);
     }},
    {"store", "path", "var/planbro/planbro.sqlite",
     [](Config& c, std::string_view v) {
       c.store.path = v;
       return !v.empty();
     }},
    {"store", "address", "postgres://planbro@db.example.no/planbro?passfile=/etc/planbro/pgpass",
     [](Config& c, std::string_view v) {
       c.store.address = v;  // checked when all is read: what is wrong may be a password in it
       return true;
     }},
    {"store", "schema", "planbro",
     [](Config& c, std::string_view v) {
       c.store.schema = v;
       return store::isPostgresSchema(v);
     }},
    {"store", "readers", "1, 2, 3, …",
     [](Config& c, std::string_view v) {
       return setNumber(v, c.store.readers) && c.store.readers > 0;
     }},
    {"store", "change_log_days", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.store.change_log_days); }},
    {"fhir", "update_creates", kBoolean,
     [](Config& c, std::string_view v) { return setBoolean(v, c.fhir.update_creates); }},
    {"fhir", "default_count", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.fhir.default_count); }},
    {"fhir", "max_count", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.fhir.max_count); }},
    {"fhir", "max_included", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.fhir.max_included); }},
    {"fhir", "max_entries", "1, 2, 3, …",
     [](Config& c, std::string_view v) {
       return setNumber(v, c.fhir.max_entries) && c.fhir.max_entries > 0;
     }},
    {"fhir", "never_deleted", "CarePlan, Goal",
     [](Config& c, std::string_view v) {
       const auto types = listOf(v);
       c.fhir.never_deleted = {types.begin(), types.end()};
       return true;
     }},
    {"fhir", "import_folder", "/var/lib/planbro/import",
     [](Config& c, std::string_view v) {
       c.fhir.import_folder = v;
       return true;
     }},
    {"fhir", "explain", kBoolean,
     [](Config& c, std::string_view v) { return setBoolean(v, c.fhir.explain); }},
    {"fhir", "text_search", kBoolean,
     [](Config& c, std::string_view v) { return setBoolean(v, c.fhir.text_search); }},
    {"fhir", "packages", "packages/hl7.fhir.no.basis-2.2.2.tgz",
     [](Config& c, std::string_view v) {
       const auto paths = listOf(v);
       c.fhir.packages.assign(paths.begin(), paths.end());
       return true;
     }},
    {"validation", "structure", kEnforcement,
     [](Config& c, std::string_view v) { return setEnforcement(v, c.validation.structure); }},
    {"validation", "structure_by_type", "CarePlan: enforce",
     [](Config& c, std::string_view v) { return setByType(v, c.validation.structure_by_type); }},
    {"validation", "profiles", kEnforcement,
     [](Config& c, std::string_view v) { return setEnforcement(v, c.validation.profiles); }},
    {"validation", "profiles_by_type", "CarePlan: enforce",
     [](Config& c, std::string_view v) { return setByType(v, c.validation.profiles_by_type); }},
    {"validation", "unknown_extensions", kEnforcement,
     [](Config& c, std::string_view v) {
       return setEnforcement(v, c.validation.unknown_extensions);
     }},
    {"validation", "plan_rules", kEnforcement,
     [](Config& c, std::string_view v) { return setEnforcement(v, c.validation.plan_rules); }},
    {"validation", "plan_rules_by_type", "CarePlan: enforce",
     [](Config& c, std::string_view v) { return setByType(v, c.validation.plan_rules_by_type); }},
    {"validation", "packs", "ip, no-basis-2.2.2",
     [](Config& c, std::string_view v) {
       c.validation.packs = listOf(v);
       return true;
     }},
    {"validation", "pack_files", "packs/own.json",
     [](Config& c, std::string_view v) {
       const auto paths = listOf(v);
       c.validation.pack_files.assign(paths.begin(), paths.end());
       return true;
     }},
    {"sync", "peers", "hospital: https://fhir.hospital.example/fhir",
     [](Config& c, std::string_view v) { return setTexts(v, c.sync.peers); }},
    {"sync", "organizations", "hospital: 983974678",
     [](Config& c, std::string_view v) { return setTexts(v, c.sync.organizations); }},
    {"terminology", "server", "https://tx.example.org/r4",
     [](Config& c, std::string_view v) {
       c.terminology.server = v;
       return v.empty() || v.starts_with("https://") || v.starts_with("http://");
     }},
    {"terminology", "timeout_ms", "1, 2, 3, …",
     [](Config& c, std::string_view v) {
       return setNumber(v, c.terminology.timeout_ms) && c.terminology.timeout_ms > 0;
     }},
    {"terminology", "cached", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.terminology.cached); }},
    {"terminology", "cache_seconds", kNumber,
     [](Config& c, std::string_view v) { return setNumber(v, c.terminology.cache_seconds); }},
    {"smart", "issuer", kAddress,
     [](Config& c, std::string_view v) { return setAddress(v, c.smart.issuer); }},
    {"smart", "authorization_endpoint", kAddress,
     [](Config& c, std::string_view v) { return setAddress(v, c.smart.authorization_endpoint); }},
    {"smart", "token_endpoint", kAddress,
     [](Config& c, std::string_view v) { return setAddress(v, c.smart.token_endpoint); }},
    {"smart", "jwks_uri", kAddress,
     [](Config& c, std::string_view v) { return setAddress(v, c.smart.jwks_uri); }},
    {"smart", "capabilities", "launch-standalone, client-public",
     [](Config& c, std::string_view v) {
       c.smart.capabilities = listOf(v);
       return true;
     }},
    {"import", "strict", kBoolean,
     [](Config& c, std::string_view v) { return setBoolean(v, c.import.strict); }},
    {"import", "keep_sources", kBoolean,
     [](Config& c, std::string_view v) { return setBoolean(v, c.import.keep_sources); }},
    {"import", "maps", "/etc/planbro/mappings",
     [](Config& c, std::string_view v) {
       const auto paths = listOf(v);
       c.import.maps.assign(paths.begin(), paths.end());
       return true;
     }},
    {"log", "level", "trace, debug, info, warn, error, off",
     [](Config& c, std::string_view v) {
       c.log.level = v;
       return v == "trace" || v == "debug" || v == "info" || v == "warn" || v == "error" ||
              v == "off";
     }},
};

const Setting* findSetting(std::string_view section, std::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.section == section && setting.key == key) return &setting;
  }
  return nullptr;
}

std::string nearestOf(std::string_view name, const std::vector<std::string_view>& names) {
  const auto nearest = nearestName(name, names);
  return nearest ? std::string(*nearest) : "-";
}

std::vector<std::string_view> sectionNames() {
  std::vector<std::string_view> names;
  for (const Setting& setting : kSettings) {
    if (names.empty() || names.back() != setting.section) names.push_back(setting.section);
  }
  return names;
}

std::vector<std::string_view> keysOf(std::string_view section) {
  std::vector<std::string_view> names;
  for (const Setting& setting : kSettings) {
    if (setting.section == section) names.push_back(setting.key);
  }
  return names;
}

// "PLANBRO_SERVER_LISTEN"
std::string variableOf(const Setting& setting) {
  std::string name = "PLANBRO_" + std::string(setting.section) + "_" + std::string(setting.key);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

class Reading {
 public:
  void file(const std::filesystem::path& path) {
    source_ = path.string();
    try {
      const YAML::Node root = YAML::LoadFile(source_);
      if (root.IsNull()) return;
      if (!root.IsMap()) return add("PB-7011", root.Mark(), {"section: {key: value}"});
      for (const auto& section : root) readSection(section.first, section.second);
    } catch (const YAML::BadFile&) {
      issues_.push_back(fhir::makeIssue("PB-7010", {"", source_, {}}, {source_}));
    } catch (const YAML::Exception& error) {
      add("PB-7011", error.mark, {error.msg});
    }
  }

  void environment(const Environment& variables) {
    source_.clear();
    std::vector<std::string> known;
    for (const Setting& setting : kSettings) {
      known.push_back(variableOf(setting));
      const auto found = variables.find(known.back());
      if (found != variables.end()) set(setting, found->second, known.back(), {});
    }
    const std::vector<std::string_view> names(known.begin(), known.end());
    for (const auto& [name, value] : variables) {
      if (std::find(known.begin(), known.end(), name) == known.end() && namesSection(name))
        issues_.push_back(fhir::makeIssue("PB-7012", {}, {name, nearestOf(name, names)}));
    }
  }

  std::expected<Config, std::vector<fhir::Issue>> result() && {
    checkStore();
    if (!issues_.empty()) return std::unexpected(std::move(issues_));
    return std::move(config_);
  }

 private:
  static json::Position position(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }

  static bool namesSection(std::string_view variable) {
    for (const std::string_view section : sectionNames()) {
      std::string prefix = "PLANBRO_" + std::string(section) + "_";
      if (equalsIgnoreAsciiCase(variable.substr(0, prefix.size()), prefix)) return true;
    }
    return false;
  }

  void add(std::string_view code, const YAML::Mark& mark, std::vector<std::string> arguments) {
    issues_.push_back(fhir::makeIssue(code, {"", source_, position(mark)}, std::move(arguments)));
  }

  void readSection(const YAML::Node& name, const YAML::Node& content) {
    const std::string section = name.as<std::string>();
    const auto sections = sectionNames();
    if (std::find(sections.begin(), sections.end(), section) == sections.end())
      return add("PB-7012", name.Mark(), {section, nearestOf(section, sections)});
    if (content.IsNull()) return;
    if (!content.IsMap()) return add("PB-7011", content.Mark(), {section + ": {key: value}"});
    for (const auto& entry : content) {
      const std::string key = entry.first.as<std::string>();
      const Setting* setting = findSetting(section, key);
      if (setting == nullptr) {
        add("PB-7012", entry.first.Mark(), {section + "." + key, nearestOf(key, keysOf(section))});
      } else {
        set(*setting, textOf(entry.second), section + "." + key, position(entry.second.Mark()));
      }
    }
  }

  // Lists as "a,b", maps as "a=b,c=d": the form of the environment.
  static std::string textOf(const YAML::Node& value) {
    if (value.IsScalar()) return value.Scalar();
    std::string text;
    for (const auto& item : value) {
      if (!text.empty()) text += ',';
      if (value.IsMap()) {
        text += item.first.as<std::string>() + "=" + item.second.as<std::string>();
      } else {
        text += item.as<std::string>();
      }
    }
    return text;
  }

  void set(const Setting& setting, std::string_view value, const std::string& name,
           json::Position place) {
    said_[&setting] = {name, {"", source_, place}};
    if (setting.set(config_, value)) return;
    issues_.push_back(fhir::makeIssue("PB-7013", {"", source_, place},
                                      {name, std::string(value), std::string(setting.looks)}));
  }

  // What `serve` would refuse only when it opens the store.
  void checkStore() {
    if (config_.store.address.empty()) return;
    const Said& address = said_[findSetting("store", "address")];
    if (const Status right = store::checkPostgresAddress(config_.store.address); !right)
      issues_.push_back(
          fhir::makeIssue("PB-7014", address.place, {address.name, right.error().message}));
    if (!config_.store.path.empty())
      issues_.push_back(fhir::makeIssue("PB-7015", address.place,
                                        {said_[findSetting("store", "path")].name, address.name}));
  }

  // Under which name a setting stood, and where.
  struct Said {
    std::string name;
    fhir::Place place;
  };

  Config config_;
  std::map<const Setting*, Said> said_;
  std::string source_;
  std::vector<fhir::Issue> issues_;
};

}  // namespace

Environment processEnvironment() {
  Environment variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::expected<Config, std::vector<fhir::Issue>> readConfig(
    const std::optional<std::filesystem::path>& file, const Environment& environment) {
  Reading reading;
  if (file.has_value()) reading.file(*file);
  reading.environment(environment);
  return std::move(reading).result();
}

bool setListen(std::string_view text, ServerConfig& server) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !setNumber(text.substr(colon + 1), server.port))
    return false;
  std::string_view address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  server.address = address;
  return !address.empty();
}

std::filesystem::path storeFile(const std::filesystem::path& data) {
  return data / "planbro.sqlite";
}

std::vector<std::string> settingNames() {
  std::vector<std::string> names;
  for (const Setting& setting : kSettings)
    names.push_back(std::string(setting.section) + "." + std::string(setting.key));
  return names;
}

}  // namespace planbro::cli
