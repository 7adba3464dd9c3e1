// Plans as `planbro export` gives them, each a FHIR Bundle: by itself (transaction, document), in a
// PDF, in an archive package (arkivmelding), or in the PDF of a message (MsgHead).
//
// What a file is, its bytes say, not its name. One file is one record. In an archive package every
// file must be what the message's checksum (SHA-256) says, else the record is refused.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "fhir/definitions.h"
#include "mapping/source.h"

namespace planbro::mapping {

inline constexpr std::size_t kMaxPackageEntries = 1'000;

std::unique_ptr<SourceReader> openBundleSource(std::vector<std::filesystem::path> files,
                                               const fhir::Definitions& definitions);

}  // namespace planbro::mapping
