// A readable page for each profile, extension and code system of the package.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "package.h"

namespace planbro::ip_package {

// Markdown by file name ("ip-careplan.md", "README.md"): what a profile asks beyond R4, element by
// element in English and Norwegian, its rules, where an extension may stand.
std::map<std::string, std::string> makePages(const std::vector<PackedFile>& files);

}  // namespace planbro::ip_package
