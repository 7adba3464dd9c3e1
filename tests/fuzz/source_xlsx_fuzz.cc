// Any bytes, as they are and as the worksheet of a workbook that is otherwise whole: a workbook, or
// a reason why not.
#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "mapping/source_xlsx.h"

namespace {

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void add(archive* zip, const char* name, const std::string& bytes) {
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name);
  archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(zip, entry);
  archive_write_data(zip, bytes.data(), bytes.size());
  archive_entry_free(entry);
}

std::string workbook(const std::string& sheet) {
  std::string out;
  archive* zip = archive_write_new();
  archive_write_set_format_zip(zip);
  archive_write_zip_set_compression_store(zip);
  archive_write_open(zip, &out, nullptr, &append, nullptr);
  add(zip, "xl/workbook.xml",
      "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">"
      "<sheets><sheet name=\"plans\" r:id=\"a\"/></sheets></workbook>");
  add(zip, "xl/_rels/workbook.xml.rels",
      "<Relationships><Relationship Id=\"a\" Target=\"worksheets/s.xml\"/></Relationships>");
  add(zip, "xl/worksheets/s.xml", sheet);
  archive_write_close(zip);
  archive_write_free(zip);
  return out;
}

void read(const std::string& bytes) {
  std::vector<planbro::fhir::Issue> issues;
  const auto sheets = planbro::mapping::readXlsx(bytes, "f", issues);
  if (!sheets && issues.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  read(workbook(bytes));
  return 0;
}
