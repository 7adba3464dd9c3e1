// $import: resources by the line (NDJSON), from the request's body or from files of the import
// folder; docs/api/bulk-import.md.
//
// Every line is a write of its own, with the checks of one: what is refused stands in the answer
// and in a quarantine file, and the others are stored. Lines that only wait for what comes behind
// them (a plan before its person) are tried again.
// Source: FHIR R4 has none; the form follows the SMART bulk import draft ($import with Parameters
// inputFormat and input.url), and what other servers take.
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "service/amend.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/parameters_text.h"
#include "service/routes.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

constexpr std::size_t kLinesAtOnce = 256;       // that share a commit
constexpr std::size_t kMaxTriedAgain = 10'000;  // lines kept in memory for another try
constexpr int kRounds = 4;
constexpr std::size_t kMaxTold = 1000;  // lines whose refusal stands in the answer

struct Input {
  std::string name;  // of the file; "" for the body
  std::string type;  // that its lines are said to be of; "": any
  std::unique_ptr<std::istream> lines;
};

struct Line {
  std::string input, type;   // of the Input
  std::uint64_t number = 0;  // from 1
  std::string text;
  std::vector<fhir::Issue> issues;  // why it was refused
};

// One line on its way into the store. Stays where it is: the write looks at it.
struct LineWrite {
  Line line;
  Call call;
  std::optional<Draft> draft;
  std::optional<Answer> refused;
  std::unique_ptr<Write> write;
};

// The file of the import folder that an url names; nothing for any other address.
std::optional<std::filesystem::path> fileOf(const Context& context, std::string_view url) {
  const std::filesystem::path& folder = context.settings.import_folder;
  if (url.starts_with("file:")) url.remove_prefix(5);
  const std::filesystem::path name(url);
  if (folder.empty() || name.empty() || name.is_absolute() || url.find(':') != url.npos)
    return std::nullopt;
  for (const std::filesystem::path& part : name) {
    if (part == "..") return std::nullopt;
  }
  std::error_code error;
  const std::filesystem::path path = folder / name;
  // No link leads out of the folder either.
  auto real = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_regular_file(real, error)) return std::nullopt;
  const auto inside = std::filesystem::canonical(folder, error);
  if (error || real.string().rfind(inside.string() + "/", 0) != 0) return std::nullopt;
  return real;
}

std::expected<std::vector<Input>, Answer> inputsOf(const Call& call) {
  std::vector<Input> inputs;
  if (!call.text.empty()) {
    if (auto refused = refusedParameters(call, {}, false))
      return std::unexpected(std::move(*refused));
    inputs.push_back({"", "", std::make_unique<std::istringstream>(call.text)});
    return inputs;
  }
  const auto asked = OperationInput::read(
      call, "$import", {"inputFormat", "inputSource", "storageDetail", "mode", "input"});
  if (!asked.has_value()) return std::unexpected(asked.error());
  const std::string_view format = asked->text("inputFormat");
  if (!format.empty() && format != "application/fhir+ndjson" && format != "application/ndjson")
    return std::unexpected(refuse(400, "PB-6076", {std::string(format)}));
  for (const fhir::Element& input : asked->parameters("input")) {
    std::string url, type;
    input.forEachChild("part", [&](const fhir::Element& part) {
      if (part.textOf("name") == "url") url = part.textOf("value");
      if (part.textOf("name") == "type") type = part.textOf("value");
    });
    if (!type.empty() && !isResourceType(call.definitions(), type))
      return std::unexpected(refuse(400, "PB-4023", {"input.type", type, "CarePlan"}));
    const auto path = fileOf(*call.context, url);
    if (!path.has_value()) return std::unexpected(refuse(400, "PB-6076", {url.substr(0, 200)}));
    inputs.push_back({url, type, std::make_unique<std::ifstream>(*path, std::ios::binary)});
  }
  if (inputs.empty()) return std::unexpected(asked->missing("input"));
  return inputs;
}

class Import {
 public:
  explicit Import(const Call& call) : call_(call) {}

  Answer run(std::vector<Input> inputs) {
    for (Input& input : inputs) readAll(input);
    store();
    for (int round = 1; round < kRounds && tryAgain(); ++round) continue;
    for (Line& line : refused_) quarantine(line);
    if (quarantine_.is_open() && !quarantine_.flush())
      log::error("the quarantine file of an import could not be written");
    return answer();
  }

 private:
  void readAll(Input& input) {
    std::string text;
    for (std::uint64_t number = 1; std::getline(*input.lines, text); ++number) {
      if (trim(text).empty()) continue;
      ++total_;
      add({input.name, input.type, number, std::move(text), {}});
      text.clear();
    }
  }

  void add(Line line) {
    auto made = std::make_unique<LineWrite>();
    made->line = std::move(line);
    prepare(*made);
    if (made->refused.has_value()) {
      refuseLine(std::move(made->line), std::move(*made->refused));
    } else {
      waiting_.push_back(std::move(made));
    }
    if (waiting_.size() >= kLinesAtOnce) store();
  }

