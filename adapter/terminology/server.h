// Another terminology server that is asked about what is not loaded here (SNOMED CT, LOINC).
//
// A GuardedServer keeps what was answered for a time, and stops asking a server that is down: after
// some failures in a row it answers at once that the server is down, until a pause has passed and
// one question may try again. Nothing of a person is sent: system, code, its name, value set.
//
// Source: FHIR R4, valueset-operation-validate-code.html.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "terminology/value_set.h"

namespace planbro::terminology {

// An empty value set asks whether the code exists in its system.
struct CodeQuestion {
  std::string value_set, system, code, display;
};

struct Verdict {
  Membership membership = Membership::kUnknown;
  std::string display;  // the code's name there
  std::string failure;  // why there is no answer, in English; empty if the server answered
  bool kept = false;    // it was known from an earlier question: nobody had to be asked
};

// Any thread.
class TerminologyServer {
 public:
  virtual ~TerminologyServer() = default;
  virtual Verdict ask(const CodeQuestion& question) = 0;
};

// One GET: the path and query below the server's base, "/ValueSet/$validate-code?url=…". Any
// thread; the time limit is the exchange's own.
struct ServerAnswer {
  int status = 0;
  std::string body;
};
using ServerExchange = std::function<Result<ServerAnswer>(const std::string& path)>;

// Asks by $validate-code. What the server does not know either (4xx) is unknown, not a failure.
class FhirTerminologyServer final : public TerminologyServer {
 public:
  explicit FhirTerminologyServer(ServerExchange exchange) : exchange_(std::move(exchange)) {}
  Verdict ask(const CodeQuestion& question) override;

 private:
  ServerExchange exchange_;
};

struct GuardOptions {
  std::size_t cached = 10'000;            // answers kept; the one asked for longest ago goes
  std::chrono::seconds cache_time{3600};  // how long an answer counts
  int failures = 3;                       // in a row, after which the server is down
  std::chrono::seconds pause{30};         // before it is asked again
};

class GuardedServer final : public TerminologyServer {
 public:
  // `clock` must outlive it.
  GuardedServer(std::unique_ptr<TerminologyServer> server, const Clock& clock,
                GuardOptions options = {});
  Verdict ask(const CodeQuestion& question) override;

 private:
  struct Kept {
    std::string key;
    Verdict verdict;
    Instant until;
  };
  bool cached(const std::string& key, Verdict& verdict);
  void keep(const std::string& key, const Verdict& verdict);

  std::unique_ptr<TerminologyServer> server_;
  const Clock& clock_;
  GuardOptions options_;
  std::mutex lock_;       // never held while the server is asked
  std::list<Kept> kept_;  // newest first
  std::unordered_map<std::string, std::list<Kept>::iterator> by_key_;
  int failures_ = 0;
  bool trying_ = false;  // one question is finding out whether the server is up again
  Instant closed_until_;
  std::string last_failure_;
};

}  // namespace planbro::terminology
