// Every value set and code system of HL7's terminology package is expanded or says why not; every
// code of an expansion is a member, and of a system subsumed by itself.
#include "terminology/terminology.h"

#include "conformance/suite.h"
#include "fhir/registry.h"
#include "json/writer.h"
#include "terminology/expansion.h"

namespace planbro::conformance {
namespace {

using terminology::Membership;
using terminology::Terminology;

std::string line(std::string_view url, std::string_view key, const std::string& value) {
  std::string out = "{\"url\":";
  json::writeString(url, out);
  out += ",\"";
  out.append(key) += "\":" + value;
  return out + "}";
}

std::string asJson(std::string_view text) {
  std::string out;
  json::writeString(text, out);
  return out;
}

std::string resultOf(const Terminology& terminology, const std::string& url) {
  const terminology::ValueSet* set = terminology.valueSet(url);
  if (set == nullptr) return line(url, "wrong", asJson("it is not found"));
  const auto expansion = terminology::expand(*set, {.count = 1'000'000});
  if (!expansion.has_value()) {
    if (expansion.error().empty()) return line(url, "wrong", asJson("no reason is given"));
    return line(url, "why", asJson(expansion.error().front().text(fhir::Language::kEnglish)));
  }
  for (const terminology::Member& member : expansion->members) {
    if (set->contains(member.system, member.code) != Membership::kMember)
      return line(url, "wrong", asJson("no member: " + std::string(member.code)));
  }
  return line(url, "codes", std::to_string(expansion->total));
}

}  // namespace

Status runTerminology(const std::filesystem::path& folder, const Report& report) {
  auto registry = std::make_shared<fhir::Registry>();
  const auto package = folder / ".." / "fhir-packages" / "hl7.terminology.r4-7.0.1.tgz";
  if (!std::filesystem::exists(package))
    return fail(ErrorCode::kNotFound, package.string() + " is not there");
  registry->addPackage(package);
  const Terminology terminology(registry);
  for (const char* type : {"ValueSet", "CodeSystem"}) {
    registry->forEach(type, [&](const fhir::Registry::Entry& entry) {
      if (entry.package != "hl7.terminology.r4") return;
      report(resultOf(terminology, std::string(entry.url) + "|" + std::string(entry.version)));
    });
  }
  return {};
}

}  // namespace planbro::conformance
