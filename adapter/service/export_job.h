// A bulk export as it is remembered between its requests: what was asked, and of which moment.
//
// Nothing is copied when an export starts: the store shows any moment again, so the files are made
// while they are fetched. A job is one named value in the store; every replica finds it.
// Source: FHIR Bulk Data Access 2.0.0 (export.html).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "service/call.h"
#include "store/store.h"

namespace planbro::service {

struct ExportJob {
  std::string id;
  std::string request;      // the whole address that was asked
  std::uint64_t as_of = 0;  // the store's moment
  Instant time;             // of that moment: the manifest's transactionTime
  Instant started;          // when it was asked
  std::optional<Instant> since;
  std::vector<std::string> types;  // as asked; empty: all
  bool patients = false;           // Patient and Group exports: the Patient compartment alone
  std::string group;               // of a Group export: the Group's id
  // callerDigest(); empty: kept by a program that did not tell callers apart.
  std::string caller;

  bool hasExpired(Instant now) const;
  std::string text() const;  // JSON, for the store
  static std::optional<ExportJob> read(std::string_view text);
};

// How long a job can be asked for; the store keeps replaced index rows as long.
inline constexpr std::int64_t kExportLifeMicros = std::int64_t{3600} * 1'000'000;
inline constexpr std::size_t kMaxExportedPatients = 1000;  // of a Group

// The job of the call's id; or 404 when there is none (any more), or it is another caller's.
std::expected<ExportJob, Answer> exportJobOf(const Call& call, store::Reader& view);

// What the export shows of a resource: of its versions the newest of that moment, if there is one.
store::HistoryQuery exportedVersion(const ExportJob& job, std::string_view type,
                                    std::string_view id);

// The types the job gives, in order.
std::vector<std::string> exportedTypes(const Call& call, const ExportJob& job);

// What of that type the job gives; the refusal if the Group is not there or too large.
std::expected<store::Query, Answer> exportQuery(const Call& call, const ExportJob& job,
                                                std::string_view type, store::Reader& view);

}  // namespace planbro::service
