#include "store/postgres/pending.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

namespace planbro::store::postgres {
namespace {

using Versions = std::span<const PendingVersion>;
using Numbers = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

void queueVersions(Connection& connection, Versions versions) {
  Numbers sequence, type, version, replaced, last_updated, deleted, compartment, old, successor;
  Texts id, method;
  for (const PendingVersion& one : versions) {
    sequence.push_back(one.sequence);
    type.push_back(one.type);
    id.push_back(one.id);
    version.push_back(one.version);
    replaced.push_back(one.replaced == 0 ? std::numeric_limits<std::int64_t>::max() : one.replaced);
    last_updated.push_back(one.last_updated);
    deleted.push_back(one.deleted ? 1 : 0);
    method.push_back(one.method);
    compartment.push_back(one.compartment);
    if (one.replaces == 0) continue;
    old.push_back(one.replaces);
    successor.push_back(one.sequence);
  }
  if (!old.empty())
    connection.queue(
        "UPDATE version v SET replaced=n.successor FROM unnest(?::bigint[],?::bigint[]) AS "
        "n (sequence,successor) WHERE v.sequence=n.sequence",
        Parameters().addNumbers(old).addNumbers(successor));
  connection.queue(
      "INSERT INTO version (sequence,type,id,version,replaced,last_updated,deleted,method,"
      "compartment) SELECT * FROM unnest(?::bigint[],?::bigint[],?::text[],?::bigint[],?::bigint[],"
      "?::bigint[],?::bigint[],?::text[],?::bigint[])",
      Parameters()
          .addNumbers(sequence)
          .addNumbers(type)
          .addTexts(id)
          .addNumbers(version)
          .addNumbers(replaced)
          .addNumbers(last_updated)
          .addNumbers(deleted)
          .addTexts(method)
          .addNumbers(compartment));
}

void queueBodies(Connection& connection, Versions versions) {
  Numbers sequence, compartment;
  Texts data;
  for (const PendingVersion& one : versions) {
    if (one.frame.empty()) continue;
    sequence.push_back(one.sequence);
    compartment.push_back(one.compartment);
    data.push_back(one.frame);
  }
  if (data.empty()) return;
  connection.queue(
      "INSERT INTO body (sequence,compartment,data) "
      "SELECT * FROM unnest(?::bigint[],?::bigint[],?::bytea[])",
      Parameters().addNumbers(sequence).addNumbers(compartment).addByteStrings(data));
}

// The rows of one table, column by column.
struct Columns {
  Columns(Versions versions, PendingRow::Table table) {
    for (const PendingVersion& one : versions) {
      for (const PendingRow& row : one.index) {
        if (row.table != table) continue;
        sequence.push_back(one.sequence);
        compartment.push_back(one.compartment);
        parameter.push_back(row.parameter);
        system.push_back(row.system);
        low.push_back(row.low);
        high.push_back(row.high);
        value.push_back(row.value);
        exact.push_back(row.exact);
      }
    }
  }
  Numbers sequence, compartment, parameter, system, low, high;
  Texts value, exact;
};

void queueIndex(Connection& connection, Versions versions) {
  using Table = PendingRow::Table;
  const auto begin = [](const Columns& columns) {
    return Parameters()
        .addNumbers(columns.sequence)
        .addNumbers(columns.compartment)
        .addNumbers(columns.parameter);
  };
  if (const Columns token(versions, Table::kToken); !token.sequence.empty())
    connection.queue(
        "INSERT INTO token (sequence,compartment,parameter,system,value) SELECT * FROM "
        "unnest(?::bigint[],?::bigint[],?::bigint[],?::bigint[],?::text[])",
        begin(token).addNumbers(token.system).addTexts(token.value));
  if (const Columns string(versions, Table::kString); !string.sequence.empty())
    connection.queue(
        "INSERT INTO string (sequence,compartment,parameter,value,exact) SELECT * FROM "
        "unnest(?::bigint[],?::bigint[],?::bigint[],?::text[],?::text[])",
        begin(string).addTexts(string.value).addTexts(string.exact));
  if (const Columns reference(versions, Table::kReference); !reference.sequence.empty())
    connection.queue(
        "INSERT INTO reference (sequence,compartment,parameter,type,target,exact) SELECT * FROM "
        "unnest(?::bigint[],?::bigint[],?::bigint[],?::bigint[],?::text[],?::text[])",
        begin(reference)
            .addNumbers(reference.system)
            .addTexts(reference.value)
            .addTexts(reference.exact));
  if (const Columns span(versions, Table::kSpan); !span.sequence.empty())
    connection.queue(
        "INSERT INTO span (sequence,compartment,parameter,low,high,system,unit) SELECT * FROM "
        "unnest(?::bigint[],?::bigint[],?::bigint[],?::bigint[],?::bigint[],?::bigint[],"
        "?::text[])",
        begin(span)
            .addNumbers(span.low)
            .addNumbers(span.high)
            .addNumbers(span.system)
            .addTexts(span.value));
}

}  // namespace

void queueIndexRows(Connection& connection, const PendingVersion& version) {
  queueIndex(connection, {&version, 1});
}

void Pending::add(PendingVersion version) {
  // Sequences are without gaps: the place tells.
  if (!versions_.empty() && version.replaces >= versions_.front().sequence) {
    const auto place = static_cast<std::size_t>(version.replaces - versions_.front().sequence);
    versions_[place].replaced = version.sequence;
    version.replaces = 0;
  }
  bytes_ += version.frame.size();
  versions_.push_back(std::move(version));
}

void Pending::cut(std::size_t size) {
  if (size >= versions_.size()) return;
  const std::int64_t first_gone = versions_[size].sequence;
  versions_.resize(size);
  bytes_ = 0;
  for (PendingVersion& one : versions_) {
    if (one.replaced >= first_gone) one.replaced = 0;
    bytes_ += one.frame.size();
  }
}

void Pending::queueOn(Connection& connection, std::size_t size) {
  if (size == 0) return;
  // What the rest replaces is replaced when the rest is sent: it may still be taken back.
  for (std::size_t i = 0; i < size && size < versions_.size(); ++i) {
    if (versions_[i].replaced < versions_[size].sequence) continue;
    const auto place = static_cast<std::size_t>(versions_[i].replaced - versions_.front().sequence);
    versions_[place].replaces = versions_[i].sequence;
    versions_[i].replaced = 0;
  }
  const Versions first(versions_.data(), size);
  queueVersions(connection, first);
  queueBodies(connection, first);
  queueIndex(connection, first);
  versions_.erase(versions_.begin(), versions_.begin() + static_cast<std::ptrdiff_t>(size));
  bytes_ = 0;
  for (const PendingVersion& one : versions_) bytes_ += one.frame.size();
}

}  // namespace planbro::store::postgres
