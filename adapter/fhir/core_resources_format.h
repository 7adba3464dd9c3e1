// How the conformance resources of R4 core are packed into the program: an index sorted by URL,
// then the resources, each compressed alone, so that one is unpacked when it is asked for.
#pragma once

#include <cstdint>

namespace planbro::fhir {

// The file: CoreResourcesHeader, `count` CoreResourceEntry sorted by (url, type), the texts, the
// zstd frames. Offsets count from the file's first byte. Little-endian.
struct CoreResourcesHeader {
  std::uint32_t magic;
  std::uint32_t count;
};
inline constexpr std::uint32_t kCoreResourcesMagic = 0x31524250;  // "PBR1"

struct CoreResourceEntry {
  std::uint32_t url, url_size;          // canonical URL
  std::uint32_t type, type_size;        // "StructureDefinition"
  std::uint32_t version, version_size;  // "4.0.1"
  std::uint32_t data, data_size;        // zstd frame of compact JSON
  std::uint32_t raw_size;               // of the JSON
};

}  // namespace planbro::fhir
