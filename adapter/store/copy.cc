#include "store/copy.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace planbro::store {
namespace {

constexpr std::string_view kUnfinished = "copy/unfinished";  // the mark, a named value

// The newest version; nothing in an empty store.
Result<std::optional<Version>> newest(Reader& reader) {
  HistoryQuery query;
  query.count = 1;
  PLANBRO_ASSIGN_OR_RETURN(std::vector<Version> versions, reader.history(query));
  if (versions.empty()) return std::nullopt;
  return std::move(versions.front());
}

bool isSame(const Version& one, const Version& other) {
  return one.sequence == other.sequence && one.type == other.type && one.id == other.id &&
         one.version == other.version && one.deleted == other.deleted &&
         one.last_updated.micros == other.last_updated.micros;
}

// In the order of the change log, however far back that itself reaches.
Result<std::vector<Version>> versionsAfter(Reader& reader, std::uint64_t sequence,
                                           std::uint32_t count) {
  HistoryQuery query;
  query.after_sequence = sequence;
  query.count = count;
  return reader.history(query);
}

// How far the target has come; kConflict if it is no copy of the source, kUnsupported if that is
// not whole.
Result<std::uint64_t> begunWith(Reader& source, Store& target) {
  PLANBRO_ASSIGN_OR_RETURN(const bool half, isUnfinishedCopy(source));
  if (half)
    return fail(ErrorCode::kUnsupported,
                "The source is not whole: a copy or restore into it was broken off.");
  PLANBRO_ASSIGN_OR_RETURN(const auto reader, target.snapshot());
  PLANBRO_ASSIGN_OR_RETURN(const auto last, newest(*reader));
  if (!last) return 0;
  PLANBRO_ASSIGN_OR_RETURN(const auto there, versionsAfter(source, last->sequence - 1, 1));
  if (there.empty() || !isSame(*last, there.front()))
    return fail(ErrorCode::kConflict,
                "The target holds something else than the source: name an empty one.");
  return last->sequence;
}

Result<std::vector<Put>> putsOf(std::vector<Version> versions, const CopyOptions& options) {
  std::vector<Put> puts;
  puts.reserve(versions.size());
  for (Version& version : versions) {
    Put put;
    if (!version.deleted && options.index) {
      PLANBRO_ASSIGN_OR_RETURN(put.index, options.index(version));
    }
    put.type = std::move(version.type);
    put.id = std::move(version.id);
    put.version = version.version;
    put.last_updated = version.last_updated;
    put.method = std::move(version.method);
    put.deleted = version.deleted;
    put.body = std::move(version.body);
    puts.push_back(std::move(put));
  }
  return puts;
}

// Behind the entry `after` of the target's change log, and nowhere else. From then on the target is
// no whole store: not before, as that of a service that writes to it is refused and stays one.
Status write(Store& target, std::uint64_t after, const std::vector<Put>& puts) {
  return target.transact([&](Transaction& transaction) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(const auto last, newest(transaction));
    if ((last ? last->sequence : 0) != after)
      return fail(ErrorCode::kConflict, "Somebody else writes to the target.");
    PLANBRO_RETURN_IF_ERROR(transaction.setValue(kUnfinished, "begun"));
    for (const Put& put : puts) PLANBRO_RETURN_IF_ERROR(transaction.put(put));
    return {};
  });
}

Result<std::map<std::string, std::string>> valuesOf(Reader& source) {
  PLANBRO_ASSIGN_OR_RETURN(const std::vector<std::string> names, source.valueNames());
  std::map<std::string, std::string> values;
  for (const std::string& name : names) {
    PLANBRO_ASSIGN_OR_RETURN(values[name], source.value(name));
  }
  return values;
}

// The target's named values become the source's. With what the source does not have the mark goes.
Result<std::uint64_t> copyValues(Reader& source, Store& target) {
  PLANBRO_ASSIGN_OR_RETURN(const auto values, valuesOf(source));
  const Status written = target.transact([&](Transaction& transaction) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(const std::vector<std::string> names, transaction.valueNames());
    for (const std::string& name : names) {
      if (!values.contains(name)) PLANBRO_RETURN_IF_ERROR(transaction.setValue(name, {}));
    }
    for (const auto& [name, value] : values)
      PLANBRO_RETURN_IF_ERROR(transaction.setValue(name, value));
    return {};
  });
  if (!written) return std::unexpected(written.error());
  return values.size();
}

// Cursors that the source refuses are refused by its copy.
Status copyLogRange(Reader& source, Store& target) {
  PLANBRO_ASSIGN_OR_RETURN(const LogRange range, source.logRange());
  if (range.forgotten == 0) return {};
  return target.transact(
      [&](Transaction& transaction) { return transaction.forgetChanges(range.forgotten); });
}

}  // namespace

Result<bool> isUnfinishedCopy(Reader& store) {
  const auto mark = store.value(kUnfinished);
  if (!mark && mark.error().code != ErrorCode::kNotFound) return std::unexpected(mark.error());
  return mark.has_value();
}

Status mustBeWhole(Reader& store) {
  PLANBRO_ASSIGN_OR_RETURN(const bool unfinished, isUnfinishedCopy(store));
  if (!unfinished) return {};
  return fail(ErrorCode::kUnsupported,
              "A copy or restore into this store was broken off: run it again.");
}

Result<CopyReport> copyStore(Store& source, Store& target, const CopyOptions& options) {
  CopyReport report;
  bool begun = false;
  std::uint64_t done = 0;
  while (true) {
    // A fresh view for each batch: none is held for as long as the whole copy takes.
    PLANBRO_ASSIGN_OR_RETURN(const auto reader, source.snapshot());
    if (!begun) {
      PLANBRO_ASSIGN_OR_RETURN(done, begunWith(*reader, target));
      // To make the first batch ready takes its time.
      if (done == 0) PLANBRO_RETURN_IF_ERROR(write(target, 0, {}));
      report.before = done;
      begun = true;
    }
    PLANBRO_ASSIGN_OR_RETURN(auto versions, versionsAfter(*reader, done, options.batch));
    if (versions.empty()) {
      PLANBRO_RETURN_IF_ERROR(copyLogRange(*reader, target));
      PLANBRO_ASSIGN_OR_RETURN(report.values, copyValues(*reader, target));
      report.whole = true;
      return report;
    }
    const std::uint64_t end = versions.back().sequence;
    report.versions += versions.size();
    PLANBRO_ASSIGN_OR_RETURN(const auto puts, putsOf(std::move(versions), options));
    PLANBRO_RETURN_IF_ERROR(write(target, done, puts));
    done = end;
    if (!options.progress) continue;
    PLANBRO_ASSIGN_OR_RETURN(const auto last, newest(*reader));
    if (!options.progress(done, last ? last->sequence : done)) return report;
  }
}

}  // namespace planbro::store
