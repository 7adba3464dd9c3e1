#include "plan/pdf.h"

#include <array>

#include "json/writer.h"
#include "plan/narrative.h"
#include "plan/page_writer.h"
#include "plan/text_blocks.h"
#include "plan/transaction.h"

namespace planbro::plan {
namespace {

// English, bokmål, nynorsk.
constexpr std::array<const char*, 3> kLanguages{"en", "nb-NO", "nn-NO"};
constexpr std::array<const char*, 3> kPages{"Page {} of {}", "Side {} av {}", "Side {} av {}"};
constexpr std::array<const char*, 3> kAttached{
    "The plan as FHIR resources", "Planen som FHIR-ressurser", "Planen som FHIR-ressursar"};

std::vector<TextBlock> blocksOf(const StoredPlan& plan, fhir::Language language) {
  return textBlocks(planNarrative(plan.set(), plan.plan(), language, plan.day()));
}

}  // namespace

Result<std::string> makePdf(const StoredPlan& plan, fhir::Language language, PdfContent content) {
  const auto index = static_cast<std::size_t>(language);
  PageOptions options;
  options.title = planTitle(plan.plan(), language);
  options.language = kLanguages[index];
  options.page = kPages[index];
  options.created = plan.newest();
  options.footer = options.title;
  options.author = coordinatorName(plan.set(), plan.plan(), plan.day());
  if (content == PdfContent::kPagesAndPlan) {
    options.attachment = {.name = "individuell-plan.json",
                          .media_type = "application/fhir+json",
                          .description = kAttached[index],
                          .bytes = json::write(*makeTransaction(plan)) + "\n",
                          .modified = plan.newest()};
  }
  return writePages(blocksOf(plan, language), options);
}

std::vector<fhir::Issue> checkLetters(const StoredPlan& plan, fhir::Language language) {
  const auto blocks = blocksOf(plan, language);
  PageOptions options;
  options.language = kLanguages[static_cast<std::size_t>(language)];
  const auto missing = missingLetters(blocks, options);
  if (!missing.has_value() || !missing->has_value()) return {};
  const MissingLetters& letters = **missing;
  std::size_t heading = letters.block;
  while (heading > 0 && blocks[heading].kind != TextBlock::Kind::kHeading) --heading;
  return {fhir::makeIssue("PB-3028", {}, {letters.first, letters.script, blocks[heading].markup})};
}

}  // namespace planbro::plan
