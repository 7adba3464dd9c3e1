// A ZIP archive in memory, made of files by name.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <map>
#include <string>

namespace planbro::testing_support {

inline std::string zipped(const std::map<std::string, std::string>& files) {
  std::string out;
  const auto append = [](archive*, void* to, const void* bytes, std::size_t size) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  };
  archive* zip = archive_write_new();
  archive_write_set_format_zip(zip);
  archive_write_open(zip, &out, nullptr, append, nullptr);
  for (const auto& [name, bytes] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(zip, entry);
    archive_write_data(zip, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(zip);
  archive_write_free(zip);
  return out;
}

}  // namespace planbro::testing_support
