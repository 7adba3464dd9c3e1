// Any bytes: reading ends, and a resource that came from clean XML survives being written and read.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "fhir/xml.h"
#include "json/compare.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace planbro;
  const fhir::ReadOutcome read =
      fhir::readXml(std::string(reinterpret_cast<const char*>(data), size));
  if (!read.resource) {
    if (read.issues.empty()) std::abort();
    return 0;
  }
  if (!read.issues.empty()) return 0;
  const fhir::XmlText written = fhir::writeXml(read.resource);
  if (!written.issues.empty()) return 0;
  const fhir::ReadOutcome again = fhir::readXml(written.text);
  if (!again.resource ||
      !json::sameTree(read.resource.document()->root(), again.resource.document()->root()))
    std::abort();
  return 0;
}
