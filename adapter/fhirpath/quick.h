// Conditions of the most common forms, decided without collections.
//
// Maps and invariants ask `kind = 'owner'`, `organization.where(key = %k).empty()` or
// `start.exists() or end.exists()` hundreds of times a resource. Those need no list of values. What
// this does not know, or where several values meet, is left to the evaluator, which decides the
// same. Internal to fhirpath/.
#pragma once

#include <cstdint>
#include <optional>

#include "fhirpath/code.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {

enum class Truth : std::uint8_t { kFalse, kTrue, kEmpty };

// Whether it is worth asking quickTruth().
bool isQuick(const Program& program);

// The truth of the program as a condition on `input`; nothing: ask the evaluator. Singleton
// evaluation as in section 4.5: a single value that is no Boolean counts as true.
std::optional<Truth> quickTruth(const Program& program, const Value& input,
                                const Environment& environment);

}  // namespace planbro::fhirpath
