#include "package.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

#include "fhir/builtin_files.h"
#include "fhir/canonical_base.h"
#include "fhir/registry.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/fml_parser.h"
#include "mapping/structure_map_writer.h"
#include "validation/snapshot.h"

namespace planbro::ip_package {
namespace {

namespace fs = std::filesystem;
using json::DocumentPtr;
using json::Node;

constexpr std::string_view kGuide = "package/ImplementationGuide-no.planbro.ip.json";
// Members that .index.json repeats of each resource.
constexpr std::string_view kIndexed[] = {"resourceType", "id",   "url",        "version",
                                         "kind",         "type", "supplements"};

std::string textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr || member->isContainer() ? std::string() : std::string(member->text());
}

Result<DocumentPtr> parsed(const std::string& name, std::string text) {
  auto document = json::parse(std::move(text));
  if (!document)
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", name, document.error().message));
  return std::move(*document);
}

// `document` with `id` in its second place; what it had as id is dropped.
DocumentPtr withId(const DocumentPtr& document, const std::string& id) {
  json::Builder out;
  out.beginObject();
  for (const Node& member : document->root().children()) {
    if (member.name->text == "id") continue;
    out.key(member.name->text).copy(member, document);
    if (member.name->text == "resourceType") out.key("id").string(id);
  }
  out.endObject();
  return std::move(out).finish();
}

class Maker {
 public:
  explicit Maker(fs::path root) : root_(std::move(root)) {}

  Result<std::vector<PackedFile>> run() {
    PLANBRO_RETURN_IF_ERROR(profiles());
    PLANBRO_RETURN_IF_ERROR(maps());
    PLANBRO_RETURN_IF_ERROR(examples());
    PLANBRO_RETURN_IF_ERROR(guide());
    index();
    std::vector<PackedFile> files;
    for (auto& [path, document] : files_) files.push_back({path, std::move(document)});
    return files;
  }

 private:
  void add(std::string_view folder, const DocumentPtr& document) {
    const Node& root = document->root();
    files_.emplace(
        fmt::format("{}{}-{}.json", folder, textOf(root, "resourceType"), textOf(root, "id")),
        document);
  }

  Status profiles() {
    auto registry = std::make_shared<fhir::Registry>();
    for (const fhir::Issue& issue : registry->addOwnProfiles())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: {}", issue.place.source, issue.text(fhir::Language::kEnglish)));
    std::recursive_mutex lock;
    validation::Snapshots snapshots(registry, lock);
    for (const std::string& path : fhir::builtinFiles("profiles/ip/")) {
      if (!path.ends_with(".json")) continue;
      PLANBRO_ASSIGN_OR_RETURN(DocumentPtr document, parsed(path, *fhir::builtinFile(path)));
      if (path.ends_with("/package.json")) {
        files_.emplace("package/package.json", std::move(document));
        continue;
      }
      if (textOf(document->root(), "resourceType") == "StructureDefinition") {
        const std::string url = textOf(document->root(), "url");
        const validation::Snapshot* made = snapshots.find(url);
        if (made == nullptr || !made->definition ||
            made->definition.document()->root().member("snapshot") == nullptr)
          return fail(ErrorCode::kInvalidArgument, fmt::format("{} has no snapshot", url));
        for (const fhir::Issue& issue : made->issues)
          return fail(ErrorCode::kInvalidArgument,
                      fmt::format("{}: {}", url, issue.text(fhir::Language::kEnglish)));
        document = made->definition.document();
      }
      add("package/", document);
    }
    return {};
  }

  Status maps() {
    for (const std::string& path : fhir::builtinFiles("mappings/")) {
      const std::string text = *fhir::builtinFile(path);
      if (path.ends_with(".map")) {
        auto model = mapping::parseFml(text);
        if (!model)
          return fail(ErrorCode::kInvalidArgument,
                      fmt::format("{}:{}: {}", path, model.error().line, model.error().message));
        const std::string id = model->url.substr(model->url.rfind('/') + 1);
        auto document = mapping::writeStructureMap(
            *model, {.id = id,
                     .publisher = "Planbro",
                     .version = version(),
                     .concept_map_base = PLANBRO_CANONICAL_BASE "/ConceptMap"});
        if (!document) return std::unexpected(std::move(document.error()));
        add("package/", document->map);
        for (const DocumentPtr& one : document->concept_maps) add("package/", one);
      } else if (path.substr(path.rfind('/') + 1).starts_with("ConceptMap-")) {
        PLANBRO_ASSIGN_OR_RETURN(const DocumentPtr document, parsed(path, text));
        add("package/", document);
      }
    }
    return {};
  }

  std::string version() const {
    const auto found = files_.find("package/package.json");
    return found == files_.end() ? "" : textOf(found->second->root(), "version");
  }

