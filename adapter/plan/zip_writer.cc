#include "plan/zip_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace planbro::plan {
namespace {

struct FreeArchive {
  void operator()(archive* opened) const { archive_write_free(opened); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t append(archive* /*archive*/, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

Result<std::string> zipOf(std::span<const ZipFile> files, Instant when) {
  std::string out;
  const std::unique_ptr<archive, FreeArchive> zip(archive_write_new());
  const auto refused = [&]() -> std::unexpected<Error> {
    const char* why = archive_error_string(zip.get());
    return fail(ErrorCode::kInternal,
                std::string("the archive was not made: ") + (why == nullptr ? "" : why));
  };
  archive_write_set_format_zip(zip.get());
  // Names in UTF-8, no owner: nothing of this machine goes along.
  archive_write_set_options(zip.get(), "zip:hdrcharset=UTF-8");
  archive_write_set_bytes_in_last_block(zip.get(), 1);
  if (archive_write_open(zip.get(), &out, nullptr, &append, nullptr) != ARCHIVE_OK)
    return refused();
  for (const ZipFile& file : files) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), file.name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(entry.get(), when.micros / 1'000'000, 0);
    if (archive_write_header(zip.get(), entry.get()) != ARCHIVE_OK) return refused();
    if (archive_write_data(zip.get(), file.bytes.data(), file.bytes.size()) !=
        static_cast<la_ssize_t>(file.bytes.size()))
      return refused();
  }
  if (archive_write_close(zip.get()) != ARCHIVE_OK) return refused();
  return out;
}

}  // namespace planbro::plan
