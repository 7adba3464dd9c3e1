// planbro: the one program. See docs/ and `planbro --help`.
#include <signal.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/log.h"
#include "cli/commands.h"

// Read by jemalloc at its start, where it is linked (docs/decisions/0006): few arenas, and what is
// not used goes back to the system after a second, so that a long-lived service stays small.
extern "C" const char* const malloc_conf;
const char* const malloc_conf = "narenas:4,dirty_decay_ms:1000,muzzy_decay_ms:0,lg_tcache_max:15";

int main(int argc, char** argv) {
  // What is written holds health data: none of it for everybody on the machine.
  ::umask(::umask(0) | S_IRWXO);
  // A quota on file sizes is an error of the write.
  ::signal(SIGXFSZ, SIG_IGN);
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
