#include "validation/corrections.h"

#include <array>

namespace planbro::validation {
namespace {

struct Correction {
  std::string_view key;
  std::string_view published;
  std::string_view meant;
};

// Most forget that the element they speak of may be missing: an empty result is no true one.
constexpr std::array kCorrections = {
    Correction{"ref-1",
               "reference.startsWith('#').not() or (reference.substring(1).trace('url') in "
               "%rootResource.contained.id.trace('ids'))",
               "reference.empty() or reference = '#' or reference.startsWith('#').not() or "
               "(reference.substring(1) in %rootResource.contained.id)"},
    Correction{"bdl-8", "fullUrl.contains('/_history/').not()",
               "fullUrl.empty() or fullUrl.contains('/_history/').not()"},
    Correction{"ras-2", "probability is decimal implies (probability as decimal) <= 100",
               "probability.empty() or (probability is decimal implies (probability as decimal) "
               "<= 100)"},
    Correction{"que-12", "enableWhen.count() > 2 implies enableBehavior.exists()",
               "enableWhen.count() >= 2 implies enableBehavior.exists()"},
    // An unnamed resource breaks no rule about names.
    Correction{"", "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
               "name.empty() or name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"},
    Correction{"", "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
               "name.empty() or name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"},
};

}  // namespace

std::string_view correctedExpression(std::string_view key, std::string_view expression) {
  for (const Correction& known : kCorrections) {
    if ((known.key.empty() || known.key == key) && known.published == expression)
      return known.meant;
  }
  return expression;
}

}  // namespace planbro::validation
