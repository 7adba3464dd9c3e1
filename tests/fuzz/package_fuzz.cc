// Any bytes as a FHIR package: as the .tgz that came, and as the tar inside one with the checksums
// of its headers put right, so that names, sizes, kinds and links of entries are reached. Nothing
// outside package/ gets through, every resource can be had again, and what was refused is told.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fhir/package_reader.h"
#include "fhir/registry.h"

namespace {

using planbro::fhir::Issue;
using planbro::fhir::PackageFile;
using planbro::fhir::Registry;

constexpr std::size_t kBlock = 512;
constexpr std::size_t kChecksum = 148;  // offset of the checksum in a header, 8 bytes long
constexpr std::size_t kSize = 124;      // of the content's size, 12 octal digits

std::size_t octal(std::string_view digits) {
  std::size_t value = 0;
  for (const char c : digits) {
    if (c >= '0' && c <= '7') value = value * 8 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

void putChecksumsRight(std::string& tar) {
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    std::fill_n(tar.begin() + static_cast<std::ptrdiff_t>(at + kChecksum), 8, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    for (std::size_t i = 6; i-- > 0; sum /= 8)
      tar[at + kChecksum + i] = static_cast<char>('0' + sum % 8);
    tar[at + kChecksum + 6] = '\0';
    const std::size_t content = octal(std::string_view(tar).substr(at + kSize, 12));
    if (content > tar.size()) return;
    at += kBlock + (content + kBlock - 1) / kBlock * kBlock;
  }
}

void read(const std::string& bytes) {
  const auto refused = planbro::fhir::readPackageBytes(bytes, "fuzz", [](const PackageFile& file) {
    // Two dots within a name are a name's own: only as a whole part do they lead out.
    const std::string_view name = file.name;
    if (!name.starts_with("package/") || name.substr(8) == ".." ||
        name.find('/', 8) != std::string_view::npos)
      std::abort();
    if (file.bytes.size() > planbro::fhir::kMaxPackageFileBytes) std::abort();
  });
  Registry registry;
  const auto issues = registry.addPackageBytes(bytes, "fuzz");
  if (issues.size() < refused.size()) std::abort();
  if (registry.packages().empty() && issues.empty()) std::abort();
  registry.forEach({}, [&registry](const Registry::Entry& entry) {
    if (entry.package == "hl7.fhir.r4.core") return;
    if (registry.get(entry) == nullptr) std::abort();
    if (!entry.url.empty()) static_cast<void>(registry.find(entry.url, entry.type));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  if (bytes.starts_with("\x1f\x8b")) return 0;
  putChecksumsRight(bytes);
  read(bytes);
  return 0;
}
