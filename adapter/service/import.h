// /import/{source}: a journal export in, a report out (docs/api/import.md).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/ids.h"
#include "mapping/engine.h"
#include "mapping/importer.h"
#include "service/request.h"

namespace planbro::service {

struct ImportParts {
  const mapping::MapLibrary* library = nullptr;
  // A sink for one import, used by one thread.
  std::function<std::unique_ptr<mapping::Sink>()> sink;
  std::filesystem::path scratch;     // exports lie here while they are read
  std::filesystem::path quarantine;  // records that failed; empty: not kept
  std::filesystem::path sources;     // exports as they came; empty: not kept
  std::string program = "Planbro";   // ImportOptions::program
  bool strict = false;               // always; otherwise when a request asks for it
  const Clock* clock = nullptr;
  IdSource* ids = nullptr;
};

// For the address /import. Everything handed in must outlive the handler. Any thread.
Handler importHandler(ImportParts parts);

}  // namespace planbro::service
