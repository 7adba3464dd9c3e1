#include "mapping/zip_parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

namespace planbro::mapping {
namespace {

struct FreeArchive {
  void operator()(archive* one) const { archive_read_free(one); }
};

}  // namespace

std::string unpackZip(std::string_view bytes, const ZipLimits& limits,
                      const std::function<bool(std::string_view)>& wanted, ZipParts& parts) {
  const std::unique_ptr<archive, FreeArchive> zip(archive_read_new());
  archive_read_support_format_zip(zip.get());
  if (archive_read_open_memory(zip.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return "it is no ZIP archive";
  std::size_t entries = 0;
  std::size_t total = 0;
  archive_entry* entry = nullptr;
  while (true) {
    const int read = archive_read_next_header(zip.get(), &entry);
    if (read == ARCHIVE_EOF) return {};
    if (read != ARCHIVE_OK && read != ARCHIVE_WARN) return "the ZIP archive is damaged";
    if (++entries > limits.entries) return fmt::format("it has more than {} parts", limits.entries);
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG) continue;
    std::string name(path);
    if (name.starts_with('/')) name.erase(0, 1);
    if (!wanted(name) || parts.contains(name)) continue;
    std::string& part = parts[name];
    char buffer[16384];
    while (true) {
      const la_ssize_t count = archive_read_data(zip.get(), buffer, sizeof buffer);
      if (count < 0) return "the ZIP archive is damaged";
      if (count == 0) break;
      total += static_cast<std::size_t>(count);
      if (total > limits.bytes)
        return fmt::format("it unpacks to more than {} bytes", limits.bytes);
      part.append(buffer, static_cast<std::size_t>(count));
    }
  }
}

}  // namespace planbro::mapping
