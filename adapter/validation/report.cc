#include "validation/report.h"

#include <algorithm>
#include <numeric>

namespace planbro::validation {
namespace {

void printTo(const PathLink* link, bool plain, std::string& out) {
  // A resource inside another starts a plain path anew: its link carries the type's name.
  const bool starts =
      link->parent == nullptr || (plain && !link->of_type.empty() && link->name.empty());
  if (!starts) {
    printTo(link->parent, plain, out);
    if (link->name.empty()) return;
    out += '.';
  }
  out += starts && link->name.empty() ? link->of_type : link->name;
  if (plain) return;
  if (link->index >= 0) out += "[" + std::to_string(link->index) + "]";
  if (!link->of_type.empty() && !link->name.empty())
    out += ".ofType(" + std::string(link->of_type) + ")";
}

}  // namespace

std::string PathLink::print() const {
  std::string out;
  printTo(this, false, out);
  return out;
}

std::string PathLink::printPlain() const {
  std::string out;
  printTo(this, true, out);
  return out;
}

std::optional<fhir::Severity> Reporter::severityOf(const fhir::Issue& issue, const Origin& origin,
                                                   const PathLink& path) const {
  const fhir::Severity own = origin.severity.value_or(issue.severity);
  for (const Override& override : options_->overrides) {
    if (override.rule != issue.code && (origin.rule.empty() || override.rule != origin.rule))
      continue;
    if (!override.profile.empty() && override.profile != origin.profile) continue;
    if (!override.path.empty() && override.path != path.printPlain()) continue;
    return override.severity;
  }
  return own;
}

void Reporter::add(std::string_view code, const PathLink& path, const json::Node* at,
                   std::vector<std::string> arguments, const Origin& origin) {
  if (full_) return;
  fhir::Issue issue = fhir::makeIssue(code, {}, std::move(arguments));
  const auto severity = severityOf(issue, origin, path);
  if (!severity) return;
  if (trial_errors_ != nullptr) {
    if (*severity <= fhir::Severity::kError) ++*trial_errors_;
    return;
  }
  issue.severity = *severity;
  issue.place.expression = path.print();
  issue.rule = origin.rule.empty() ? origin.profile : origin.rule;
  std::string key = std::string(issue.code) + '\n' + issue.place.expression;
  for (const std::string& argument : issue.arguments) key += '\n' + argument;
  if (!seen_.insert(std::move(key)).second) return;
  if (issues_.size() >= options_->max_issues) {
    full_ = true;
    issue = fhir::makeIssue("PB-1099", {}, {std::to_string(options_->max_issues)});
  }
  offsets_.push_back(at == nullptr || full_ ? kNowhere : at->offset);
  issues_.push_back(std::move(issue));
}

std::vector<fhir::Issue> Reporter::take() && {
  std::vector<std::size_t> order(issues_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [this](std::size_t a, std::size_t b) { return offsets_[a] < offsets_[b]; });
  const std::string_view source = document_->source();
  json::Position position{1, 1};
  std::uint32_t reached = 0;
  for (const std::size_t index : order) {
    const std::uint32_t offset = offsets_[index];
    if (offset == kNowhere) break;
    for (; reached < offset && reached < source.size(); ++reached) {
      const bool line_end = source[reached] == '\n';
      position.line += line_end ? 1 : 0;
      position.column = line_end ? 1 : position.column + 1;
    }
    issues_[index].place.position = position;
  }
  return std::move(issues_);
}

}  // namespace planbro::validation
