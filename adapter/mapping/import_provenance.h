// Where an imported plan comes from, as a Provenance in the plan's own transaction.
//
// Source: FHIR R4, provenance.html; profile ip-provenance. The Provenance has no identifier in R4
// and is therefore known by tags: of the plan (it is updated by that one), of the record, of the
// batch.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/document.h"

namespace planbro::mapping {

inline constexpr std::string_view kPlanTag = "import-plan";
inline constexpr std::string_view kRecordTag = "import-record";
inline constexpr std::string_view kBatchTag = "import-batch";
// "https://planbro.no/fhir/sid/import-record"
std::string importSystem(std::string_view tag);

struct ImportOrigin {
  std::string record_key;  // digest of the record's bytes and, behind '-', of the maps
  std::string batch;       // UUID
  std::string document;    // SHA-256 of the source document; empty: not kept
  std::string record;      // for people: "plans.csv row 2"
  std::string system;      // URI of the journal system; empty: not known
  std::string map;         // canonical of the record's map, with its version
  std::string program;     // "Planbro 1.0.0"
  std::string recorded;    // instant
};

// The transaction with one more entry: a conditional update of the plan's Provenance. As it is when
// there is no plan in it.
json::DocumentPtr withProvenance(const json::DocumentPtr& bundle, const ImportOrigin& origin);

// The index of the entry that is the plan itself: the first CarePlan that is part of no other.
// Nothing if there is none.
std::optional<std::size_t> planEntry(const json::Node& bundle);

}  // namespace planbro::mapping
