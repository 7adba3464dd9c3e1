#include "service/call_terminology.h"

#include <cstdint>
#include <string>
#include <utility>

#include "fhir/registry.h"
#include "fhir/resource.h"

namespace planbro::service {
namespace {

using store::IndexRow;
using Op = store::Predicate::Op;

constexpr std::size_t kMaxQuestions = 200;
constexpr std::uint32_t kMaxVersions = 20;  // of one url
constexpr std::uint32_t kMaxMaps = 50;

store::Predicate named(IndexRow::Kind kind, std::string_view parameter, std::string_view url) {
  store::Predicate out;
  out.op = Op::kEquals;
  out.row.kind = kind;
  out.row.parameter = parameter;
  if (kind == IndexRow::Kind::kReference) {
    out.row.exact = url;
  } else {
    out.row.value = url;
    out.any_system = true;
  }
  return out;
}

// ConceptMap.source and target are a canonical or a uri, each with a parameter of its own.
store::Predicate eitherWay(const std::string& parameter, std::string_view value_set) {
  store::Predicate out;
  out.op = Op::kOr;
  const std::string_view url = value_set.substr(0, value_set.find('|'));
  for (const std::string& name : {parameter, parameter + "-uri"})
    out.children.push_back(named(IndexRow::Kind::kReference, name, url));
  return out;
}

bool fits(std::string_view version, std::string_view asked) {
  return version.starts_with(asked) &&
         (asked.empty() || version.size() == asked.size() || version[asked.size()] == '.');
}

}  // namespace

CallTerminology::CallTerminology(const Call& call)
    : context_(*call.context),
      call_(&call),
      view_(call.view),
      terminology_(*call.context->parts.terminology, *this) {}

CallTerminology::CallTerminology(const Context& context, store::Reader& view)
    : context_(context), view_(&view), terminology_(*context.parts.terminology, *this) {}

CallTerminology::~CallTerminology() = default;

store::Reader* CallTerminology::view() {
  if (view_ != nullptr || !status_.has_value()) return view_;
  auto snapshot = call_->snapshot();
  if (!snapshot.has_value()) {
    status_ = std::unexpected(std::move(snapshot.error()));
    return nullptr;
  }
  snapshot_ = std::move(*snapshot);
  view_ = snapshot_.get();
  return view_;
}

std::vector<fhir::Resource> CallTerminology::search(const store::Query& query) {
  std::vector<fhir::Resource> found;
  store::Reader* reader = questions_++ < kMaxQuestions ? view() : nullptr;
  if (reader == nullptr || !status_.has_value()) return found;
  auto page = reader->search(query);
  if (!page.has_value()) {
    status_ = std::unexpected(std::move(page.error()));
    return found;
  }
  for (store::Version& version : page->matches) {
    fhir::ReadOutcome read = fhir::readJson(std::move(version.body), context_.definitions());
    if (!read.resource) {
      status_ = fail(ErrorCode::kCorrupt, "a stored resource does not parse");
      return {};
    }
    found.push_back(std::move(read.resource));
  }
  return found;
}

fhir::Resource CallTerminology::find(std::string_view type, std::string_view canonical) {
  const std::size_t bar = canonical.find('|');
  const std::string_view asked =
      bar == std::string_view::npos ? std::string_view() : canonical.substr(bar + 1);
  store::Query query;
  query.type = type;
  query.where = named(IndexRow::Kind::kUri, "url", canonical.substr(0, bar));
  query.sort.push_back({"_lastUpdated", IndexRow::Kind::kDate, true});
  query.count = kMaxVersions;
  fhir::Resource best;
  for (fhir::Resource& one : search(query)) {
    const std::string_view version = one.root().textOf("version");
    if (!fits(version, asked)) continue;
    if (!asked.empty() && version == asked) return std::move(one);
    if (!best || fhir::isOlderVersion(best.root().textOf("version"), version)) best = one;
  }
  return best;
}

std::vector<fhir::Resource> CallTerminology::conceptMaps(std::string_view source,
                                                         std::string_view target,
                                                         std::string_view target_system) {
  store::Query query;
  query.type = "ConceptMap";
  query.count = kMaxMaps;
  std::vector<store::Predicate>& all = query.where.children;
  if (!source.empty()) all.push_back(eitherWay("source", source));
  if (!target.empty()) all.push_back(eitherWay("target", target));
  if (all.empty()) all.push_back(named(IndexRow::Kind::kUri, "target-system", target_system));
  return search(query);
}

}  // namespace planbro::service
