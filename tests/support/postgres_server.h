// A PostgreSQL server of the test program's own: started with the first use from Debian's binaries,
// in a scratch folder, on a Unix socket only, ended with the program however it ends. PostgreSQL
// refuses to run as root: then it runs as "postgres" or "nobody".
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace planbro::testing_support {

class PostgresServer {
 public:
  // The one server; a failure of it is a failure of the test that asks.
  static PostgresServer& instance();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  bool running() const { return pid_ > 0; }
  const std::string& socketFolder() const { return folder_.native(); }
  // "postgres://…" of a database of that name, made empty if it is not there.
  std::string database(const std::string& name);
  std::string address(const std::string& name) const;
  // Runs statements in it with psql; what they print, one row a line.
  std::string psql(const std::string& name, const std::string& statements) const;
  // As a power cut would end it, and up again with what it had.
  void killAndRestart();

 private:
  PostgresServer();
  bool make();
  bool start();
  void stop(int signal);
  // Runs a program of the server's as the server's user; its exit status.
  int run(const std::string& program, const std::string& arguments) const;

  std::filesystem::path folder_, programs_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t pid_ = -1;
};

}  // namespace planbro::testing_support
