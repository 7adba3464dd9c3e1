#include "mapping/source_xlsx.h"

#include <fmt/format.h>
#include <libxml/xmlreader.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "mapping/zip_parts.h"

namespace planbro::mapping {
namespace {

struct FreeReader {
  void operator()(xmlTextReader* reader) const { xmlFreeTextReader(reader); }
};
struct FreeText {
  void operator()(xmlChar* text) const { xmlFree(text); }
};

constexpr const char* kRelationships[] = {
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships"};

bool isNeeded(std::string_view name) {
  return name == "xl/workbook.xml" || name == "xl/_rels/workbook.xml.rels" ||
         name == "xl/sharedStrings.xml" || name == "xl/styles.xml" ||
         (name.starts_with("xl/worksheets/") && name.ends_with(".xml"));
}

// Walks the elements of one part.
class XmlWalk {
 public:
  explicit XmlWalk(const std::string& text)
      : reader_(xmlReaderForMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr,
                                   XML_PARSE_NONET | XML_PARSE_NOCDATA)) {
    if (reader_ != nullptr) xmlTextReaderSetStructuredErrorHandler(reader_.get(), &quiet, nullptr);
  }

  // To the next node; false at the end or at a fault.
  bool next() {
    if (reader_ == nullptr || failed_) return false;
    const int read = xmlTextReaderRead(reader_.get());
    failed_ = read < 0 || (read == 1 && type() == XML_READER_TYPE_DOCUMENT_TYPE) ||
              (read == 1 && type() == XML_READER_TYPE_ENTITY_REFERENCE);
    return read == 1 && !failed_;
  }
  bool failed() const { return reader_ == nullptr || failed_; }
  bool begins() const { return type() == XML_READER_TYPE_ELEMENT; }
  bool ends() const {
    return type() == XML_READER_TYPE_END_ELEMENT ||
           (begins() && xmlTextReaderIsEmptyElement(reader_.get()) == 1);
  }
  bool isText() const {
    return type() == XML_READER_TYPE_TEXT || type() == XML_READER_TYPE_CDATA ||
           type() == XML_READER_TYPE_SIGNIFICANT_WHITESPACE;
  }
  std::string_view name() const { return view(xmlTextReaderConstLocalName(reader_.get())); }
  std::string_view text() const { return view(xmlTextReaderConstValue(reader_.get())); }
  std::string attribute(const char* name) const {
    return taken(xmlTextReaderGetAttribute(reader_.get(), reinterpret_cast<const xmlChar*>(name)));
  }
  std::string relationship() const {
    for (const char* space : kRelationships) {
      std::string id =
          taken(xmlTextReaderGetAttributeNs(reader_.get(), reinterpret_cast<const xmlChar*>("id"),
                                            reinterpret_cast<const xmlChar*>(space)));
      if (!id.empty()) return id;
    }
    return {};
  }

 private:
  static void quiet(void*, xmlErrorPtr) {}
  int type() const { return xmlTextReaderNodeType(reader_.get()); }
  static std::string_view view(const xmlChar* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
  }
  static std::string taken(xmlChar* text) {
    const std::unique_ptr<xmlChar, FreeText> own(text);
    return std::string(view(text));
  }

  std::unique_ptr<xmlTextReader, FreeReader> reader_;
  bool failed_ = false;
};

std::optional<std::size_t> numberOf(std::string_view text) {
  std::size_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// ---- styles: which numbers are dates -----------------------------------------------------------

struct NumberFormat {
  bool date = false;
  std::size_t zeros = 0;  // width that leading zeros fill
};

// 18.8.30: numbers below 164 are given; of a code only what stands outside of quotes and brackets
// counts.
NumberFormat formatOf(std::size_t id, std::string_view code) {
  NumberFormat format;
  if (code.empty()) {
    format.date = (id >= 14 && id <= 22) || (id >= 45 && id <= 47);
    return format;
  }
  std::string bare;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '"' || code[i] == '[') {
      const std::size_t end = code.find(code[i] == '"' ? '"' : ']', i + 1);
      if (end == std::string_view::npos) break;
      i = end;
    } else if (code[i] == '\\') {
      ++i;
    } else {
      bare += code[i];
    }
  }
  format.date = bare.find_first_of("yYdDhHsS") != std::string::npos;
  if (!bare.empty() && bare.find_first_not_of('0') == std::string::npos) format.zeros = bare.size();
  return format;
}

std::vector<NumberFormat> readStyles(const std::string& text) {
  std::map<std::size_t, std::string> codes;
  std::vector<NumberFormat> formats;
  bool in_cell_formats = false;
  XmlWalk walk(text);
  while (walk.next()) {
    const std::string_view name = walk.name();
    if (name == "cellXfs") in_cell_formats = walk.begins();
    if (!walk.begins()) continue;
    if (name == "numFmt") {
      if (const auto id = numberOf(walk.attribute("numFmtId")))
        codes[*id] = walk.attribute("formatCode");
    } else if (name == "xf" && in_cell_formats) {
      const std::size_t id = numberOf(walk.attribute("numFmtId")).value_or(0);
      const auto code = codes.find(id);
      formats.push_back(formatOf(id, code == codes.end() ? std::string_view() : code->second));
    }
  }
  return formats;
}

// Days since 1899-12-30 (1904-01-01 if `since_1904`). Excel takes 1900 for a leap year: days before
// March 1900 are one off, and no plan has any.
std::string dateOf(double serial, bool since_1904) {
  if (!(serial >= 0) || serial > 2'958'465) return {};  // 9999-12-31
  const auto seconds = static_cast<std::int64_t>(std::llround(serial * 86'400));
  const std::chrono::sys_days epoch =
      since_1904 ? std::chrono::sys_days(std::chrono::year{1904} / 1 / 1)
                 : std::chrono::sys_days(std::chrono::year{1899} / 12 / 30);
  const std::chrono::year_month_day day(epoch + std::chrono::days(seconds / 86'400));
  std::string date =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  const std::int64_t rest = seconds % 86'400;
  if (rest == 0) return date;
  return date + fmt::format("T{:02}:{:02}:{:02}", rest / 3'600, rest / 60 % 60, rest % 60);
}

// ---- the workbook ------------------------------------------------------------------------------

class Workbook {
 public:
  Workbook(ZipParts parts, std::string_view file, std::vector<fhir::Issue>& issues)
      : parts_(std::move(parts)), file_(file), issues_(issues) {}

  std::optional<std::vector<XlsxSheet>> read() {
    if (!readTargets() || !readSheets() || !readStrings()) return std::nullopt;
    formats_ = readStyles(part("xl/styles.xml"));
    std::vector<XlsxSheet> sheets;
    for (const auto& [name, id] : names_) {
      const auto target = targets_.find(id);
      if (target == targets_.end() || !parts_.contains(target->second)) continue;  // a chart
      XlsxSheet& sheet = sheets.emplace_back();
      sheet.name = name;
      if (!readSheet(part(target->second), sheet)) return std::nullopt;
    }
    return sheets;
  }

 private:
  const std::string& part(const std::string& name) const {
    static const std::string kNone;
    const auto found = parts_.find(name);
    return found == parts_.end() ? kNone : found->second;
  }

  bool damaged(std::string_view which) {
    fhir::Place place;
    place.source = file_;
    issues_.push_back(
        fhir::makeIssue("PB-2002", place, {fmt::format("the part {} cannot be read", which)}));
    return false;
  }
  bool refuse(std::string why) {
    fhir::Place place;
    place.source = file_;
    issues_.push_back(fhir::makeIssue("PB-2002", place, {std::move(why)}));
    return false;
  }

  bool readTargets() {
    const std::string& text = part("xl/_rels/workbook.xml.rels");
    XmlWalk walk(text);
    while (walk.next()) {
      if (!walk.begins() || walk.name() != "Relationship") continue;
      std::string target = walk.attribute("Target");
      target = target.starts_with('/') ? target.substr(1) : "xl/" + target;
      targets_[walk.attribute("Id")] = std::move(target);
    }
    return !walk.failed() || damaged("xl/_rels/workbook.xml.rels");
  }

  bool readSheets() {
    const std::string& text = part("xl/workbook.xml");
    XmlWalk walk(text);
    while (walk.next()) {
      if (!walk.begins()) continue;
      if (walk.name() == "sheet") names_.emplace_back(walk.attribute("name"), walk.relationship());
      if (walk.name() == "workbookPr") {
        const std::string value = walk.attribute("date1904");
        since_1904_ = value == "1" || value == "true";
      }
    }
    return !walk.failed() || damaged("xl/workbook.xml");
  }

  // Texts that several cells share; phonetic hints (rPh) are no part of them.
  bool readStrings() {
    const std::string& text = part("xl/sharedStrings.xml");
    if (text.empty()) return true;
    XmlWalk walk(text);
    bool in_text = false;
    bool in_hint = false;
    while (walk.next()) {
      const std::string_view name = walk.name();
      if (walk.begins() && name == "si") strings_.emplace_back();
      if (name == "rPh") in_hint = !walk.ends();
      if (name == "t") in_text = !walk.ends();
      if (walk.isText() && in_text && !in_hint && !strings_.empty()) strings_.back() += walk.text();
    }
    return !walk.failed() || damaged("xl/sharedStrings.xml");
  }

  struct Cell {
    std::size_t column = 0;
    std::string type, style, value;
  };

  // "AB12": column 27. Nothing if it does not begin with letters.
  static std::optional<std::size_t> columnOf(std::string_view reference) {
    std::size_t column = 0;
    std::size_t letters = 0;
    for (const char c : reference) {
      if (c < 'A' || c > 'Z' || letters == 3) break;
      column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
      ++letters;
    }
    if (letters == 0) return std::nullopt;
    return column - 1;
  }

  bool readSheet(const std::string& text, XlsxSheet& sheet) {
    XmlWalk walk(text);
    std::vector<std::string> row;
    std::size_t row_number = 0;  // of the row that is open
    std::size_t written = 0;     // rows in the CSV
    std::size_t width = 0;       // of the first row
    std::size_t next_column = 0;
    Cell cell;
    bool in_cell = false;
    bool in_value = false;
    while (walk.next()) {
      const std::string_view name = walk.name();
      if (walk.begins() && name == "row") {
        row_number = numberOf(walk.attribute("r")).value_or(row_number + 1);
        if (row_number == 0 || row_number > kMaxXlsxRows || row_number <= written)
          return refuse(fmt::format("the sheet {} has a row out of order", sheet.name));
        row.clear();
        next_column = 0;
      }
      if (walk.begins() && name == "c") {
        if (++cells_ > kMaxXlsxCells)
          return refuse(fmt::format("it has more than {} cells", kMaxXlsxCells));
        cell = {};
        cell.column = columnOf(walk.attribute("r")).value_or(next_column);
        if (cell.column >= kMaxXlsxColumns)
          return refuse(fmt::format("a sheet has more than {} columns", kMaxXlsxColumns));
        next_column = cell.column + 1;
        cell.type = walk.attribute("t");
        cell.style = walk.attribute("s");
        in_cell = true;
      }
      if (in_cell && (name == "v" || name == "t")) in_value = !walk.ends();
      if (walk.isText() && in_value) cell.value += walk.text();
      if (name == "c" && walk.ends() && in_cell) {
        in_cell = false;
        in_value = false;
        if (row.size() <= cell.column) row.resize(cell.column + 1);
        row[cell.column] = valueOf(cell, sheet, row_number);
      }
      if (name == "row" && walk.ends()) {
        for (; written + 1 < row_number; ++written) sheet.csv += '\n';
        while (!row.empty() && row.back().empty()) row.pop_back();
        if (width == 0) width = row.size();
        if (!row.empty() && row.size() < width) row.resize(width);
        append(row, sheet.csv);
        written = row_number;
      }
    }
    return !walk.failed() || damaged(sheet.name);
  }

  static void append(const std::vector<std::string>& row, std::string& csv) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) csv += ';';
      csv += '"';
      // A line feed inside a cell would count as a line: rows keep their numbers.
      for (const char c : row[i]) {
        if (c == '"') csv += '"';
        csv += c == '\n' || c == '\r' ? ' ' : c;
      }
      csv += '"';
    }
    csv += '\n';
  }

  std::string valueOf(const Cell& cell, const XlsxSheet& sheet, std::size_t row) {
    if (cell.type == "s") {
      const auto index = numberOf(cell.value);
      return index && *index < strings_.size() ? strings_[*index] : std::string();
    }
    if (cell.type == "b") return cell.value == "1" ? "ja" : "nei";
    if (cell.type == "e") {
      fhir::Place place;
      place.source = fmt::format("{}!{}", file_, sheet.name);
      place.position = {static_cast<std::uint32_t>(row),
                        static_cast<std::uint32_t>(cell.column + 1)};
      issues_.push_back(fhir::makeIssue("PB-2018", place, {cell.value}));
      return {};
    }
    if (!cell.type.empty() && cell.type != "n") return cell.value;  // str, inlineStr, d
    const std::size_t style = numberOf(cell.style).value_or(0);
    if (cell.value.empty() || style >= formats_.size()) return cell.value;
    const NumberFormat& format = formats_[style];
    if (format.date) {
      double serial = 0;
      const char* end = cell.value.data() + cell.value.size();
      const auto read = std::from_chars(cell.value.data(), end, serial);
      if (read.ec == std::errc() && read.ptr == end) {
        if (std::string date = dateOf(serial, since_1904_); !date.empty()) return date;
      }
    }
    if (cell.value.size() < format.zeros && numberOf(cell.value))
      return std::string(format.zeros - cell.value.size(), '0') + cell.value;
    return cell.value;
  }

  ZipParts parts_;
  std::string_view file_;
  std::vector<fhir::Issue>& issues_;
  std::map<std::string, std::string> targets_;              // relationship to part
  std::vector<std::pair<std::string, std::string>> names_;  // sheet name, relationship
  std::vector<std::string> strings_;
  std::vector<NumberFormat> formats_;
  std::size_t cells_ = 0;
  bool since_1904_ = false;
};

}  // namespace

std::optional<std::vector<XlsxSheet>> readXlsx(std::string_view bytes, std::string_view file,
                                               std::vector<fhir::Issue>& issues) {
  ZipParts parts;
  std::string why = unpackZip(bytes, {kMaxXlsxEntries, kMaxXlsxBytes}, isNeeded, parts);
  if (why.empty() && !parts.contains("xl/workbook.xml")) why = "it is no workbook";
  if (!why.empty()) {
    fhir::Place place;
    place.source = file;
    issues.push_back(fhir::makeIssue("PB-2002", place, {std::move(why)}));
    return std::nullopt;
  }
  return Workbook(std::move(parts), file, issues).read();
}

}  // namespace planbro::mapping
