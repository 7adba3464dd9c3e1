// One ElementDefinition of a differential merged into the element it changes.
#pragma once

#include <string_view>

#include "fhir/resource.h"
#include "validation/element_tree.h"
#include "validation/snapshot.h"

namespace planbro::validation {

class ElementMerge {
 public:
  // `tree` is the root of what is merged into: it keeps the values made here.
  ElementMerge(const fhir::Resource& definition, SnapshotSource& source, Branch& tree);

  // Lists of mappings, conditions, aliases, examples and codes grow; constraints replace those of
  // the same key; slicing and binding keep what `change` does not say; all else is replaced. A type
  // with one profile brings what the root of that profile says.
  void merge(Branch& branch, const json::Node& change);

 private:
  void mergeProfileRoot(Branch& branch, const json::Node& change);
  void mergeConstraints(Branch& branch, const std::vector<Piece>& added, bool own);
  Piece withSource(const json::Node& constraint);
  Piece mergedObject(const Piece& base, const json::Node& change);
  Piece appendedText(std::string_view base, std::string_view more);
  Piece keep(json::Builder&& made);

  const fhir::Resource& definition_;
  SnapshotSource& source_;
  Branch& tree_;
  std::string_view url_;
};

// The first elements of a snapshot; nullptr if it has none.
const json::Node* elementsOf(const fhir::Resource& definition);

}  // namespace planbro::validation
