// Any bytes are a tree or a finding.
#include <cstdint>
#include <cstdlib>

#include "json/writer.h"
#include "mapping/source_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace planbro;
  std::vector<fhir::Issue> issues;
  const auto document = mapping::readSourceXml(
      std::string(reinterpret_cast<const char*>(data), size), "f", fhir::Definitions::r4(), issues);
  if (document == nullptr) {
    if (issues.empty()) std::abort();
    return 0;
  }
  if (json::write(*document).empty()) std::abort();
  for (const json::Node* record : mapping::xmlRecords(*document, ""))
    mapping::sourcePath(document->root(), record);
  return 0;
}
