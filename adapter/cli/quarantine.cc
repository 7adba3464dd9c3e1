// planbro quarantine list|show|discard [--data DIR]: what imports could not take (docs/import.md).
#include "mapping/quarantine.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/input.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string data{kDefaultData};
  std::string source;
  std::vector<std::string> ids;
  bool original = false;
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro quarantine: {}\n", message);
  return kFailed;
}

Result<std::vector<mapping::KeptRecord>> waiting(const Options& options) {
  return mapping::keptRecords(std::filesystem::path(options.data) / "quarantine", options.source);
}

// Ids may be cut short as long as they are clear.
Result<std::vector<mapping::KeptRecord>> wanted(const Options& options) {
  auto records = waiting(options);
  if (!records) return records;
  std::vector<mapping::KeptRecord> found;
  for (const std::string& id : options.ids) {
    const mapping::KeptRecord* match = nullptr;
    for (const mapping::KeptRecord& record : *records) {
      if (!record.id.starts_with(id)) continue;
      if (match != nullptr)
        return fail(ErrorCode::kInvalidArgument, fmt::format("{} is the begin of several ids", id));
      match = &record;
    }
    if (match == nullptr)
      return fail(ErrorCode::kNotFound, fmt::format("there is no record {}", id));
    found.push_back(*match);
  }
  return found;
}

int list(const Options& options) {
  const auto records = waiting(options);
  if (!records) return failed(records.error().message);
  for (const mapping::KeptRecord& record : *records) {
    std::set<std::string> codes;
    for (const auto& finding : record.findings) {
      if (finding.severity == "error" || finding.severity == "fatal") codes.insert(finding.code);
    }
    fmt::print("{}\t{}\t{}\t{}\t{}\n", record.id, record.source, record.time, fmt::join(codes, ","),
               record.record);
  }
  return kDone;
}

int show(const Options& options) {
  const auto records = wanted(options);
  if (!records) return failed(records.error().message);
  for (const mapping::KeptRecord& record : *records) {
    if (options.original) {
      const auto bytes = readInput(record.original.string());
      if (!bytes) return failed(bytes.error().message);
      std::fwrite(bytes->data(), 1, bytes->size(), stdout);
      continue;
    }
    fmt::print("{}: {}, {}\n  {}\n", record.source, record.record, record.time,
               record.original.string());
    for (const auto& finding : record.findings) {
      fmt::print("  {}{}{} {}: {}\n", finding.place, finding.place.empty() ? "" : ": ",
                 finding.severity, finding.code, finding.text);
    }
  }
  return kDone;
}

int discard(const Options& options) {
  const auto records = wanted(options);
  if (!records) return failed(records.error().message);
  for (const mapping::KeptRecord& record : *records) {
    if (const Status done = mapping::discard(record); !done) return failed(done.error().message);
  }
  return kDone;
}

}  // namespace

void addQuarantine(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("quarantine", "What imports could not take");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, int (*run)(const Options&)) {
    CLI::App* sub = command->add_subcommand(name, about);
    sub->add_option("--data", options->data, "Folder of the embedded store and quarantine")
        ->capture_default_str();
    sub->add_option("--source", options->source, "Of this source alone");
    sub->callback([options, run, &exit_status] { exit_status = run(*options); });
    return sub;
  };
  add("list", "One line a record: id, source, time, codes of its errors, where it stood", list);
  CLI::App* one = add("show", "Findings of records, or their bytes as they came", show);
  one->add_option("ID", options->ids, "Ids, or clear begins of them")->required();
  one->add_flag("--original", options->original, "The bytes as they came");
  add("discard", "Take records out for good", discard)
      ->add_option("ID", options->ids, "Ids, or clear begins of them")
      ->required();
}

}  // namespace planbro::cli
