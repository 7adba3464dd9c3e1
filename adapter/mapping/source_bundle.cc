#include "mapping/source_bundle.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "fhir/xml.h"
#include "mapping/embedded_file.h"
#include "mapping/source_files.h"
#include "mapping/source_json.h"
#include "mapping/source_xml.h"
#include "mapping/zip_parts.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

constexpr std::string_view kBundleType = "application/fhir+json";
constexpr std::string_view kPdfType = "application/pdf";
constexpr std::string_view kPackageMessage = "arkivmelding.xml";
constexpr std::string_view kInPdf = "individuell-plan.json";  // how places name what a PDF carries

// The items of a member: one, several in a list, or none.
std::span<const Node> itemsOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  if (member == nullptr) return {};
  return member->kind == Kind::kArray ? member->children() : std::span(member, 1);
}

// An element's text, also where it has attributes.
std::string_view textOf(const Node& node) {
  const Node* value = node.kind == Kind::kObject ? node.member("value") : &node;
  return value == nullptr ? std::string_view() : value->text();
}

std::string_view textOf(const Node& node, std::string_view name) {
  const auto items = itemsOf(node, name);
  return items.empty() ? std::string_view() : textOf(items.front());
}

// Takes the Bundle out of one file. What is wrong becomes an issue.
class Unwrapping {
 public:
  Unwrapping(std::string file, const fhir::Definitions& definitions,
             std::vector<fhir::Issue>& issues)
      : name_(std::move(file)), definitions_(definitions), issues_(issues) {}

  std::optional<std::string> run(const std::string& bytes) {
    const std::string_view text = bytes;
    if (text.starts_with("%PDF-")) return fromPdf(text);
    if (text.starts_with("PK\x03\x04")) return fromPackage(text);
    std::string_view begin = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
    if (!fhir::isFhirXml(begin) && trim(begin.substr(0, 256)).starts_with('<'))
      return fromMessage(bytes);
    return bytes;
  }

  // Of what came out: "plan.zip!individuell-plan.json".
  const std::string& name() const { return name_; }

 private:
  std::nullopt_t fault(std::string_view code, std::string why) {
    fhir::Place place;
    place.source = name_;
    issues_.push_back(fhir::makeIssue(code, std::move(place), {std::move(why)}));
    return std::nullopt;
  }

  void into(std::string_view part) { name_ += fmt::format("!{}", part); }

  std::optional<std::string> fromPdf(std::string_view pdf) {
    const auto bundle = embeddedFile(pdf, kBundleType);
    if (!bundle)
      return fault("PB-2020",
                   "the PDF carries no Bundle; saved anew by another program it may lose it");
    into(kInPdf);
    return std::string(*bundle);
  }

  std::optional<std::string> fromPackage(std::string_view zip) {
    ZipParts parts;
    std::string why = unpackZip(
        zip, {kMaxPackageEntries, kMaxSourceBytes}, [](std::string_view) { return true; }, parts);
    if (!why.empty()) return fault("PB-2002", std::move(why));
    const auto message = parts.find(kPackageMessage);
    if (message == parts.end())
      return fault("PB-2020", fmt::format("the archive has no {}", kPackageMessage));
    const auto tree = readSourceXml(message->second, fmt::format("{}!{}", name_, kPackageMessage),
                                    definitions_, issues_);
    if (tree == nullptr) return std::nullopt;
    const std::string* bundle = nullptr;
    std::string_view bundle_name;
    bool good = true;
    for (const Node* object : xmlRecords(*tree, "dokumentobjekt")) {
      const std::string_view file = textOf(*object, "referanseDokumentfil");
      const auto part = parts.find(file);
      if (part == parts.end() || !isWhole(*object, part->second)) {
        fault("PB-2019", std::string(file));
        good = false;
      } else if (textOf(*object, "mimeType") == kBundleType && bundle == nullptr) {
        bundle = &part->second;
        bundle_name = file;
      }
    }
    if (!good) return std::nullopt;
    if (bundle == nullptr)
      return fault("PB-2020", fmt::format("the {} names no {}", kPackageMessage, kBundleType));
    into(bundle_name);
    return *bundle;
  }

  static bool isWhole(const Node& object, const std::string& bytes) {
    return textOf(object, "sjekksumAlgoritme") == "SHA-256" &&
           toLowerAscii(std::string(textOf(object, "sjekksum"))) == sha256Hex(bytes);
  }

  std::optional<std::string> fromMessage(const std::string& bytes) {
    const auto tree = readSourceXml(bytes, name_, definitions_, issues_);
    if (tree == nullptr) return std::nullopt;
    std::optional<std::string> found;
    for (const Node* document : xmlRecords(*tree, "RefDoc")) {
      if (textOf(*document, "MimeType") != kPdfType) continue;
      for (const Node& content : itemsOf(*document, "Content")) {
        const auto pdf = base64Decode(textOf(content, "Base64Container"));
        const auto bundle = pdf ? embeddedFile(*pdf, kBundleType) : std::nullopt;
        if (!bundle) continue;
        if (found) return fault("PB-2020", "several of its PDFs carry a Bundle");
        found = std::string(*bundle);
      }
    }
    if (!found) return fault("PB-2020", "none of its attachments is a PDF that carries a Bundle");
    into(kInPdf);
    return found;
  }

  std::string name_;
  const fhir::Definitions& definitions_;
  std::vector<fhir::Issue>& issues_;
};

class BundleReader final : public SourceReader {
 public:
  BundleReader(std::vector<std::filesystem::path> files, const fhir::Definitions& definitions)
      : files_(std::move(files)), definitions_(definitions) {}

  std::optional<SourceRecord> next() override {
    if (at_ == files_.size()) return std::nullopt;
    const std::filesystem::path& path = files_[at_++];
    SourceRecord record;
    record.name = record.input = path.string();
    record.extension = path.extension().string();
    auto bytes = readSourceFile(path);
    if (!bytes) {
      fhir::Place place;
      place.source = record.name;
      record.issues.push_back(fhir::makeIssue("PB-2002", place, {bytes.error().message}));
      return record;
    }
    record.original = std::move(*bytes);
    Unwrapping unwrapping(record.name, definitions_, record.issues);
    auto bundle = unwrapping.run(record.original);
    auto places = std::make_shared<SourcePlaces>();
    places->add({0, unwrapping.name(), 1, false, ','});
    record.places = std::move(places);
    if (bundle) read(std::move(*bundle), unwrapping.name(), record);
    return record;
  }

 private:
  void read(std::string bundle, const std::string& name, SourceRecord& record) const {
    auto document = fhir::isFhirXml(bundle)
                        ? readSourceResource(std::move(bundle), name, definitions_, record.issues)
                        : readSourceJson(std::move(bundle), name, definitions_, record.issues);
    if (document == nullptr) return;
    const Node* type = document->root().member("resourceType");
    if (type == nullptr || type->text() != "Bundle") {
      fhir::Place place;
      place.source = name;
      record.issues.push_back(fhir::makeIssue("PB-2020", place, {"it is no FHIR Bundle"}));
      return;
    }
    record.document = std::move(document);
    record.root = &record.document->root();
  }

  std::vector<std::filesystem::path> files_;
  const fhir::Definitions& definitions_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> openBundleSource(std::vector<std::filesystem::path> files,
                                               const fhir::Definitions& definitions) {
  return std::make_unique<BundleReader>(std::move(files), definitions);
}

}  // namespace planbro::mapping
