// The elements of a StructureDefinition as a tree that can be cloned and merged: what snapshots are
// made of. Texts are borrowed from the definitions they come from.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/builder.h"
#include "json/document.h"

namespace planbro::validation {

// Deeper paths are left out. No type of FHIR comes near it, also not walked into by profiles.
inline constexpr std::size_t kMaxElementDepth = 32;

// A value in a document that outlives the tree.
struct Piece {
  const json::Node* node = nullptr;
  const json::DocumentPtr* document = nullptr;
};

// One member of an ElementDefinition: a value, or a list put together from several definitions.
struct Part {
  std::string_view name;
  std::vector<Piece> pieces;
  bool list = false;
};

struct Branch {
  std::string name;         // "identifier", "value[x]"
  std::string slice_name;   // of a slice
  std::vector<Part> parts;  // all members but id, path and sliceName
  std::vector<std::unique_ptr<Branch>> children;
  std::vector<std::unique_ptr<Branch>> slices;
  Branch* sliced = nullptr;            // of a slice: the element it slices
  std::deque<json::DocumentPtr> made;  // of a root: what holds values made for the tree

  const Part* part(std::string_view part_name) const;
  std::string_view text(std::string_view part_name) const;
  // Replaces the member, or adds it.
  void set(std::string_view part_name, std::vector<Piece> pieces, bool list);
  Branch* child(std::string_view child_name) const;
  Branch* slice(std::string_view wanted) const;
  // A deep copy; slices of children included, own slices not.
  std::unique_ptr<Branch> clone() const;
  // Elements in it, itself and slices included.
  std::size_t size() const;
  void cloneChildrenFrom(const Branch& other);
};

// The tree of a snapshot; nullptr if the elements make none.
std::unique_ptr<Branch> readTree(std::span<const json::Node> elements,
                                 const json::DocumentPtr& document);

// Writes the elements in snapshot order, ids and paths made anew.
void writeTree(const Branch& root, json::Builder& out);

}  // namespace planbro::validation
