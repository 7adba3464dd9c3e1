#include "store/postgres/compartment.h"

#include <vector>

namespace planbro::store::postgres {

std::int32_t compartmentOfPatient(std::string_view id) {
  std::uint32_t hash = 2166136261U;  // FNV-1a; what is stored depends on it
  for (const char byte : id) hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
  return hash == 0 ? 1 : static_cast<std::int32_t>(hash);
}

bool tellsCompartment(const IndexRow& row) {
  return row.kind == IndexRow::Kind::kReference && row.system == "Patient" && !row.value.empty() &&
         (row.parameter == "patient" || row.parameter == "subject");
}

std::optional<std::int32_t> compartmentOfMatches(const Predicate& where) {
  std::vector<const Predicate*> open{&where};
  while (!open.empty()) {
    const Predicate& one = *open.back();
    open.pop_back();
    if (one.op == Predicate::Op::kEquals && tellsCompartment(one.row))
      return compartmentOfPatient(one.row.value);
    if (one.op != Predicate::Op::kAnd) continue;
    for (const Predicate& child : one.children) open.push_back(&child);
  }
  return std::nullopt;
}

std::int32_t compartmentOf(std::string_view type, std::string_view id,
                           std::span<const IndexRow> index) {
  std::string_view patient;
  if (type == "Patient") patient = id;
  for (const IndexRow& row : index) {
    if (!tellsCompartment(row) || row.value == patient) continue;
    if (!patient.empty()) return kNoCompartment;
    patient = row.value;
  }
  return patient.empty() ? kNoCompartment : compartmentOfPatient(patient);
}

}  // namespace planbro::store::postgres
