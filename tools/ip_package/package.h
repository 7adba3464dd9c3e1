// The FHIR package no.planbro.ip, made of what the program carries: profiles/ip with snapshots,
// the maps as StructureMap resources, their concept maps, and examples.
//
// The same sources make the same bytes. Source: packages as https://hl7.org/fhir/packages.html and
// the FHIR NPM package specification describe them (package/, .index.json, package/example).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "json/document.h"

namespace planbro::ip_package {

struct PackedFile {
  std::string path;  // "package/StructureDefinition-ip-careplan.json"
  json::DocumentPtr document;
};

// Every file of the package, sorted by path, package.json and .index.json among them. `root` is the
// repository's: examples are read from fixtures/plans and profiles/examples. kInvalidArgument: a
// profile has no snapshot or a map cannot be said as a StructureMap; the message names it.
Result<std::vector<PackedFile>> makePackage(const std::filesystem::path& root);

// Writes them as .tgz.
Status writePackage(const std::vector<PackedFile>& files, const std::filesystem::path& output);

}  // namespace planbro::ip_package
