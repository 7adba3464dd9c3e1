#include "plan/code_names.h"

#include <deque>
#include <map>
#include <string>

#include "fhir/builtin_files.h"
#include "fhir/resource.h"
#include "terminology/code_system.h"

namespace planbro::plan {
namespace {

class CodeNames {
 public:
  static const CodeNames& builtin() {
    static const CodeNames names;
    return names;
  }

  const terminology::CodeSystem* find(std::string_view system) const {
    std::string room;
    const auto found = by_url_.find(terminology::canonicalSystem(system, room));
    return found == by_url_.end() ? nullptr : found->second;
  }

 private:
  CodeNames() {
    for (const std::string& path : fhir::builtinFiles("profiles/ip/CodeSystem-")) {
      const auto read = fhir::readJson(*fhir::builtinFile(path));
      if (!read.resource) continue;  // the package is tested; a broken system has no names
      const terminology::CodeSystem& system = systems_.emplace_back(read.resource);
      by_url_.emplace(terminology::canonicalSystem(system.url()), &system);
    }
  }

  std::deque<terminology::CodeSystem> systems_;
  std::map<std::string, const terminology::CodeSystem*, std::less<>> by_url_;
};

}  // namespace

std::string_view tagOf(fhir::Language language) {
  switch (language) {
    case fhir::Language::kBokmal:
      return "nb";
    case fhir::Language::kNynorsk:
      return "nn";
    case fhir::Language::kEnglish:
      break;
  }
  return "en";
}

std::string_view codeName(const fhir::Element& coding, fhir::Language language) {
  const std::string_view display = coding.textOf("display");
  const terminology::CodeSystem* system = CodeNames::builtin().find(coding.textOf("system"));
  if (system == nullptr) return display;
  const auto* known = system->find(coding.textOf("code"));
  if (known == nullptr) return display;
  const std::string_view name = system->displayFor(*known, tagOf(language));
  // The plain names are bokmål.
  const bool translated = language == fhir::Language::kBokmal || name != known->display;
  return translated || display.empty() ? name : display;
}

}  // namespace planbro::plan
