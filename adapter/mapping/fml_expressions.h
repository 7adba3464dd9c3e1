// Expressions (FHIRPath) and the values that transforms and groups are given, in the text of a map.
// Source: FHIR R4, mapping-language.html, and the grammar of the FHIR Mapping Language 2.0.
#pragma once

#include <vector>

#include "mapping/fml_cursor.h"
#include "mapping/map_model.h"

namespace planbro::mapping {

// FHIRPath up to what cannot belong to it.
bool readFmlExpression(FmlCursor& in, ModelExpression& out);

// (FHIRPath): the cursor stands at the parenthesis, which belongs to the expression.
bool readFmlParenthesized(FmlCursor& in, std::vector<ModelParam>& params);

// A literal, a variable or an expression.
bool readFmlParam(FmlCursor& in, ModelParam& out);

// Several, behind the opening parenthesis, with the closing one.
bool readFmlParams(FmlCursor& in, std::vector<ModelParam>& out);

}  // namespace planbro::mapping
