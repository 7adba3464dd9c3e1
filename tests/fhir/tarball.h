// Packages as a publisher, or somebody who means harm, would pack them.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace planbro::fhir {

struct TarFile {
  std::string name, content;
  std::string link = {};  // where it leads, if it is a link
  bool hard = false;      // a hard link
  bool device = false;
};

// A .tgz of that name in the tests' scratch folder.
inline std::filesystem::path makeTarball(const std::string& name,
                                         const std::vector<TarFile>& files) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  archive* out = archive_write_new();
  archive_write_add_filter_gzip(out);
  // The same files are the same bytes, also a second later.
  archive_write_set_filter_option(out, "gzip", "timestamp", nullptr);
  archive_write_set_format_pax_restricted(out);
  archive_write_open_filename(out, path.c_str());
  for (const TarFile& file : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, file.name.c_str());
    archive_entry_set_perm(entry, 0644);
    if (file.device) {
      archive_entry_set_filetype(entry, AE_IFCHR);
      archive_entry_set_rdevmajor(entry, 1);
      archive_entry_set_rdevminor(entry, 3);
    } else if (file.hard) {
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_hardlink(entry, file.link.c_str());
    } else if (file.link.empty()) {
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_size(entry, static_cast<la_int64_t>(file.content.size()));
    } else {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, file.link.c_str());
    }
    archive_write_header(out, entry);
    if (file.link.empty() && !file.device)
      archive_write_data(out, file.content.data(), file.content.size());
    archive_entry_free(entry);
  }
  archive_write_free(out);
  return path;
}

}  // namespace planbro::fhir
