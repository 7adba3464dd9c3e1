// What the subcommands share: files in, findings out.
#pragma once

#include <span>
#include <string>

#include "base/error.h"
#include "fhir/issue.h"

namespace planbro::cli {

// The bytes of a file; "-" is standard input. kIo or kLimitExceeded, with the file's name.
Result<std::string> readInput(const std::string& path);

// One line an issue on standard error, in the language of LC_ALL, LC_MESSAGES or LANG:
// "plan.json:3:7: error PB-0112: ... (CarePlan.activity[0])".
void printIssues(const std::string& file, std::span<const fhir::Issue> issues);

// That language: Norwegian locales give bokmål or nynorsk, all others English.
fhir::Language userLanguage();

}  // namespace planbro::cli
