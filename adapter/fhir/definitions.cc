#include "fhir/definitions.h"

namespace planbro::fhir {
namespace {

std::uint32_t keyOf(ShapeId shape, std::uint16_t name) { return std::uint32_t{shape} << 16 | name; }

std::size_t hashOf(std::uint32_t key) { return key * std::size_t{0x9E3779B97F4A7C15} >> 32; }

}  // namespace

std::uint16_t Definitions::nameId(std::string_view name) const {
  const json::Name* found = names_.find(name);
  return found == nullptr ? std::uint16_t{0} : found->id;
}

TypeId Definitions::findType(std::string_view name) const {
  const auto found = types_by_name_.find(name);
  return found == types_by_name_.end() ? TypeId{0} : found->second;
}

TypeId Definitions::findTypeByUrl(std::string_view url) const {
  const auto found = types_by_url_.find(url);
  return found == types_by_url_.end() ? TypeId{0} : found->second;
}

bool Definitions::isA(TypeId type, TypeId ancestor) const {
  while (type != 0 && type != ancestor) type = types_[type].base;
  return type == ancestor && ancestor != 0;
}

std::span<const Member> Definitions::membersOf(ShapeId id) const {
  const Shape& shape = shapes_[id];
  return std::span(members_).subspan(shape.first, shape.count);
}

std::uint32_t Definitions::findMember(ShapeId shape, std::uint16_t property_name_id) const {
  const std::size_t mask = slots_.size() - 1;
  const std::uint32_t key = keyOf(shape, property_name_id);
  std::size_t slot = hashOf(key) & mask;
  while (slots_[slot].member != 0 && slots_[slot].key != key) slot = (slot + 1) & mask;
  return slots_[slot].member;
}

std::string_view Definitions::keep(std::string_view text) { return texts_.emplace_back(text); }

void Definitions::index() {
  std::size_t size = 1024;
  while (size < members_.size() * 2) size *= 2;
  slots_.assign(size, Slot{});
  for (ShapeId shape = 1, end = static_cast<ShapeId>(shapes_.size()); shape < end; ++shape) {
    const Shape& s = shapes_[shape];
    for (std::uint32_t i = s.first; i < s.first + s.count; ++i) {
      const std::uint32_t key = keyOf(shape, members_[i].property->id);
      std::size_t slot = hashOf(key) & (size - 1);
      while (slots_[slot].member != 0) slot = (slot + 1) & (size - 1);
      slots_[slot] = {key, i};
    }
  }
  for (TypeId id = 1, end = static_cast<TypeId>(types_.size()); id < end; ++id) {
    types_by_name_[types_[id].name] = id;
    types_by_url_[types_[id].url] = id;
  }
}

}  // namespace planbro::fhir
