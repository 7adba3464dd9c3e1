#include "service/export_job.h"

#include <algorithm>
#include <charconv>

#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "search/patient_compartment.h"
#include "service/outcome.h"
#include "service/visibility.h"

namespace planbro::service {
namespace {

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view() : member->text();
}

const search::CompartmentMember* compartmentOf(std::string_view type) {
  for (const search::CompartmentMember& member : search::patientCompartment()) {
    if (member.type == type) return &member;
  }
  return nullptr;
}

// The Group as it was at the job's moment.
std::expected<store::Version, Answer> groupOf(const ExportJob& job, store::Reader& view) {
  auto shown = view.history(exportedVersion(job, "Group", job.group));
  if (!shown.has_value()) return std::unexpected(refuse(shown.error()));
  if (shown->empty()) return std::unexpected(refuse(404, "PB-4001", {"Group", job.group}));
  if (shown->front().deleted) return std::unexpected(refuse(410, "PB-4002", {"Group", job.group}));
  return std::move(shown->front());
}

// Ids of the Group's members that are patients of this service and have not left.
std::expected<std::vector<std::string>, Answer> patientsOf(const Call& call, const ExportJob& job,
                                                           store::Reader& view) {
  auto group = groupOf(job, view);
  if (!group.has_value()) return std::unexpected(std::move(group.error()));
  const fhir::ReadOutcome read = fhir::readJson(std::move(group->body), call.definitions());
  if (!read.resource) return std::unexpected(refuse(500, read.issues));
  std::vector<std::string> patients;
  read.resource.root().forEachChild("member", [&](const fhir::Element& member) {
    std::string_view reference = member.child("entity").textOf("reference");
    const std::string own = call.context->settings.base_url + "/";
    if (reference.starts_with(own)) reference.remove_prefix(own.size());
    constexpr std::string_view kPatient = "Patient/";
    if (member.textOf("inactive") == "true" || !reference.starts_with(kPatient)) return;
    reference.remove_prefix(kPatient.size());
    patients.emplace_back(reference.substr(0, reference.find('/')));
  });
  std::sort(patients.begin(), patients.end());
  patients.erase(std::unique(patients.begin(), patients.end()), patients.end());
  if (patients.size() > kMaxExportedPatients)
    return std::unexpected(refuse(422, "PB-4070", {std::to_string(kMaxExportedPatients)}));
  return patients;
}

// Resources of the type that are about a patient who is here.
store::Predicate aboutAnyPatient(const search::CompartmentMember& member) {
  store::Predicate any;
  any.op = store::Predicate::Op::kOr;
  for (const std::string_view parameter : member.parameters) {
    store::Predicate& one = any.children.emplace_back();
    one.op = store::Predicate::Op::kReferenceTo;
    one.row.kind = store::IndexRow::Kind::kReference;
    one.row.parameter = parameter;
    one.row.system = "Patient";
    one.children.emplace_back();  // whoever it is
  }
  return any;
}

}  // namespace

bool ExportJob::hasExpired(Instant now) const {
  return now.micros - started.micros > kExportLifeMicros;
}

std::string ExportJob::text() const {
  json::Builder out;
  out.beginObject();
  out.key("request").string(request);
  out.key("asOf").number(std::to_string(as_of));
  out.key("time").number(std::to_string(time.micros));
  out.key("started").number(std::to_string(started.micros));
  if (since.has_value()) out.key("since").number(std::to_string(since->micros));
  out.key("types").beginArray();
  for (const std::string& type : types) out.string(type);
  out.endArray();
  out.key("patients").boolean(patients);
  out.key("group").string(group);
  out.key("caller").string(caller);
  out.endObject();
  return json::write(*std::move(out).finish());
}

std::optional<ExportJob> ExportJob::read(std::string_view text) {
  const auto parsed = json::parse(std::string(text));
  if (!parsed.has_value()) return std::nullopt;
  const json::Node& root = (*parsed)->root();
  const auto number = [&](std::string_view name) {
    std::int64_t value = 0;
    const std::string_view digits = textOf(root, name);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  ExportJob job;
  job.request = textOf(root, "request");
  job.as_of = static_cast<std::uint64_t>(number("asOf"));
  job.time = {number("time")};
  job.started = {number(root.member("started") != nullptr ? "started" : "time")};
  if (root.member("since") != nullptr) job.since = Instant{number("since")};
  if (const json::Node* types = root.member("types")) {
    for (const json::Node& type : types->children()) job.types.emplace_back(type.text());
  }
  job.patients = textOf(root, "patients") == "true";
  job.group = textOf(root, "group");
  job.caller = textOf(root, "caller");
  return job;
}

std::expected<ExportJob, Answer> exportJobOf(const Call& call, store::Reader& view) {
  const auto text = view.value("export/" + call.id);
  if (!text.has_value() && text.error().code != ErrorCode::kNotFound)
    return std::unexpected(refuse(text.error()));
  auto job = text.has_value() ? ExportJob::read(*text) : std::nullopt;
  if (!job.has_value() || job->hasExpired(call.context->now()) ||
      (!job->caller.empty() && job->caller != callerDigest(call.visibility.get())))
    return std::unexpected(refuse(404, "PB-4071"));
  job->id = call.id;
  return std::move(*job);
}

store::HistoryQuery exportedVersion(const ExportJob& job, std::string_view type,
                                    std::string_view id) {
  store::HistoryQuery query;
  query.type = type;
  query.id = id;
  query.before_sequence = job.as_of + 1;
  query.count = 1;
  return query;
}

std::vector<std::string> exportedTypes(const Call& call, const ExportJob& job) {
  std::vector<std::string> types;
  for (const fhir::Type& type : call.definitions().types()) {
    const std::string name(type.name);
    if (type.kind != fhir::TypeKind::kResource || type.abstract) continue;
    if (!job.types.empty() &&
        std::find(job.types.begin(), job.types.end(), name) == job.types.end())
      continue;
    if (job.patients && compartmentOf(name) == nullptr) continue;
    types.push_back(name);
  }
  std::sort(types.begin(), types.end());
  return types;
}

std::expected<store::Query, Answer> exportQuery(const Call& call, const ExportJob& job,
                                                std::string_view type, store::Reader& view) {
  store::Query query;
  query.type = type;
  query.as_of = job.as_of;
  query.updated_from = job.since;
  query.count = call.context->settings.max_count;
  if (!job.patients) return query;
  const search::CompartmentMember& member = *compartmentOf(type);
  if (job.group.empty()) {
    if (type != "Patient") query.where = aboutAnyPatient(member);
    return query;
  }
  auto patients = patientsOf(call, job, view);
  if (!patients.has_value()) return std::unexpected(std::move(patients.error()));
  store::Predicate any;
  any.op = store::Predicate::Op::kOr;
  if (type == "Patient") {
    any.op = store::Predicate::Op::kId;
    any.ids = std::move(*patients);
  } else {
    for (const std::string& patient : *patients) {
      for (store::Predicate& one : search::inCompartment(member, patient).children)
        any.children.push_back(std::move(one));
    }
  }
  query.where = std::move(any);
  return query;
}

}  // namespace planbro::service
