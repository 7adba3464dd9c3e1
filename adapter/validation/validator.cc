#include "validation/validator.h"

#include "validation/profiles.h"
#include "validation/report.h"
#include "validation/walk.h"

namespace planbro::validation {

namespace {

Options withPackOverrides(Options options) {
  for (const Pack& pack : options.packs)
    options.overrides.insert(options.overrides.end(), pack.overrides().begin(),
                             pack.overrides().end());
  return options;
}

}  // namespace

ValidationContext::ValidationContext(std::shared_ptr<const fhir::Registry> registry,
                                     Options options)
    : ValidationContext(std::make_shared<const terminology::Terminology>(std::move(registry)),
                        std::move(options)) {}

ValidationContext::ValidationContext(std::shared_ptr<const terminology::Terminology> terminology,
                                     Options options)
    : profiles_(std::make_unique<Profiles>(std::move(terminology),
                                           withPackOverrides(std::move(options)))) {}

ValidationContext::~ValidationContext() = default;

std::vector<fhir::Issue> ValidationContext::validate(const fhir::Resource& resource,
                                                     std::span<const std::string> profiles) const {
  Reporter reporter(profiles_->options(), *resource.document());
  Walk(*profiles_, resource, reporter).run(profiles);
  return std::move(reporter).take();
}

std::vector<fhir::Issue> ValidationContext::prepare(std::span<const std::string> profiles) const {
  std::vector<fhir::Issue> issues;
  for (const std::string& canonical : profiles) {
    if (profiles_->get(canonical) == nullptr)
      issues.push_back(fhir::makeIssue("PB-1361", {}, {canonical}));
  }
  const auto problems = profiles_->takeProblems();
  issues.insert(issues.end(), problems.begin(), problems.end());
  return issues;
}

std::vector<fhir::Issue> ValidationContext::takeProfileProblems() const {
  return profiles_->takeProblems();
}

const fhir::Registry& ValidationContext::registry() const { return profiles_->registry(); }
const Options& ValidationContext::options() const { return profiles_->options(); }

}  // namespace planbro::validation
