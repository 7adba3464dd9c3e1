// What the maps of a library want to know about types and elements, looked up once.
//
// Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/value.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {

// One type that a choice can have, and the name of the property it then is.
struct ChoiceName {
  fhir::TypeId type = 0;
  std::uint16_t property_id = 0;
};

// An element of a target by name, resolved as far as can be before its parent is known.
struct TargetElement {
  std::string text;
  std::uint16_t id = 0;  // 0: in no definition
  std::span<const ChoiceName> choices;
  bool is_value = false;  // "value": of a primitive it is the primitive itself
};

class TypeTable {
 public:
  explicit TypeTable(const fhir::Definitions& definitions);

  // Of primitive types only.
  PrimitiveForm form(fhir::TypeId type) const { return types_[type].form; }
  bool isPrimitive(fhir::TypeId type) const { return types_[type].primitive; }
  // The types that a value of `type` may also be written as, best first.
  std::span<const fhir::TypeId> alternatives(fhir::TypeId type) const {
    return alternatives_[types_[type].alternatives];
  }
  // The FHIR type that a System value is written as.
  fhir::TypeId typeOf(const fhirpath::Value& one) const;
  TargetElement element(std::string_view name) const;

  const fhir::Definitions& definitions() const { return definitions_; }

  fhir::TypeId string, boolean, integer, decimal, date, date_time, time, code, uri;
  fhir::TypeId quantity, coding, codeable_concept, identifier, contact_point;
  // Elements of the data types that transforms build.
  TargetElement system, code_element, display, coding_element, text, value, unit, comparator,
      type_element, id, full_url;

 private:
  struct Entry {
    PrimitiveForm form = PrimitiveForm::kText;
    bool primitive = false;
    std::uint8_t alternatives = 0;
  };

  const fhir::Definitions& definitions_;
  std::vector<Entry> types_;
  std::vector<std::vector<fhir::TypeId>> alternatives_;
  std::unordered_map<std::uint16_t, std::vector<ChoiceName>> choices_;
};

}  // namespace planbro::mapping
