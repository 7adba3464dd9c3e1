#include "mapping/source_json.h"

#include <fmt/format.h>

#include "base/text.h"
#include "fhir/element.h"
#include "fhir/xml.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/source_files.h"
#include "mapping/source_text.h"
#include "mapping/source_xml.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

class JsonReader final : public SourceReader {
 public:
  JsonReader(SourceDescriptor descriptor, std::vector<std::filesystem::path> files,
             const fhir::Definitions& definitions, bool kept)
      : descriptor_(std::move(descriptor)),
        files_(std::move(files)),
        definitions_(definitions),
        kept_(kept) {}

  std::optional<SourceRecord> next() override {
    while (true) {
      if (at_record_ < records_.size()) return record();
      if (by_line_) {
        if (auto made = nextLine()) return made;
      }
      if (at_file_ == files_.size()) return std::nullopt;
      if (auto failed = openFile(files_[at_file_++])) return failed;
    }
  }

 private:
  SourceRecord blank() const {
    SourceRecord record;
    record.name = file_;
    record.input = file_;
    record.extension = xml_ ? ".xml" : ".json";
    auto places = std::make_shared<SourcePlaces>();
    places->add({0, file_, line_, false, ','});
    record.places = std::move(places);
    return record;
  }

  std::optional<SourceRecord> openFile(const std::filesystem::path& path) {
    records_.clear();
    at_record_ = 0;
    line_ = 1;
    file_ = path.string();
    issues_.clear();
    xml_ = false;
    if (path.extension() == ".ndjson" || path.extension() == ".jsonl") return openLines(path);
    auto bytes = readSourceFile(path);
    if (!bytes) return unreadable(bytes.error().message);
    return openDocument(*bytes);
  }

  SourceRecord unreadable(std::string why) const {
    SourceRecord failed = blank();
    fhir::Place place;
    place.source = file_;
    failed.issues.push_back(fhir::makeIssue("PB-2002", place, {std::move(why)}));
    return failed;
  }

  // Such files may be larger than the memory.
  std::optional<SourceRecord> openLines(const std::filesystem::path& path) {
    auto bytes = SourceBytes::ofFile(path);
    if (!bytes) return unreadable(bytes.error().message);
    lines_ = std::move(*bytes);
    by_line_ = true;
    at_byte_ = 0;
    next_line_ = 1;
    return std::nullopt;
  }

  // Something only when there is no record to be had.
  std::optional<SourceRecord> openDocument(const std::string& text) {
    xml_ = fhir::isFhirXml(text);
    document_ = xml_ ? readSourceResource(text, file_, definitions_, issues_)
                     : readSourceJson(text, file_, definitions_, issues_);
    if (document_ != nullptr) findRecords();
    if (by_line_) placeInFile();
    if (!records_.empty()) return std::nullopt;
    SourceRecord failed = blank();
    if (document_ != nullptr) {
      fhir::Place place;
      place.source = file_;
      if (by_line_) place.position = {line_, 1};
      issues_.push_back(fhir::makeIssue("PB-2006", place, {descriptor_.record}));
    }
    failed.issues = issues_;
    failed.original = text;
    return failed;
  }

  // What was said of a line by itself.
  void placeInFile() {
    for (fhir::Issue& issue : issues_) {
      json::Position& position = issue.place.position;
      position = {line_, position.line == 0 ? 1 : position.column};
    }
  }

  void findRecords() {
    const Node* list = &document_->root();
    if (!descriptor_.record.empty() && list->kind == Kind::kObject) {
      const Node* member = list->member(descriptor_.record);
      if (member != nullptr || !kept_) list = member;
    }
    if (list == nullptr) return;
    if (list->kind == Kind::kArray) {
      for (const Node& item : list->children()) records_.push_back(&item);
    } else if (list->kind == Kind::kObject || kept_) {
      records_.push_back(list);
    }
  }

  SourceRecord record() {
    SourceRecord record = blank();
    record.root = records_[at_record_++];
    record.document = document_;
    if (by_line_) {
      record.name = fmt::format("{} line {}", file_, line_);
    } else if (records_.size() > 1) {
      record.name = fmt::format("{} record {}", file_, at_record_);
    }
    record.original = original();
    record.issues = issues_;
    const bool typed = record.root->member("resourceType") != nullptr;
    if (typed && !xml_ && record.root != &document_->root()) rebind(record);
    return record;
  }

