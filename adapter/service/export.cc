// $export: bulk data of the system, of all patients or of a group. FHIR Bulk Data Access 2.0.0;
// docs/api/export.md.
#include <algorithm>

#include "base/text.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/export_job.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/routes.h"
#include "service/view.h"
#include "service/visibility.h"

namespace planbro::service {
namespace {

constexpr std::string_view kJobs = "export/";  // what the names of jobs in the store begin with

std::string statusAddress(const Call& call, std::string_view id) {
  return call.context->settings.base_url + "/_export/" + std::string(id);
}

Answer wrongValue(std::string_view name, std::string_view value, std::string_view example) {
  return refuse(400, "PB-4023", {std::string(name), std::string(value), std::string(example)});
}

std::expected<ExportJob, Answer> jobAskedBy(const Call& call) {
  ExportJob job;
  job.patients = !call.type.empty();
  job.group = call.type == "Group" ? call.id : "";
  job.request = call.context->settings.base_url + "/";
  if (!call.type.empty()) job.request += call.type + "/";
  if (!call.id.empty()) job.request += call.id + "/";
  job.request += "$export";
  if (!call.query.empty()) job.request += "?" + call.query;
  for (const auto& [name, value] : call.parameters) {
    if (name == "_type") {
      for (const std::string_view type : split(value, ',')) {
        if (!isResourceType(call.definitions(), type))
          return std::unexpected(wrongValue(name, type, "CarePlan,Goal"));
        job.types.emplace_back(type);
      }
    } else if (name == "_since") {
      job.since = parseInstant(value);
      if (!job.since.has_value())
        return std::unexpected(wrongValue(name, value, "2026-11-22T12:00:00Z"));
    } else if (name == "_outputFormat") {
      // A raw + in a query is a space.
      std::string format = value;
      std::replace(format.begin(), format.end(), ' ', '+');
      if (format != "application/fhir+ndjson" && format != "application/ndjson" &&
          format != "ndjson")
        return std::unexpected(wrongValue(name, value, "application/fhir+ndjson"));
    }
  }
  return job;
}

// How many of that type the job gives.
std::expected<std::uint64_t, Answer> countOf(const Call& call, const ExportJob& job,
                                             std::string_view type, store::Reader& view) {
  auto query = exportQuery(call, job, type, view);
  if (!query.has_value()) return std::unexpected(std::move(query.error()));
  query->count = 0;
  query->total = true;
  const auto page = view.search(*query);
  if (!page.has_value()) return std::unexpected(refuse(page.error()));
  return page->total.value_or(0);
}

// Names of the jobs that nobody can ask for any more.
Result<std::vector<std::string>> expiredJobs(store::Reader& view, Instant now) {
  PLANBRO_ASSIGN_OR_RETURN(std::vector<std::string> names, view.valueNames());
  std::vector<std::string> expired;
  for (std::string& name : names) {
    if (!name.starts_with(kJobs)) continue;
    PLANBRO_ASSIGN_OR_RETURN(const std::string text, view.value(name));
    const auto job = ExportJob::read(text);
    if (!job.has_value() || job->hasExpired(now)) expired.push_back(std::move(name));
  }
  return expired;
}

// When the newest version was written that every later snapshot has. The clock would say too much:
// a write under way has its time already, and has to be in the next export, of what has changed
// since. Writes get their times one after the other. Of the whole store, as what one caller sees
// may be old.
Result<Instant> newestTime(const Call& call) {
  PLANBRO_ASSIGN_OR_RETURN(const auto whole, call.context->parts.store->snapshot());
  store::HistoryQuery query;
  query.count = 1;
  PLANBRO_ASSIGN_OR_RETURN(const std::vector<store::Version> newest, whole->history(query));
  const Instant now = call.context->now();
  return newest.empty() ? now : std::min(now, newest.front().last_updated);
}

}  // namespace

Answer exportStart(const Call& call) {
  if (auto refused = refusedParameters(call, {"_type", "_since", "_outputFormat"}, false))
    return std::move(*refused);
  if (!call.preferences.async) return refuse(400, "PB-4072");
  auto job = jobAskedBy(call);
  if (!job.has_value()) return std::move(job.error());
  const auto time = newestTime(call);
  if (!time.has_value()) return refuse(time.error());
  job->time = *time;
  job->started = call.context->now();
  job->caller = callerDigest(call.visibility.get());
  const auto view = call.snapshot();
  if (!view.has_value()) return refuse(view.error());
  store::Query newest;
  newest.type = "Patient";
  newest.count = 0;
  const auto page = (*view)->search(newest);
  if (!page.has_value()) return refuse(page.error());
  job->as_of = page->moment;
  // What a group lacks is told now, not when the files are fetched.
  if (!job->group.empty()) {
    if (const auto query = exportQuery(call, *job, "Patient", **view); !query.has_value())
      return query.error();
  }
  const auto expired = expiredJobs(**view, job->started);
  if (!expired.has_value()) return refuse(expired.error());
  const std::string id = call.context->parts.ids->next();
  const Status kept =
      call.context->parts.store->transact([&](store::Transaction& transaction) -> Status {
        for (const std::string& name : *expired)
          PLANBRO_RETURN_IF_ERROR(transaction.setValue(name, ""));
        return transaction.setValue(std::string(kJobs) + id, job->text());
      });
  if (!kept.has_value()) return refuse(kept.error());
  Answer answer;
  answer.deferred = true;
  answer.plain.emplace();
  answer.plain->status = 202;
  answer.plain->headers.set("Content-Location", statusAddress(call, id));
  answer.plain->headers.set("Cache-Control", "no-store");
  return answer;
}

Answer exportStatus(const Call& call) {
  return withView(call, [&](store::Reader& view) -> Answer {
    const auto job = exportJobOf(call, view);
    if (!job.has_value()) return job.error();
    json::Builder out;
    out.beginObject();
    out.key("transactionTime").string(formatInstant(job->time));
    out.key("request").string(job->request);
    // There is no access control yet (docs/api/README.md).
    out.key("requiresAccessToken").boolean(false);
    out.key("output").beginArray();
    for (const std::string& type : exportedTypes(call, *job)) {
      const auto count = countOf(call, *job, type, view);
      if (!count.has_value()) return count.error();
      if (*count == 0) continue;
      out.beginObject();
      out.key("type").string(type);
      out.key("url").string(statusAddress(call, job->id) + "/" + type);
      out.key("count").number(std::to_string(*count));
      out.endObject();
    }
    out.endArray();
    out.key("error").beginArray();
    out.endArray();
    out.endObject();
    Answer answer;
    answer.plain.emplace();
    answer.plain->headers.set("Content-Type", "application/json");
    answer.plain->headers.set("Cache-Control", "no-store");
    answer.plain->headers.set("Expires", formatHttpDate({job->started.micros + kExportLifeMicros}));
    answer.plain->body = json::write(*std::move(out).finish());
    return answer;
  });
}

Answer exportCancel(const Call& call) {
  Answer answer;
  const Status done = call.context->parts.store->transact([&](store::Transaction& transaction) {
    const auto job = exportJobOf(call, transaction);
    if (!job.has_value()) {
      answer = job.error();
      return Status();
    }
    answer = Answer();
    answer.plain.emplace();
    answer.plain->status = 202;
    return transaction.setValue(std::string(kJobs) + call.id, "");
  });
  if (!done.has_value()) return refuse(done.error());
  return answer;
}

}  // namespace planbro::service
