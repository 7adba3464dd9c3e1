#include "fhir/package_pack.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/digest.h"
#include "fhir/packed_store.h"
#include "fhir/xml.h"
#include "json/parser.h"

namespace planbro::fhir {
namespace {

constexpr std::string_view kMagic = "PBPACK01";
constexpr std::size_t kDigest = 64;
constexpr int kQuickCompression = 1;

class Writer {
 public:
  void number(std::size_t value) {
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(value >> shift & 0xff);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Past the end everything is 0 or empty and the reader is no longer good.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number() {
    if (rest_.size() < 4) {
      good_ = false;
      return 0;
    }
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
      value |= std::uint32_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(4);
    return value;
  }
  std::string_view text() {
    const std::size_t size = number();
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  // A count of things that take `least` bytes each at the very least.
  std::size_t count(std::size_t least) {
    const std::size_t value = number();
    if (value > rest_.size() / least) good_ = false;
    return good_ ? value : 0;
  }
  bool good() const { return good_; }
  bool atEnd() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void write(const Issue& issue, Writer& out) {
  out.text(issue.code);
  out.number(static_cast<std::size_t>(issue.severity));
  out.text(issue.place.expression);
  out.text(issue.place.source);
  out.number(issue.place.position.line);
  out.number(issue.place.position.column);
  out.text(issue.rule);
  out.number(issue.arguments.size());
  for (const std::string& argument : issue.arguments) out.text(argument);
}

// False for a code that is not in the table.
bool read(Reader& in, Issue& issue) {
  const std::string_view code = in.text();
  const auto& table = issueDefinitions();
  const bool known = std::any_of(table.begin(), table.end(),
                                 [code](const IssueDefinition& one) { return one.code == code; });
  if (!known) return false;
  const std::uint32_t severity = in.number();
  if (severity > static_cast<std::uint32_t>(Severity::kInformation)) return false;
  Place place;
  place.expression = in.text();
  place.source = in.text();
  place.position.line = in.number();
  place.position.column = in.number();
  const std::string_view rule = in.text();
  std::vector<std::string> arguments(in.count(4));
  for (std::string& argument : arguments) argument = in.text();
  issue = makeIssue(code, std::move(place), std::move(arguments));
  issue.severity = static_cast<Severity>(severity);
  issue.rule = rule;
  return true;
}

// What a package.json says of itself.
struct Named {
  std::string name, version;
};

Named describePackage(std::string text) {
  Named named;
  const auto parsed = json::parse(std::move(text));
  if (!parsed) return named;  // the package is then known by its file's name
  if (const json::Node* name = (*parsed)->root().member("name")) named.name = name->text();
  if (const json::Node* version = (*parsed)->root().member("version"))
    named.version = version->text();
  return named;
}

class Packing {
 public:
  void file(PackageFile file) {
    const std::string_view name = std::string_view(file.name).substr(file.name.rfind('/') + 1);
    if (name.starts_with('.')) return;  // .index.json: what it tells is read from the files
    if (name == "package.json") {
      named_ = describePackage(std::move(file.bytes));
      return;
    }
    const auto frame = compressText(file.bytes, kQuickCompression);
    const std::size_t raw_size = file.bytes.size();
    const ReadOutcome read = readResource(std::move(file.bytes));
    for (const Issue& issue : read.issues) keep(issue, file.name);
    if (!read.resource || !frame) return;
    const Element root = read.resource.root();
    entries_.text(root.textOf("url"));
    entries_.text(root.typeName());
    entries_.text(root.textOf("version"));
    entries_.text(root.typeName() == "CodeSystem" ? root.textOf("supplements")
                                                  : std::string_view());
    entries_.text(file.name);
    entries_.text(*frame);
    entries_.number(raw_size);
    ++count_;
  }

  PackedBytes finish(const std::vector<Issue>& refused) {
    PackedBytes packed;
    Writer body;
    body.text(named_.name);
    body.text(named_.version);
    body.number(refused.size() + issues_.size());
    for (Issue issue : refused) {
      if (issue.code != "PB-0202") packed.whole = false;
      issue.place.source.clear();  // the package itself
      write(issue, body);
    }
    for (const Issue& issue : issues_) write(issue, body);
    body.number(count_);
    packed.bytes.reserve(kMagic.size() + kDigest + body.bytes().size() + entries_.bytes().size());
    body.bytes() += entries_.bytes();
    packed.bytes.append(kMagic).append(sha256Hex(body.bytes())).append(body.bytes());
    // Numbers have 32 bits; what is larger than that would not read as it was written.
    if (packed.bytes.size() > std::numeric_limits<std::uint32_t>::max()) packed.whole = false;
    return packed;
  }

 private:
  // One bad file spoils no package: what was fatal for the file is an error of the package.
  void keep(Issue issue, const std::string& file) {
    if (issue.severity == Severity::kFatal) issue.severity = Severity::kError;
    issue.place.source = file;
    issues_.push_back(std::move(issue));
  }

  Named named_;
  std::vector<Issue> issues_;
  Writer entries_;
  std::size_t count_ = 0;
};

}  // namespace

Result<PackedPackage> PackedPackage::open(std::string_view bytes,
                                          std::shared_ptr<const void> owner) {
  const auto damaged = [] { return fail(ErrorCode::kCorrupt, "the packed package is damaged"); };
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kDigest) return damaged();
  bytes.remove_prefix(kMagic.size());
  if (sha256Hex(bytes.substr(kDigest)) != bytes.substr(0, kDigest)) return damaged();
  Reader in(bytes.substr(kDigest));
  PackedPackage package;
  package.owner_ = std::move(owner);
  package.name_ = in.text();
  package.version_ = in.text();
  constexpr std::size_t kLeastIssue = 32;  // eight numbers and lengths
  package.issues_.resize(in.count(kLeastIssue));
  for (Issue& issue : package.issues_) {
    if (!read(in, issue)) return damaged();
  }
  constexpr std::size_t kLeastEntry = 28;  // seven of them
  package.entries_.resize(in.count(kLeastEntry));
  for (Entry& entry : package.entries_) {
    for (std::string_view* text :
         {&entry.url, &entry.type, &entry.version, &entry.supplements, &entry.file, &entry.frame})
      *text = in.text();
    entry.raw_size = in.number();
    if (entry.raw_size > kMaxPackageFileBytes) return damaged();
  }
  if (!in.atEnd()) return damaged();
  return package;
}

std::vector<Issue> PackedPackage::issues(const std::string& shown) const {
  std::vector<Issue> issues = issues_;
  for (Issue& issue : issues)
    issue.place.source =
        issue.place.source.empty() ? shown : std::string(shown) + ": " + issue.place.source;
  return issues;
}

PackedBytes packPackage(const PackageFiles& files) {
  Packing packing;
  const std::vector<Issue> refused =
      files([&packing](PackageFile file) { packing.file(std::move(file)); });
  return packing.finish(refused);
}

}  // namespace planbro::fhir
