// A plan in the forms that the importer's own sources read: json-plan and csv-plan
// (mappings/json-plan, mappings/csv-plan).
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "json/document.h"
#include "mapping/engine.h"
#include "plan/stored_plan.h"
#include "plan/zip_writer.h"

namespace planbro::plan {

// The plan as IndividualPlan, by the map BundleToIndividualPlan. kInvalidArgument: the map refuses
// it; the text says why.
Result<json::DocumentPtr> individualPlan(const StoredPlan& plan,
                                         const mapping::MapLibrary& library);

// {"planer": [ … ]} with the one plan; `plan` is an IndividualPlan.
std::string journalJson(const json::Node& plan);

// The tables of csv-plan, each as a file: UTF-8 with byte-order mark, separator ';', only tables
// that have rows and those that must be there.
std::vector<ZipFile> journalCsv(const json::Node& plan);

// What `plan` says and `read_back` does not, or says otherwise, as paths ("goal[2].note"). Order
// inside lists and the time of export do not count.
std::vector<std::string> lostPaths(const json::Node& plan, const json::Node& read_back);

}  // namespace planbro::plan
