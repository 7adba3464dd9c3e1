// What the types of FHIR are made of, as tables for navigation.
//
// A *shape* is a set of properties: of a data type, a resource, or a backbone element inside one
// (Patient.contact). A *member* is one property as it can stand in JSON: the element value[x] of
// Observation is the members valueQuantity, valueString, …, all with the element name "value".
// The tables of R4 core are compiled at build time from the StructureDefinitions; logical models
// are added at run time. Profiles add nothing here: they constrain (validation/).
//
// Source: FHIR R4 (4.0.1), StructureDefinition snapshots. Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "json/document.h"
#include "json/names.h"

namespace planbro::fhir {

using TypeId = std::uint16_t;   // index into types(); 0 is no type
using ShapeId = std::uint16_t;  // index into shapes(); 0 is no shape

enum class TypeKind : std::uint8_t { kNone, kPrimitive, kComplex, kResource, kLogical };

struct Type {
  std::string_view name;  // "Quantity", "CarePlan", "string"
  std::string_view url;   // "http://hl7.org/fhir/StructureDefinition/Quantity"
  TypeKind kind = TypeKind::kNone;
  bool abstract = false;
  TypeId base = 0;
  ShapeId shape = 0;
  std::uint32_t root = 0;  // the member that stands for a whole value of this type
};

struct Member {
  enum Flag : std::uint8_t {
    kList = 1,           // an array in JSON
    kChoice = 2,         // element is value[x]
    kSummary = 4,        // isSummary
    kModifier = 8,       // isModifier
    kRequired = 16,      // min > 0
    kXmlAttribute = 32,  // an attribute in XML (id, url)
    kAnyResource = 64,   // the value's resourceType decides its shape
    kRoot = 128,         // a whole resource or data type
  };
  const json::Name* element = nullptr;   // "value"
  const json::Name* property = nullptr;  // "valueQuantity"
  std::string_view path;                 // "Observation.value[x]", of the element definition
  TypeId type = 0;          // declared type; BackboneElement or Element for nested elements
  ShapeId shape = 0;        // of objects here (for primitives: of the `_property` object)
  std::uint16_t order = 0;  // place among the elements of its shape, from 0
  std::uint8_t flags = 0;

  bool is(Flag flag) const { return (flags & flag) != 0; }
};

struct Shape {
  std::string_view path;    // "Patient.contact" or "Quantity"
  std::uint32_t first = 0;  // its members are members()[first, first + count), in element order
  std::uint16_t count = 0;
  TypeId type = 0;  // the type itself, or BackboneElement / Element
};

class Definitions {
 public:
  // R4 core. Made on first use (about a millisecond), lives for the whole program.
  static const Definitions& r4();

  // R4 core and logical models, given as the root nodes of StructureDefinitions of kind logical
  // with a snapshot. The result must outlive every document bound to it.
  static Result<std::unique_ptr<const Definitions>> withLogicalModels(
      std::span<const json::Node* const> structure_definitions);

  Definitions(const Definitions&) = delete;
  Definitions& operator=(const Definitions&) = delete;

  const json::NameTable& names() const { return names_; }
  // 0 if the name is unknown.
  std::uint16_t nameId(std::string_view name) const;

  TypeId findType(std::string_view name) const;      // 0 if there is none
  TypeId findTypeByUrl(std::string_view url) const;  // 0 if there is none
  const Type& type(TypeId id) const { return types_[id]; }
  std::span<const Type> types() const { return types_; }
  // Whether `type` is `ancestor` or derived from it.
  bool isA(TypeId type, TypeId ancestor) const;

  const Shape& shape(ShapeId id) const { return shapes_[id]; }
  std::size_t shapeCount() const { return shapes_.size(); }  // with shape 0
  std::span<const Member> membersOf(ShapeId id) const;
  const Member& member(std::uint32_t index) const { return members_[index]; }
  // All of them; those of one shape stand together.
  std::span<const Member> members() const { return members_; }
  std::uint32_t indexOf(const Member& member) const {
    return static_cast<std::uint32_t>(&member - members_.data());
  }
  // The index of the member of `shape` with that JSON property; 0 if there is none.
  std::uint32_t findMember(ShapeId shape, std::uint16_t property_name_id) const;

 private:
  friend class DefinitionsBuilder;
  Definitions() = default;

  std::string_view keep(std::string_view text);
  void index();

  json::NameTable names_;
  std::deque<std::string> texts_;
  std::vector<Type> types_;
  std::vector<Shape> shapes_;
  std::vector<Member> members_;
  std::unordered_map<std::string_view, TypeId> types_by_name_;
  std::unordered_map<std::string_view, TypeId> types_by_url_;
  // (shape, property name) to member, open addressing; a power of two, at most half full.
  struct Slot {
    std::uint32_t key = 0;  // shape << 16 | property name id
    std::uint32_t member = 0;
  };
  std::vector<Slot> slots_;
};

}  // namespace planbro::fhir