  void prepare(LineWrite& one) {
    Call& call = one.call;
    call.context = call_.context;
    call.visibility = call_.visibility;
    call.rehearsal = call_.rehearsal;
    fhir::ReadOutcome read = fhir::readJson(one.line.text, call_.definitions());
    if (!read.resource || fhir::hasErrors(read.issues)) {
      one.refused = refuse(400, std::move(read.issues));
      return;
    }
    call.body = std::move(read.resource);
    call.type = call.body.type();
    call.id = call.body.id();
    if (!one.line.type.empty() && call.type != one.line.type) {
      one.refused = refuse(400, "PB-4008", {call.type, one.line.type});
      return;
    }
    call.method = call.id.empty() ? "POST" : "PUT";
    if (!call.id.empty() && !isId(call.id)) {
      one.refused = refuse(400, "PB-4010", {call.id});
      return;
    }
    std::vector<fhir::Issue> told;
    one.refused = amendBody(call, told);
    if (!one.refused.has_value()) one.refused = refusedBody(call, told);
    if (one.refused.has_value()) return;
    one.draft = makeDraft(*call.context, call.body,
                          call.id.empty() ? call.context->parts.ids->next() : call.id);
    one.write = std::make_unique<Write>(call, [&one](WriteSession& session) {
      return one.call.id.empty() ? putNew(session, *one.draft)
                                 : putUpdate(session, *one.draft, {}, true);
    });
  }

  // Writes what waits, in one commit where the store can.
  void store() {
    std::vector<std::function<Status(store::Transaction&)>> works;
    works.reserve(waiting_.size());
    for (const auto& one : waiting_)
      works.emplace_back([write = one->write.get()](store::Transaction& transaction) {
        return write->run(transaction);
      });
    const std::vector<Status> done = call_.context->parts.store->transactAll(works);
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      LineWrite& one = *waiting_[i];
      Answer answer = std::move(*one.write).answer(done[i]);
      if (answer.refused()) {
        refuseLine(std::move(one.line), std::move(answer));
        continue;
      }
      ++stored_[one.call.type];
      ++(answer.unchanged ? unchanged_ : answer.status == 201 ? created_ : updated_);
    }
    waiting_.clear();
  }

  void refuseLine(Line line, Answer answer) {
    line.issues = std::move(answer.issues);
    ++count_refused_;
    if (refused_.size() < kMaxTriedAgain) {
      refused_.push_back(std::move(line));
    } else {
      quarantine(line);
    }
  }

  // Whether another round may help: something was stored in this one.
  bool tryAgain() {
    std::vector<Line> again = std::exchange(refused_, {});
    const std::uint64_t before = created_ + updated_ + unchanged_;
    count_refused_ -= again.size();
    for (Line& line : again) add(std::move(line));
    store();
    return created_ + updated_ + unchanged_ > before && !refused_.empty();
  }

  void quarantine(const Line& line) {
    if (told_.size() < kMaxTold)
      told_.push_back({line.input, line.type, line.number, "", line.issues});
    const std::filesystem::path& folder = call_.context->settings.quarantine;
    if (folder.empty() || call_.rehearsal) return;
    if (quarantine_name_.empty()) {
      quarantine_name_ = "import-" + call_.context->parts.ids->next() + ".ndjson";
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      quarantine_.open(folder / quarantine_name_, std::ios::binary);
    }
    quarantine_ << line.text << '\n';
  }

  Answer answer() {
    ParametersText out;
    const auto count = [&out](std::string_view name, std::uint64_t number) {
      out.add(name, "Integer", std::to_string(number));
    };
    count("total", total_);
    count("created", created_);
    count("updated", updated_);
    count("unchanged", unchanged_);
    count("refused", count_refused_);
    for (const auto& [type, number] : stored_) {
      out.begin("stored");
      out.add("type", "Code", type);
      count("count", number);
      out.end();
    }
    if (!quarantine_name_.empty()) out.add("quarantine", "String", quarantine_name_);
    for (const Line& line : told_) {
      out.begin("line");
      if (!line.input.empty()) out.add("input", "String", line.input);
      count("number", line.number);
      addOutcome(out, line.issues);
      out.end();
    }
    if (count_refused_ > told_.size()) {
      out.begin("more");
      addOutcome(out, {fhir::makeIssue("PB-6075", {}, {std::to_string(kMaxTold)})});
      out.end();
    }
    Answer answer;
    answer.resource = std::move(out).finish();
    return answer;
  }

  void addOutcome(ParametersText& out, const std::vector<fhir::Issue>& issues) const {
    const fhir::ReadOutcome outcome =
        fhir::readJson(outcomeText(issues, call_.preferences.language), call_.definitions());
    out.copy("outcome", "resource", outcome.resource.document()->root(),
             outcome.resource.document());
  }

  const Call& call_;
  std::vector<std::unique_ptr<LineWrite>> waiting_;
  std::vector<Line> refused_;  // may be tried again
  std::vector<Line> told_;     // without their texts
  std::map<std::string, std::uint64_t, std::less<>> stored_;
  std::uint64_t total_ = 0, created_ = 0, updated_ = 0, unchanged_ = 0, count_refused_ = 0;
  std::string quarantine_name_;
  std::ofstream quarantine_;
};

}  // namespace

Answer bulkImport(const Call& call) {
  if (call.text.empty() && !call.body) return refuse(400, "PB-4007");
  auto inputs = inputsOf(call);
  if (!inputs.has_value()) return std::move(inputs.error());
  return Import(call).run(std::move(*inputs));
}

}  // namespace planbro::service
