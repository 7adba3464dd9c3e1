// planbro export --plan ID --as FORM: one plan of the store, out (docs/export.md).
#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/assembly.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/input.h"
#include "cli/store_copying.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "mapping/source.h"
#include "mapping/source_json.h"
#include "plan/archive_package.h"
#include "plan/dialogmelding.h"
#include "plan/document.h"
#include "plan/journal_export.h"
#include "plan/pdf.h"
#include "plan/stored_plan.h"
#include "plan/transaction.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string plan, form, config;
  std::string data{kDefaultData};
  std::string language = "nb";
  std::string output = "-";
  plan::DialogmeldingOptions message;
};

int failed(std::string_view message) {
  fmt::print(stderr, "planbro export: {}\n", message);
  return kFailed;
}

fhir::Language languageOf(std::string_view tag) {
  if (tag == "nn") return fhir::Language::kNynorsk;
  return tag == "en" ? fhir::Language::kEnglish : fhir::Language::kBokmal;
}

// The file is for its owner only: it holds health data.
Status writeFile(const std::string& path, std::string_view bytes) {
  if (path == "-") {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() ||
        std::fflush(stdout) != 0)
      return fail(ErrorCode::kIo, "standard output could not be written");
    return {};
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  std::error_code error;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (error || !file.flush()) return fail(ErrorCode::kIo, path + " could not be written");
  return {};
}

// By logical id ("CarePlan/" may stand in front), else by the value of a business identifier.
Result<plan::StoredPlan> readPlan(store::Store& store, const std::string& id) {
  PLANBRO_ASSIGN_OR_RETURN(const auto reader, store.snapshot());
  std::string_view name = id;
  if (name.starts_with("CarePlan/")) name.remove_prefix(std::string_view("CarePlan/").size());
  const auto version = reader->read("CarePlan", name);
  if (version.has_value() && !version->deleted) return plan::StoredPlan::read(*reader, *version);
  if (!version.has_value() && version.error().code != ErrorCode::kNotFound)
    return std::unexpected(version.error());
  store::Query query;
  query.type = "CarePlan";
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row.parameter = "identifier";
  query.where.row.value = name;
  query.where.any_system = true;
  query.count = 2;
  PLANBRO_ASSIGN_OR_RETURN(const auto found, reader->search(query));
  if (found.matches.size() > 1)
    return fail(ErrorCode::kConflict,
                fmt::format("more than one CarePlan has the identifier {}; name its id", name));
  if (found.matches.empty())
    return fail(ErrorCode::kNotFound, fmt::format("there is no CarePlan {}", name));
  return plan::StoredPlan::read(*reader, found.matches.front());
}

Result<std::string> made(const plan::StoredPlan& plan, const Options& options) {
  const fhir::Language language = languageOf(options.language);
  if (options.form == "bundle") return json::write(*plan::makeTransaction(plan)) + "\n";
  if (options.form == "document") return json::write(*plan::makeDocument(plan, language)) + "\n";
  if (options.form == "archive") return plan::makeArchivePackage(plan, language);
  if (options.form == "dialogmelding")
    return plan::makeDialogmelding(plan, options.message, language);
  return plan::makePdf(plan, language, plan::PdfContent::kPagesAndPlan);
}

// ---- json and csv: what the importer reads ------------------------------------------------------

// Tables in a folder inside the one asked for until it is known that they say all of the plan.
class TableFolder {
 public:
  explicit TableFolder(std::string folder) : folder_(std::move(folder)) {}
  ~TableFolder() {
    std::error_code ignored;
    if (!scratch_.empty()) std::filesystem::remove_all(scratch_, ignored);
    if (is_new_) std::filesystem::remove(folder_, ignored);  // only if it is empty
  }
  TableFolder(const TableFolder&) = delete;
  TableFolder& operator=(const TableFolder&) = delete;

  // Where they are when write() returns well.
  const std::string& scratch() const { return scratch_; }

  Status write(std::span<const plan::ZipFile> tables) {
    std::error_code error;
    is_new_ = std::filesystem::create_directories(folder_, error);
    if (error) return failedToMake(folder_, error);
    std::string scratch = (std::filesystem::path(folder_) / ".export-XXXXXX").string();
    if (mkdtemp(scratch.data()) == nullptr)
      return failedToMake(scratch, {errno, std::generic_category()});
    scratch_ = std::move(scratch);
    for (const plan::ZipFile& table : tables)
      PLANBRO_RETURN_IF_ERROR(
          writeFile((std::filesystem::path(scratch_) / table.name).string(), table.bytes));
    return {};
  }

  // Tables of an earlier export give way: they would be read as well.
  Status give(const mapping::CsvTable& form) {
    removeOld(form);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_)) {
      std::filesystem::rename(entry.path(),
                              std::filesystem::path(folder_) / entry.path().filename(), error);
      if (error) return failedToMake(folder_, error);
    }
    return {};
  }

 private:
  static Status failedToMake(const std::string& folder, const std::error_code& error) {
    return fail(ErrorCode::kIo, folder + " could not be made: " + error.message());
  }

  // The depth is that of the descriptor.
  void removeOld(const mapping::CsvTable& table) {
    std::error_code ignored;
    std::filesystem::remove(std::filesystem::path(folder_) / table.file, ignored);
    for (const mapping::CsvTable& child : table.children) removeOld(child);
  }

  std::string folder_, scratch_;
  bool is_new_ = false;
};

struct ReadBack {
  json::DocumentPtr plan;  // nothing if the importer refuses
  std::vector<fhir::Issue> issues;
};

