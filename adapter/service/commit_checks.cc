#include "service/commit_checks.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "service/outcome.h"
#include "service/write.h"

namespace planbro::service {
namespace {

Status ask(const Context& context, plan::PlanReader& plans, std::span<const fhir::Resource> written,
           std::vector<fhir::Issue>& issues) {
  for (const ConfiguredCheck& configured : context.parts.checks) {
    for (const Enforcement enforcement : {Enforcement::kEnforce, Enforcement::kWarn}) {
      std::vector<fhir::Resource> resources;
      for (const fhir::Resource& resource : written) {
        if (configured.forType(resource.type()) == enforcement) resources.push_back(resource);
      }
      if (resources.empty()) continue;
      std::vector<fhir::Issue> found;
      PLANBRO_RETURN_IF_ERROR(configured.check->checkCommit(plans, resources, found));
      if (enforcement == Enforcement::kWarn) weaken(found);
      std::move(found.begin(), found.end(), std::back_inserter(issues));
    }
  }
  return {};
}

}  // namespace

Result<std::optional<Answer>> checkCommit(WriteSession& session, std::vector<fhir::Issue>& issues) {
  for (const ConfiguredCheck& configured : session.context.parts.checks) {
    if (!configured.isOn()) continue;
    std::vector<fhir::Resource> more;
    PLANBRO_RETURN_IF_ERROR(configured.check->follow(session.plans, session.written, more, issues));
    for (const fhir::Resource& resource : more) {
      Draft draft =
          makeDraft(session.context, resource, resource.id(), {}, DraftIndex::kWhenWritten);
      Answer answer = putUpdate(session, draft, {}, true);
      if (answer.refused()) return answer;
    }
  }
  PLANBRO_RETURN_IF_ERROR(ask(session.context, session.plans, session.written, issues));
  return std::nullopt;
}

std::optional<Answer> commitChecked(WriteSession& session, std::vector<fhir::Issue>& issues) {
  for (Draft& draft : session.checked->more) {
    Answer answer = putNew(session, draft, "PUT");
    if (answer.refused()) return answer;
  }
  issues = session.checked->issues;
  return std::nullopt;
}

std::optional<AheadChecks> checkAhead(const Context& context, store::Reader& view,
                                      std::span<const AheadWrite> writes) {
  plan::PlanReader plans(view);
  plan::ResourceReader& resources = plans.resources();
  AheadChecks ahead;
  ahead.day = norwegianDay(context.now());
  for (const AheadWrite& one : writes) {
    resources.wrote(one.resource, one.index, true);
    ahead.written.push_back(one.resource);
  }
  std::vector<fhir::Resource> written = ahead.written;
  for (const ConfiguredCheck& configured : context.parts.checks) {
    if (!configured.isOn()) continue;
    std::vector<fhir::Resource> more;
    if (!configured.check->follow(plans, written, more, ahead.issues)) return std::nullopt;
    for (const fhir::Resource& resource : more) {
      Draft& draft = ahead.more.emplace_back(makeDraft(context, resource, resource.id()));
      if (!resources.read(draft.type, draft.id).has_value()) return std::nullopt;
      if (!resources.isUnused(draft.type, draft.id)) return std::nullopt;
      resources.wrote(draft.resource, *draft.index, true);
      written.push_back(draft.resource);
    }
  }
  if (!ask(context, plans, written, ahead.issues)) return std::nullopt;
  // What a search finds would have to be searched for again.
  if (resources.hasSearched()) return std::nullopt;
  const auto moment = view.moment();
  if (!moment.has_value()) return std::nullopt;
  ahead.moment = *moment;
  ahead.read = resources.addressesRead();
  return ahead;
}

bool stillHolds(const AheadChecks& checks, const WriteSession& session) {
  const auto same = [&](const fhir::Resource& before, const fhir::Resource& now) {
    return before.document() == now.document() &&
           session.plans.resources().isFresh(now.type(), now.id());
  };
  return std::equal(checks.written.begin(), checks.written.end(), session.written.begin(),
                    session.written.end(), same) &&
         checks.day == norwegianDay(session.now) &&
         !session.transaction.mayHaveChanged(checks.moment, checks.read);
}

}  // namespace planbro::service
