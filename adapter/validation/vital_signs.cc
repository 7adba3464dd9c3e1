#include "validation/vital_signs.h"

#include <array>

namespace planbro::validation {
namespace {

using fhir::Element;

struct VitalSign {
  std::string_view loinc;   // the magic code
  std::string_view snomed;  // of the same meaning
  std::string_view profile;
};

constexpr std::array kVitalSigns = {
    VitalSign{"85353-1", "", "http://hl7.org/fhir/StructureDefinition/vitalspanel"},
    VitalSign{"9279-1", "86290005", "http://hl7.org/fhir/StructureDefinition/resprate"},
    VitalSign{"8867-4", "364075005", "http://hl7.org/fhir/StructureDefinition/heartrate"},
    VitalSign{"2708-6", "431314004", "http://hl7.org/fhir/StructureDefinition/oxygensat"},
    VitalSign{"8310-5", "386725007", "http://hl7.org/fhir/StructureDefinition/bodytemp"},
    VitalSign{"8310-5", "276885007", "http://hl7.org/fhir/StructureDefinition/bodytemp"},
    VitalSign{"8302-2", "50373000", "http://hl7.org/fhir/StructureDefinition/bodyheight"},
    VitalSign{"9843-4", "363812007", "http://hl7.org/fhir/StructureDefinition/headcircum"},
    VitalSign{"29463-7", "27113001", "http://hl7.org/fhir/StructureDefinition/bodyweight"},
    VitalSign{"39156-5", "60621009", "http://hl7.org/fhir/StructureDefinition/bmi"},
    VitalSign{"85354-9", "75367002", "http://hl7.org/fhir/StructureDefinition/bp"},
};

bool isVitalSign(const Element& observation) {
  bool found = false;
  observation.forEachChild("category", [&](const Element& category) {
    category.forEachChild(
        "coding", [&](const Element& coding) { found |= coding.textOf("code") == "vital-signs"; });
  });
  return found;
}

}  // namespace

std::optional<std::string_view> vitalSignProfileOf(const Element& resource) {
  if (resource.typeName() != "Observation") return std::nullopt;
  // Nothing was measured, or it does not count.
  const std::string_view status = resource.textOf("status");
  if (status == "entered-in-error" || status == "cancelled") return std::nullopt;
  std::optional<std::string_view> profile;
  resource.child("code").forEachChild("coding", [&](const Element& coding) {
    const std::string_view system = coding.textOf("system");
    const std::string_view code = coding.textOf("code");
    for (const VitalSign& sign : kVitalSigns) {
      if (profile.has_value()) return;
      const bool loinc = system == "http://loinc.org" && code == sign.loinc;
      const bool snomed =
          system == "http://snomed.info/sct" && code == sign.snomed && isVitalSign(resource);
      if (loinc || snomed) profile = sign.profile;
    }
  });
  return profile;
}

}  // namespace planbro::validation
