#include "mapping/plan_requirements.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace planbro::mapping {
namespace {

using json::Node;

std::span<const Node> itemsOf(const Node* node, std::string_view name) {
  const Node* member = node == nullptr ? nullptr : node->member(name);
  if (member == nullptr) return {};
  return member->kind == json::Kind::kArray ? member->children() : std::span(member, 1);
}

bool isFilled(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member != nullptr && !member->text().empty();
}

// What the first identifier below `path` lacks; "" if nothing. Only the first one counts.
std::string missingOf(const Node* parent, std::string path) {
  const auto identifiers = itemsOf(parent, "identifier");
  if (identifiers.empty()) return path;
  if (!isFilled(identifiers.front(), "system")) return path + ".system";
  if (!isFilled(identifiers.front(), "value")) return path + ".value";
  return {};
}

}  // namespace

std::vector<fhir::Issue> missingParts(const Node& plan, const fhir::Place& place) {
  std::vector<fhir::Issue> missing;
  const std::string plan_part = missingOf(&plan, "IndividualPlan.identifier");
  if (!plan_part.empty()) missing.push_back(fhir::makeIssue("PB-2303", place, {plan_part}));
  const auto owners = itemsOf(&plan, "owner");
  const std::string owner_part =
      missingOf(owners.empty() ? nullptr : &owners.front(), "IndividualPlan.owner.identifier");
  if (!owner_part.empty()) missing.push_back(fhir::makeIssue("PB-2304", place, {owner_part}));
  const auto participants = itemsOf(&plan, "participant");
  const bool takes_part =
      std::any_of(participants.begin(), participants.end(), [](const Node& participant) {
        const Node* kind = participant.member("kind");
        return kind != nullptr && kind->text() == "owner";
      });
  if (!takes_part) missing.push_back(fhir::makeIssue("PB-2305", place));
  return missing;
}

}  // namespace planbro::mapping
