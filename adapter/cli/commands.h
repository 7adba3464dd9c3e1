// The subcommands of planbro, one file each. Every function adds its command to the program;
// when the user asks for it, the command runs and leaves its exit status in `exit_status`:
// 0 done, 1 done but errors were found, 2 could not be done.
#pragma once

#include <CLI/CLI.hpp>

namespace planbro::cli {

inline constexpr int kDone = 0;
inline constexpr int kFound = 1;
inline constexpr int kFailed = 2;

void addBackup(CLI::App& app, int& exit_status);  // and restore
void addCheck(CLI::App& app, int& exit_status);
void addCompact(CLI::App& app, int& exit_status);
void addConvert(CLI::App& app, int& exit_status);
void addCopy(CLI::App& app, int& exit_status);
void addExport(CLI::App& app, int& exit_status);
void addFhirpath(CLI::App& app, int& exit_status);
void addImport(CLI::App& app, int& exit_status);
void addMap(CLI::App& app, int& exit_status);
void addPackages(CLI::App& app, int& exit_status);
void addQuarantine(CLI::App& app, int& exit_status);
void addReindex(CLI::App& app, int& exit_status);
void addServe(CLI::App& app, int& exit_status);
void addSnapshot(CLI::App& app, int& exit_status);
void addValidate(CLI::App& app, int& exit_status);
void addSync(CLI::App& app, int& exit_status);

}  // namespace planbro::cli
