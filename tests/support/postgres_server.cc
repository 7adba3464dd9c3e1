#include "support/postgres_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace planbro::testing_support {
namespace {

constexpr int kReadyTries = 600;  // of 50 ms

// The newest PostgreSQL that Debian has put there.
std::filesystem::path findPrograms() {
  std::filesystem::path best;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    if (std::filesystem::exists(entry.path() / "bin" / "postgres") &&
        entry.path().filename() > best.parent_path().filename())
      best = entry.path() / "bin";
  }
  return best;
}

std::string outputOf(const std::string& command, int& status) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.append(buffer, size);
  status = ::pclose(pipe);
  return out;
}

}  // namespace

PostgresServer& PostgresServer::instance() {
  static PostgresServer server;
  EXPECT_TRUE(server.running()) << "PostgreSQL could not be started: is postgresql-15 installed?";
  return server;
}

PostgresServer::PostgresServer()
    : programs_(findPrograms()), user_(::getuid()), group_(::getgid()) {
  if (user_ == 0) {
    const passwd* entry = ::getpwnam("postgres");
    if (entry == nullptr) entry = ::getpwnam("nobody");
    if (entry == nullptr) return;
    user_ = entry->pw_uid;
    group_ = entry->pw_gid;
  }
  if (!programs_.empty() && make()) start();
}

PostgresServer::~PostgresServer() {
  if (pid_ > 0) stop(SIGQUIT);
  std::error_code error;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
}

bool PostgresServer::make() {
  // Not below the test's own temporary folder, which only its user may enter. Short: the socket's
  // path has at most 107 bytes.
  std::string folder = "/tmp/planbro-pg-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr || ::chown(folder.c_str(), user_, group_) != 0)
    return false;
  folder_ = folder;
  return run("initdb", "-D " + folder + "/data -U planbro -A trust -E UTF8 --locale=C --no-sync") ==
         0;
}

int PostgresServer::run(const std::string& program, const std::string& arguments) const {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string command = "cd / && exec " + (programs_ / program).string() + " " + arguments +
                                " >>" + (folder_ / "log").string() + " 2>&1";
    if (::getuid() == 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(127);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool PostgresServer::start() {
  const std::string program = (programs_ / "postgres").string();
  const std::string data = (folder_ / "data").string();
  const std::string log = (folder_ / "log").string();
  std::vector<std::string> arguments{program, "-D", data, "-k", folder_.string()};
  // Durability of the disk is the server's own concern and costs tests their time; commits stay
  // synchronous to the server's process.
  for (const char* setting :
       {"listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=150",
        "shared_buffers=64MB", "autovacuum_naptime=10s", "log_min_messages=warning"}) {
    arguments.emplace_back("-c");
    arguments.emplace_back(setting);
  }
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    if (::getuid() == 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(127);
    // After the change of user, which clears it: no server outlives its test program.
    if (::prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0 || ::getppid() != parent) ::_exit(127);
    const int out = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (out >= 0) {
      ::dup2(out, 1);
      ::dup2(out, 2);
    }
    if (::chdir("/") != 0) ::_exit(127);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  const std::string ready = "-q -h " + folder_.string() + " -U planbro -d postgres";
  for (int i = 0; pid_ > 0 && i < kReadyTries; ++i) {
    if (run("pg_isready", ready) == 0) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) break;
    ::poll(nullptr, 0, 50);
  }
  pid_ = -1;
  return false;
}

void PostgresServer::stop(int signal) {
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PostgresServer::killAndRestart() {
  // SIGQUIT ends all of its processes without a checkpoint: what counts is in the log.
  stop(SIGQUIT);
  EXPECT_TRUE(start());
}

std::string PostgresServer::address(const std::string& name) const {
  return "postgres://planbro@/" + name + "?host=" + folder_.string();
}

std::string PostgresServer::psql(const std::string& name, const std::string& statements) const {
  int status = 0;
  std::string out =
      outputOf((programs_ / "psql").string() + " -X -q -A -t -v ON_ERROR_STOP=1 -d '" +
                   address(name) + "' -c \"" + statements + "\"",
               status);
  EXPECT_EQ(status, 0) << statements;
  return out;
}

std::string PostgresServer::database(const std::string& name) {
  if (psql("postgres", "SELECT 1 FROM pg_database WHERE datname='" + name + "'").empty())
    psql("postgres", "CREATE DATABASE " + name);
  return address(name);
}

}  // namespace planbro::testing_support
