// planbro: the one program. See docs/ and `planbro --help`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/log.h"
#include "cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app{"Planbro: FHIR R4 for the Norwegian individuell plan", "planbro"};
  app.set_version_flag("--version", PLANBRO_VERSION);
  app.require_subcommand(1);
  int exit_status = planbro::cli::kDone;
  std::string log_level = "info";
  app.add_option("--log", log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  app.parse_complete_callback([&] { planbro::log::setUp(log_level); });
  planbro::cli::addBackup(app, exit_status);
  planbro::cli::addCheck(app, exit_status);
  planbro::cli::addCompact(app, exit_status);
  planbro::cli::addConvert(app, exit_status);
  planbro::cli::addCopy(app, exit_status);
  planbro::cli::addExport(app, exit_status);
  planbro::cli::addFhirpath(app, exit_status);
  planbro::cli::addImport(app, exit_status);
  planbro::cli::addMap(app, exit_status);
  planbro::cli::addPackages(app, exit_status);
  planbro::cli::addQuarantine(app, exit_status);
  planbro::cli::addReindex(app, exit_status);
  planbro::cli::addServe(app, exit_status);
  planbro::cli::addSnapshot(app, exit_status);
  planbro::cli::addValidate(app, exit_status);
  planbro::cli::addSync(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? planbro::cli::kDone : planbro::cli::kFailed;
  } catch (const std::exception& error) {  // a library's; our own code throws nothing
    std::fprintf(stderr, "planbro: %s\n", error.what());
    return planbro::cli::kFailed;
  }
  return exit_status;
}
