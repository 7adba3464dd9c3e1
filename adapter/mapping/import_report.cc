// The report of an import, for people.
#include <fmt/format.h>

#include <map>
#include <tuple>

#include "mapping/importer.h"

namespace planbro::mapping {

std::string_view fateName(PlanFate fate) {
  switch (fate) {
    case PlanFate::kCreated:
      return "created";
    case PlanFate::kUpdated:
      return "updated";
    case PlanFate::kUnchanged:
      return "unchanged";
    case PlanFate::kQuarantined:
      break;
  }
  return "quarantined";
}

namespace {

// One for each language: English, bokmål, nynorsk.
using Phrase = std::string_view[3];

constexpr Phrase kCounts = {"Plans: {} created, {} updated, {} unchanged, {} quarantined.\n",
                            "Planer: {} opprettet, {} oppdatert, {} uendret, {} satt til side.\n",
                            "Planar: {} oppretta, {} oppdaterte, {} uendra, {} sette til side.\n"};
constexpr Phrase kFindings = {"  {} {}: {} in {} records\n", "  {} {}: {} i {} poster\n",
                              "  {} {}: {} i {} postar\n"};
constexpr Phrase kUntold = {"{} more records have findings; only their codes are counted above.\n",
                            "{} poster til har funn; bare kodene deres er talt opp over.\n",
                            "{} postar til har funn; berre kodane deira er talde opp over.\n"};

constexpr Phrase kFates[] = {{"created", "opprettet", "oppretta"},
                             {"updated", "oppdatert", "oppdatert"},
                             {"unchanged", "uendret", "uendra"},
                             {"quarantined", "satt til side", "sett til side"}};
constexpr Phrase kSeverities[] = {{"fatal", "avbrutt", "avbroten"},
                                  {"error", "feil", "feil"},
                                  {"warning", "advarsel", "åtvaring"},
                                  {"information", "opplysning", "opplysning"}};

std::string_view severityWord(fhir::Severity severity, fhir::Language language) {
  return kSeverities[static_cast<std::size_t>(severity)][static_cast<std::size_t>(language)];
}

std::string_view fateWord(PlanFate fate, fhir::Language language) {
  return kFates[static_cast<std::size_t>(fate)][static_cast<std::size_t>(language)];
}

template <typename... Arguments>
std::string said(const Phrase& phrase, fhir::Language language, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(phrase[static_cast<std::size_t>(language)]), arguments...);
}

std::string findingLine(const ToldFinding& told, fhir::Language language) {
  const fhir::Issue& issue = *told.issue;
  std::string line = "  ";
  if (!issue.place.source.empty()) {
    line += issue.place.source;
    if (issue.place.position.line != 0)
      line += fmt::format(":{}:{}", issue.place.position.line, issue.place.position.column);
    line += ": ";
  }
  line += fmt::format("{} {}: {}", severityWord(issue.severity, language), issue.code,
                      issue.text(language));
  if (!issue.place.expression.empty()) line += fmt::format(" ({})", issue.place.expression);
  if (!issue.rule.empty()) line += fmt::format(" [{}]", issue.rule);
  if (told.count > 1) line += fmt::format(" x{}", told.count);
  return line + "\n";
}

std::string differenceLines(const Difference& one) {
  std::string lines = fmt::format("  {} {}\n", one.created ? '+' : '~', one.resource);
  for (const Difference::Element& element : one.elements) {
    lines += fmt::format("      {}: {} -> {}\n", element.path,
                         element.stored.empty() ? "()" : element.stored,
                         element.given.empty() ? "()" : element.given);
  }
  return lines;
}

}  // namespace

std::vector<ToldFinding> toldFindings(std::span<const fhir::Issue> findings) {
  std::vector<ToldFinding> told;
  using Saying = std::tuple<std::string_view, std::string_view, std::vector<std::string>>;
  std::map<Saying, std::size_t> known;
  for (const fhir::Issue& issue : findings) {
    const auto [at, fresh] =
        known.try_emplace(Saying(issue.code, issue.rule, issue.arguments), told.size());
    if (fresh) {
      told.push_back({&issue});
    } else {
      ++told[at->second].count;
    }
  }
  return told;
}

std::string formatReport(const ImportReport& report, fhir::Language language) {
  std::string out =
      said(kCounts, language, report.created, report.updated, report.unchanged, report.quarantined);
  for (const auto& [code, count] : report.codes)
    out += said(kFindings, language, severityWord(count.severity, language), code, count.findings,
                count.records);
  for (const RecordReport& record : report.records) {
    out += fmt::format("{}: {}", record.record, fateWord(record.fate, language));
    if (!record.quarantined.empty()) out += fmt::format(" -> {}", record.quarantined.string());
    out += '\n';
    for (const ToldFinding& told : toldFindings(record.findings))
      out += findingLine(told, language);
    for (const Difference& one : record.differences) out += differenceLines(one);
  }
  if (report.untold > 0) out += said(kUntold, language, report.untold);
  return out;
}

}  // namespace planbro::mapping
