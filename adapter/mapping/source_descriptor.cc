#include <fmt/format.h>

#include <span>
#include <vector>

#include "base/text.h"
#include "fhir/canonical_base.h"
#include "json/parser.h"
#include "mapping/source.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

constexpr int kMaxTables = 8;  // inside each other

constexpr std::string_view kTableMembers[] = {"name",    "file",     "key",      "parent",
                                              "columns", "optional", "required", "children"};
constexpr std::string_view kMembers[] = {"source", "title", "description", "format",
                                         "record", "files", "map",         "bundleMap"};

std::string unknownMember(std::string_view what, std::string_view name,
                          std::span<const std::string_view> known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const auto nearest = nearestName(name, names);
  return fmt::format("{} has no member '{}'{}", what, name,
                     nearest ? fmt::format("; did you mean '{}'?", *nearest) : "");
}

Status readTexts(const Node& list, std::vector<std::string>& out, std::string_view name) {
  for (const Node& item : list.children()) {
    if (item.kind != Kind::kString)
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' takes a list of texts", name));
    out.emplace_back(item.text());
  }
  return {};
}

Status readTable(const Node& node, CsvTable& out, int depth) {
  if (depth > kMaxTables)
    return fail(ErrorCode::kInvalidArgument, "tables stand too deep inside each other");
  for (const Node& member : node.children()) {
    const std::string_view name = member.name->text;
    if (name == "name") {
      out.name = member.text();
    } else if (name == "file") {
      out.file = member.text();
    } else if (name == "key") {
      out.key = member.text();
    } else if (name == "parent") {
      out.parent = member.text();
    } else if (name == "optional") {
      out.optional = member.kind == Kind::kTrue;
    } else if (name == "required") {
      PLANBRO_RETURN_IF_ERROR(readTexts(member, out.required, name));
    } else if (name == "columns") {
      for (const Node& column : member.children())
        out.columns.emplace(column.name->text, column.text());
    } else if (name == "children") {
      for (const Node& child : member.children())
        PLANBRO_RETURN_IF_ERROR(readTable(child, out.children.emplace_back(), depth + 1));
    } else {
      return fail(ErrorCode::kInvalidArgument, unknownMember("a table", name, kTableMembers));
    }
  }
  if (out.file.empty()) return fail(ErrorCode::kInvalidArgument, "a table names no file");
  if (depth > 0 && (out.name.empty() || out.parent.empty()))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the table of {} needs 'name' and 'parent'", out.file));
  if (!out.children.empty() && out.key.empty())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the table of {} has children and needs 'key'", out.file));
  return {};
}

}  // namespace

Result<SourceDescriptor> parseDescriptor(std::string text, std::string_view folder_name) {
  auto document = json::parse(std::move(text));
  if (!document)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("line {}: {}", document.error().position.line, document.error().message));
  const Node& root = (*document)->root();
  if (root.kind != Kind::kObject)
    return fail(ErrorCode::kInvalidArgument, "a source descriptor is an object");
  SourceDescriptor out;
  out.name = folder_name;
  out.bundle_map = PLANBRO_CANONICAL_BASE "/StructureMap/IndividualPlanToBundle";
  bool has_format = false;
  for (const Node& member : root.children()) {
    const std::string_view name = member.name->text;
    if (name == "source") {
      out.name = member.text();
    } else if (name == "title" || name == "description") {
      if (name == "title") out.title = member.text();
    } else if (name == "format") {
      has_format = true;
      if (member.text() == "xml") {
        out.format = SourceFormat::kXml;
      } else if (member.text() == "csv") {
        out.format = SourceFormat::kCsv;
      } else if (member.text() == "xlsx") {
        out.format = SourceFormat::kXlsx;
      } else if (member.text() == "json") {
        out.format = SourceFormat::kJson;
      } else if (member.text() == "bundle") {
        out.format = SourceFormat::kBundle;
      } else {
        return fail(ErrorCode::kInvalidArgument, "'format' is xml, csv, xlsx, json or bundle");
      }
    } else if (name == "record") {
      if (member.kind == Kind::kObject) {
        PLANBRO_RETURN_IF_ERROR(readTable(member, out.table, 0));
      } else {
        out.record = member.text();
      }
    } else if (name == "files") {
      PLANBRO_RETURN_IF_ERROR(readTexts(member, out.files, name));
    } else if (name == "map") {
      out.map = member.text();
    } else if (name == "bundleMap") {
      out.bundle_map = member.text();
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  unknownMember("a source descriptor", name, kMembers));
    }
  }
  if (!has_format || out.map.empty())
    return fail(ErrorCode::kInvalidArgument, "a source descriptor needs 'format' and 'map'");
  const bool has_tables = out.format == SourceFormat::kCsv || out.format == SourceFormat::kXlsx;
  if (has_tables && out.table.file.empty())
    return fail(ErrorCode::kInvalidArgument, "a CSV or XLSX source needs 'record' with its tables");
  return out;
}

}  // namespace planbro::mapping