  // A resource inside an array is bound to its definition as a document of its own.
  void rebind(SourceRecord& record) const {
    const std::uint32_t line = document_->positionOf(record.root->offset).line;
    std::vector<fhir::Issue> ignored;  // it was read before
    json::DocumentPtr own = readSourceJson(record.original, file_, definitions_, ignored);
    if (own == nullptr) return;
    auto places = std::make_shared<SourcePlaces>();
    places->add({0, file_, line + line_ - 1, false, ','});
    record.places = std::move(places);
    record.document = std::move(own);
    record.root = &record.document->root();
  }

  std::string original() const {
    const std::string_view text = document_->source();
    if (records_.size() == 1) return std::string(text);
    if (records_[at_record_ - 1]->kind != Kind::kObject) {
      std::string alone;
      json::write(*document_, *records_[at_record_ - 1], alone);
      return alone;
    }
    const std::size_t begin = records_[at_record_ - 1]->offset;
    const std::size_t end =
        at_record_ < records_.size() ? records_[at_record_]->offset : text.size();
    std::string_view part = text.substr(begin, end - begin);
    const std::size_t close = part.rfind('}');
    if (close == std::string_view::npos) return std::string(part);
    part = part.substr(0, close + 1);
    // Behind the last record stands what closes the array and the object around it.
    if (at_record_ == records_.size() && document_->root().kind == Kind::kObject) {
      const std::size_t bracket = part.rfind(']');
      const std::size_t own =
          bracket == std::string_view::npos ? bracket : part.rfind('}', bracket);
      if (own != std::string_view::npos) part = part.substr(0, own + 1);
    }
    return std::string(part);
  }

  // The next line with its end, as long as any may be; it is cut there.
  std::string takeLine() {
    constexpr std::size_t kUsualLine = 65'536;
    for (std::size_t length = kUsualLine;; length = std::min(length * 4, kMaxSourceBytes)) {
      const std::string_view text = lines_.at(at_byte_, length);
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos && text.size() == length && length < kMaxSourceBytes)
        continue;
      std::string line(text.substr(0, end == std::string_view::npos ? end : end + 1));
      at_byte_ += line.size();
      return line;
    }
  }

  std::optional<SourceRecord> nextLine() {
    while (at_byte_ < lines_.size()) {
      const std::string taken = takeLine();
      if (taken.empty()) break;  // it cannot be read
      const std::string line(trim(taken));
      line_ = next_line_++;
      if (line.empty()) continue;
      issues_.clear();
      records_.clear();
      at_record_ = 0;
      if (auto failed = openDocument(line)) {
        failed->name = fmt::format("{} line {}", file_, line_);
        return failed;
      }
      return record();
    }
    by_line_ = false;
    if (lines_.failed()) return unreadable("it cannot be read to its end");
    return std::nullopt;
  }

  SourceDescriptor descriptor_;
  std::vector<std::filesystem::path> files_;
  const fhir::Definitions& definitions_;
  bool kept_;  // the files may hold single records
  std::size_t at_file_ = 0;
  std::string file_;
  json::DocumentPtr document_;
  std::vector<const Node*> records_;
  std::size_t at_record_ = 0;
  std::vector<fhir::Issue> issues_;
  bool xml_ = false;  // a resource as XML
  bool by_line_ = false;
  SourceBytes lines_;
  std::uint64_t at_byte_ = 0;
  std::uint32_t line_ = 1, next_line_ = 1;
};

}  // namespace

json::DocumentPtr readSourceJson(std::string bytes, std::string_view file,
                                 const fhir::Definitions& definitions,
                                 std::vector<fhir::Issue>& issues) {
  auto text = decodeText(std::move(bytes), "", file, issues);
  if (!text) return nullptr;
  json::ParseOptions options;
  options.names = &definitions.names();
  options.bind = [&](json::DocumentMaker& maker) { fhir::bind(maker, definitions); };
  auto document = json::parse(std::move(*text), options);
  if (document) return *document;
  fhir::Place place;
  place.source = file;
  place.position = document.error().position;
  const bool deep = document.error().code == json::ParseErrorCode::kTooDeep;
  issues.push_back(deep ? fhir::makeIssue("PB-2008", place, {std::to_string(kMaxJsonDepth)})
                        : fhir::makeIssue("PB-2009", place, {document.error().message}));
  return nullptr;
}

std::unique_ptr<SourceReader> openJsonSource(const SourceDescriptor& descriptor,
                                             std::vector<std::filesystem::path> files,
                                             const fhir::Definitions& definitions) {
  return std::make_unique<JsonReader>(descriptor, std::move(files), definitions, false);
}

std::unique_ptr<SourceReader> openKeptJson(const SourceDescriptor& descriptor,
                                           const std::filesystem::path& file,
                                           const fhir::Definitions& definitions) {
  return std::make_unique<JsonReader>(descriptor, std::vector{file}, definitions, true);
}

}  // namespace planbro::mapping
