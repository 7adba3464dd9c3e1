// The published examples validate without an error.
#include <memory>

#include "conformance/suite.h"
#include "fhir/registry.h"
#include "fhir/xml.h"
#include "validation/validator.h"

namespace planbro::conformance {

Status runExamples(const std::filesystem::path& folder, const Report& report) {
  const auto examples = folder / "examples";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(examples / "manifest.json"));
  const json::Node* cases = manifest->root().member("examples");
  if (cases == nullptr) return fail(ErrorCode::kCorrupt, "the manifest has no examples");
  const validation::ValidationContext context(std::make_shared<const fhir::Registry>());
  for (const json::Node& one : cases->children()) {
    const json::Node* name = one.member("name");
    const json::Node* file = one.member("file");
    if (name == nullptr || file == nullptr)
      return fail(ErrorCode::kCorrupt, "an example has no name or no file");
    PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(examples / file->text()));
    fhir::ReadOutcome read = fhir::readResource(std::move(text));
    if (read.resource) {
      auto found = context.validate(read.resource);
      read.issues.insert(read.issues.end(), found.begin(), found.end());
    }
    report(issuesLine("name", name->text(), read.issues));
  }
  return {};
}

}  // namespace planbro::conformance
