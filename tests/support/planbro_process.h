// A running `planbro serve` for end-to-end tests: started on a free port, ended with the object.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client.h"
#include "service/request.h"
#include "support/scratch_folder.h"

namespace planbro::testing_support {

class PlanbroProcess {
 public:
  // Runs `program serve --listen 127.0.0.1:0 --data DATA` with more arguments; waits until it has
  // printed its addresses.
  PlanbroProcess(const std::string& program, const std::filesystem::path& data,
                 std::vector<std::string> more = {}, const std::string& listen = "127.0.0.1:0") {
    std::vector<std::string> arguments{program,    "--log", "warn",   "serve",
                                       "--listen", listen,  "--data", data.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    const int failed =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    if (failed != 0) pid_ = -1;
    readAddresses(out[0]);
    ::close(out[0]);
  }
  ~PlanbroProcess() {
    if (pid_ > 0) end(SIGKILL);
  }
  PlanbroProcess(const PlanbroProcess&) = delete;
  PlanbroProcess& operator=(const PlanbroProcess&) = delete;

  bool running() const { return pid_ > 0 && !base_.empty(); }
  const std::string& base() const { return base_; }  // "http://127.0.0.1:40123"

  // Sends the signal, waits for the end; the exit status, or -1 when a signal ended it.
  int end(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // `address` is path and query below base().
  service::Response send(std::string method, std::string_view address, std::string body = {},
                         std::vector<std::pair<std::string, std::string>> headers = {}) const {
    service::Request request;
    request.method = std::move(method);
    const auto question = address.find('?');
    request.path = address.substr(0, question);
    if (question != std::string_view::npos) request.query = address.substr(question + 1);
    request.body = std::move(body);
    for (auto& [name, value] : headers) request.headers.add(std::move(name), std::move(value));
    if (!request.body.empty() && !request.headers.get("Content-Type").has_value())
      request.headers.add("Content-Type", "application/fhir+json");
    http::Client client;
    auto response = client.send(base_, request);
    if (!response.has_value()) {
      ADD_FAILURE() << response.error().message;
      return {.status = 0, .headers = {}, .body = {}, .constant = {}, .stream = {}};
    }
    return std::move(*response);
  }

 private:
  void readAddresses(int from) {
    std::string text;
    char buffer[512];
    while (text.find("Listening") == std::string::npos) {
      const ssize_t count = ::read(from, buffer, sizeof buffer);
      if (count <= 0) return;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    const auto begin = text.find("http://");
    const auto end = text.find("/fhir", begin);
    if (begin != std::string::npos && end != std::string::npos)
      base_ = text.substr(begin, end - begin);
  }

  pid_t pid_ = -1;
  std::string base_;
};

}  // namespace planbro::testing_support