  // Single resources, and each plan of the fixtures as the transaction it is imported with.
  Status examples() {
    std::vector<std::pair<fs::path, std::string>> sources;  // file; id to give
    std::error_code error;
    for (const auto& file : fs::directory_iterator(root_ / "profiles/examples", error))
      sources.emplace_back(file.path(), "");
    for (const auto& plan : fs::directory_iterator(root_ / "fixtures/plans", error)) {
      const fs::path bundle = plan.path() / "expected/bundle.json";
      if (fs::exists(bundle, error)) sources.emplace_back(bundle, plan.path().filename().string());
    }
    if (sources.empty())
      return fail(ErrorCode::kIo, fmt::format("no examples under {}", root_.string()));
    for (const auto& [path, id] : sources) {
      std::ifstream file(path, std::ios::binary);
      PLANBRO_ASSIGN_OR_RETURN(
          DocumentPtr document,
          parsed(path.string(), std::string(std::istreambuf_iterator<char>(file), {})));
      add("package/example/", id.empty() ? document : withId(document, id));
    }
    return {};
  }

  // The guide names every resource; examples with the profile they are an example of.
  Status guide() {
    const auto found = files_.find(kGuide);
    if (found == files_.end())
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} is missing", kGuide));
    const DocumentPtr source = found->second;
    json::Builder out;
    out.beginObject();
    for (const Node& member : source->root().children())
      out.key(member.name->text).copy(member, source);
    out.key("definition").beginObject();
    out.key("resource").beginArray();
    for (const auto& [path, document] : files_) {
      if (path == kGuide || path == "package/package.json") continue;
      const Node& root = document->root();
      out.beginObject();
      out.key("reference").beginObject();
      out.key("reference").string(textOf(root, "resourceType") + "/" + textOf(root, "id"));
      out.endObject();
      for (const auto& [name, from] :
           {std::pair("name", "title"), {"description", "description"}}) {
        if (const std::string said = textOf(root, from); !said.empty()) out.key(name).string(said);
      }
      if (path.starts_with("package/example/")) {
        const Node* meta = root.member("meta");
        const Node* profile = meta == nullptr ? nullptr : meta->member("profile");
        if (profile != nullptr && profile->size > 0) {
          out.key("exampleCanonical").string(profile->children()[0].text());
        } else {
          out.key("exampleBoolean").boolean(true);
        }
      }
      out.endObject();
    }
    out.endArray();
    out.endObject();
    out.endObject();
    found->second = std::move(out).finish();
    return {};
  }

  void index() {
    for (const std::string_view folder : {"package/", "package/example/"}) {
      json::Builder out;
      out.beginObject();
      out.key("index-version").number("1");
      out.key("files").beginArray();
      for (const auto& [path, document] : files_) {
        const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
        if (path.substr(0, path.rfind('/') + 1) != folder || name == "package.json") continue;
        out.beginObject();
        out.key("filename").string(name);
        for (const std::string_view member : kIndexed) {
          const std::string said = textOf(document->root(), member);
          if (!said.empty()) out.key(member).string(said);
        }
        out.endObject();
      }
      out.endArray();
      out.endObject();
      files_.emplace(std::string(folder) + ".index.json", std::move(out).finish());
    }
  }

  fs::path root_;
  std::map<std::string, DocumentPtr, std::less<>> files_;
};

struct CloseArchive {
  void operator()(archive* opened) const { archive_write_free(opened); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

Result<std::vector<PackedFile>> makePackage(const fs::path& root) { return Maker(root).run(); }

Status writePackage(const std::vector<PackedFile>& files, const fs::path& output) {
  const std::unique_ptr<archive, CloseArchive> out(archive_write_new());
  const auto failed = [&] {
    const char* why = archive_error_string(out.get());
    return fail(ErrorCode::kIo, fmt::format("{}: {}", output.string(), why == nullptr ? "" : why));
  };
  archive_write_add_filter_gzip(out.get());
  // Without it the time of making stands in the file.
  archive_write_set_filter_option(out.get(), "gzip", "timestamp", nullptr);
  archive_write_set_format_ustar(out.get());
  if (archive_write_open_filename(out.get(), output.c_str()) != ARCHIVE_OK) return failed();
  for (const PackedFile& file : files) {
    const std::string text = json::write(*file.document, {.pretty = true}) + "\n";
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), file.path.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    if (archive_write_header(out.get(), entry.get()) != ARCHIVE_OK ||
        archive_write_data(out.get(), text.data(), text.size()) !=
            static_cast<la_ssize_t>(text.size()))
      return failed();
  }
  if (archive_write_close(out.get()) != ARCHIVE_OK) return failed();
  return {};
}

}  // namespace planbro::ip_package
