// Any bytes: reading ends, and what was read is written as it stands for itself: parsing what was
// written gives the same tree, and XML of a resource is well-formed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "fhir/xml.h"
#include "json/comments.h"
#include "json/compare.h"
#include "json/parser.h"
#include "json/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace planbro;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = json::parse(text);
  if (parsed) {
    const auto again = json::parse(json::write(**parsed));
    if (!again || !json::sameTree((*parsed)->root(), (*again)->root())) std::abort();
    if (!json::parse(json::write(**parsed, {.pretty = true}))) std::abort();
  }
  if (json::withoutComments(text).size() != size) std::abort();
  const fhir::ReadOutcome read = fhir::readJson(text);
  if (!read.resource) {
    if (read.issues.empty()) std::abort();
    return 0;
  }
  const fhir::XmlText xml = fhir::writeXml(read.resource);
  for (const fhir::Issue& issue : fhir::readXml(xml.text).issues) {
    if (issue.code == "PB-0110" || issue.code == "PB-0103") std::abort();
  }
  return 0;
}
