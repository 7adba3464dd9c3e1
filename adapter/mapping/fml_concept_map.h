// Concept maps inside the text of a map: conceptmap "id" { prefix s = "…"  s:A == t:B }.
// Source: FHIR R4, mapping-language.html, and ConceptMap.equivalence.
#pragma once

#include "mapping/fml_cursor.h"
#include "mapping/map_model.h"

namespace planbro::mapping {

// The cursor stands at the word conceptmap. `out` is whole or, after a fault, as it was.
bool readFmlConceptMap(FmlCursor& in, ConceptMap& out);

}  // namespace planbro::mapping