ReadBack transformed(const mapping::MapLibrary& library, const mapping::SourceDescriptor& source,
                     const mapping::MapInput& input) {
  mapping::Outcome outcome = library.transform(source.map, input);
  return {std::move(outcome.document), std::move(outcome.issues)};
}

ReadBack readTables(const mapping::MapLibrary& library, const mapping::SourceDescriptor& source,
                    const std::string& folder) {
  ReadBack back;
  const auto reader = mapping::openSource(source, {folder}, library.definitions());
  if (!reader) return back;
  const auto record = (*reader)->next();
  if (!record) return back;
  if (record->document == nullptr || fhir::hasErrors(record->issues)) {
    back.issues = record->issues;
    return back;
  }
  return transformed(library, source, {record->document, record->root, record->places});
}

ReadBack readText(const mapping::MapLibrary& library, const mapping::SourceDescriptor& source,
                  const std::string& text) {
  ReadBack back;
  mapping::MapInput input;
  input.document = mapping::readSourceJson(text, "", library.definitions(), back.issues);
  if (input.document == nullptr) return back;
  input.root = &input.document->root().member(source.record)->children().front();
  return transformed(library, source, input);
}

// What the form does not hold: findings, none if it says all of the plan.
std::vector<fhir::Issue> notHeld(const json::Document& plan, const ReadBack& back,
                                 const std::string& form) {
  std::vector<fhir::Issue> issues;
  const auto lost = [&](const std::string& path) {
    fhir::Place place;
    place.expression = path;
    issues.push_back(fhir::makeIssue("PB-2401", std::move(place), {form, path}));
  };
  if (back.plan == nullptr) {
    issues = back.issues;
    lost("IndividualPlan");
  } else {
    for (const std::string& path : plan::lostPaths(plan.root(), back.plan->root())) lost(path);
  }
  return issues;
}

// A form that says less than the plan is not written: read back, it would be another plan, or none.
Result<int> exportJournal(const plan::StoredPlan& plan, const Options& options) {
  PLANBRO_ASSIGN_OR_RETURN(const auto loaded, mapping::MapLibrary::load({}));
  const mapping::MapLibrary& library = *loaded.library;
  PLANBRO_ASSIGN_OR_RETURN(const auto individual, plan::individualPlan(plan, library));
  const mapping::SourceDescriptor* source = library.findSource(options.form + "-plan");
  if (source == nullptr) return fail(ErrorCode::kInternal, "the source of the form is not there");
  const bool is_csv = options.form == "csv";
  if (is_csv && options.output == "-")
    return fail(ErrorCode::kInvalidArgument, "csv is a folder of tables: name it with -o FOLDER");
  TableFolder tables(options.output);
  std::string text;
  if (is_csv) {
    PLANBRO_RETURN_IF_ERROR(tables.write(plan::journalCsv(individual->root())));
  } else {
    text = plan::journalJson(individual->root());
  }
  const ReadBack back =
      is_csv ? readTables(library, *source, tables.scratch()) : readText(library, *source, text);
  if (const auto issues = notHeld(*individual, back, options.form); !issues.empty()) {
    printIssues("", issues);
    return kFound;
  }
  PLANBRO_RETURN_IF_ERROR(is_csv ? tables.give(source->table) : writeFile(options.output, text));
  return kDone;
}

int run(const Options& options) {
  const auto config = maintenanceConfig(options.config);
  if (!config) return failed(config.error().message);
  const auto assembly =
      Assembly::make(*config, options.data, baseOf(config->server), Opening::kExisting);
  if (!assembly) return failed(assembly.error().message);
  const auto plan = readPlan((*assembly)->store(), options.plan);
  if (!plan) return failed(plan.error().message);
  if (options.form == "csv" || options.form == "json") {
    const auto done = exportJournal(*plan, options);
    return done ? *done : failed(done.error().message);
  }
  const auto bytes = made(*plan, options);
  if (!bytes) return failed(bytes.error().message);
  if (const Status written = writeFile(options.output, *bytes); !written)
    return failed(written.error().message);
  if (options.form != "bundle" && options.form != "document")
    printIssues("", plan::checkLetters(*plan, languageOf(options.language)));
  return kDone;
}

}  // namespace

void addExport(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "Give one plan out");
  command->add_option("--plan", options->plan, "Id of the CarePlan, or the value of its identifier")
      ->required();
  command->add_option("--as", options->form, "What to make of it")
      ->required()
      ->check(
          CLI::IsMember({"bundle", "document", "pdf", "archive", "dialogmelding", "csv", "json"}));
  command->add_option("--config", options->config,
                      "YAML file of the service (docs/configuration.md)");
  command->add_option("--data", options->data, "Folder of the embedded store")
      ->capture_default_str();
  command->add_option("--language", options->language, "Of texts for people")
      ->check(CLI::IsMember({"nb", "nn", "en"}))
      ->capture_default_str();
  command
      ->add_option("-o,--output", options->output,
                   "File to write (csv: folder); - is standard output")
      ->capture_default_str();
  const auto party = [&](const std::string& name, plan::MessageParty& to) {
    command->add_option("--" + name, to.name, "dialogmelding: name of the " + name);
    command->add_option("--" + name + "-orgnr", to.organization_number, "Its organisation number");
    command->add_option("--" + name + "-herid", to.her_id, "Its HER-id");
  };
  party("sender", options->message.sender);
  party("receiver", options->message.receiver);
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
