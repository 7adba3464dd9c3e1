#include "service/export_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <memory>
#include <string>

namespace planbro::service {
namespace {

struct FreeArchive {
  void operator()(archive* opened) const { archive_read_free(opened); }
};
using ArchivePtr = std::unique_ptr<archive, FreeArchive>;

bool staysInside(const std::filesystem::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  for (const std::filesystem::path& part : name) {
    if (part == "..") return false;
  }
  return true;
}

Status writeFile(archive* from, const std::filesystem::path& path, std::size_t& bytes) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary);
  char buffer[16384];
  while (true) {
    const la_ssize_t count = archive_read_data(from, buffer, sizeof buffer);
    if (count < 0) return fail(ErrorCode::kInvalidArgument, "the archive is damaged");
    if (count == 0) break;
    bytes += static_cast<std::size_t>(count);
    if (bytes > kMaxArchiveBytes)
      return fail(ErrorCode::kLimitExceeded, "the archive holds more than 256 MiB");
    out.write(buffer, count);
  }
  if (!out.flush()) return fail(ErrorCode::kIo, "a file of the archive could not be written");
  return {};
}

}  // namespace

Status unpackArchive(std::string_view bytes, const std::filesystem::path& folder) {
  const ArchivePtr opened(archive_read_new());
  archive_read_support_format_zip(opened.get());
  archive_read_support_format_tar(opened.get());
  archive_read_support_filter_gzip(opened.get());
  if (archive_read_open_memory(opened.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return fail(ErrorCode::kInvalidArgument, "it is no ZIP or tar archive");
  std::size_t files = 0;
  std::size_t written = 0;
  archive_entry* entry = nullptr;
  while (true) {
    const int read = archive_read_next_header(opened.get(), &entry);
    if (read == ARCHIVE_EOF) return {};
    if (read != ARCHIVE_OK && read != ARCHIVE_WARN)
      return fail(ErrorCode::kInvalidArgument, "the archive is damaged");
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFDIR) continue;
    const char* name = archive_entry_pathname(entry);
    if (type != AE_IFREG || archive_entry_hardlink(entry) != nullptr || name == nullptr ||
        !staysInside(name))
      return fail(ErrorCode::kInvalidArgument, "the archive holds something else than files below");
    if (++files > kMaxArchiveFiles)
      return fail(ErrorCode::kLimitExceeded, "the archive holds more than 10000 files");
    PLANBRO_RETURN_IF_ERROR(writeFile(opened.get(), folder / name, written));
  }
}

}  // namespace planbro::service
