#include "terminology/server.h"

#include <fmt/format.h>

#include "json/parser.h"
#include "terminology/nodes.h"

namespace planbro::terminology {
namespace {

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string pathOf(const CodeQuestion& question) {
  std::string path;
  if (question.value_set.empty()) {
    path = "/CodeSystem/$validate-code?url=" + encoded(question.system);
  } else {
    path = "/ValueSet/$validate-code?url=" + encoded(question.value_set);
    if (!question.system.empty()) path += "&system=" + encoded(question.system);
  }
  path += "&code=" + encoded(question.code);
  if (!question.display.empty()) path += "&display=" + encoded(question.display);
  return path;
}

// The answer's Parameters; nothing if they are none.
std::optional<Verdict> verdictOf(std::string body) {
  const auto parsed = json::parse(std::move(body));
  if (!parsed.has_value() || textOf((*parsed)->root(), "resourceType") != "Parameters")
    return std::nullopt;
  std::optional<Verdict> verdict;
  std::string display;
  for (const json::Node& parameter : listOf((*parsed)->root(), "parameter")) {
    const std::string_view name = textOf(parameter, "name");
    if (name == "display") display = textOf(parameter, "valueString");
    const json::Node* result = parameter.member("valueBoolean");
    if (name != "result" || result == nullptr || !result->isBoolean()) continue;
    verdict.emplace();
    verdict->membership =
        result->kind == json::Kind::kTrue ? Membership::kMember : Membership::kNotMember;
  }
  if (verdict.has_value()) verdict->display = std::move(display);
  return verdict;
}

Verdict failed(std::string why) {
  Verdict verdict;
  verdict.failure = std::move(why);
  return verdict;
}

}  // namespace

Verdict FhirTerminologyServer::ask(const CodeQuestion& question) {
  auto answer = exchange_(pathOf(question));
  if (!answer.has_value()) return failed(answer.error().message);
  if (answer->status >= 500 || answer->status == 429)
    return failed(fmt::format("HTTP status {}", answer->status));
  if (answer->status != 200) return {};
  auto verdict = verdictOf(std::move(answer->body));
  return verdict.has_value() ? std::move(*verdict) : failed("the answer is no Parameters resource");
}

GuardedServer::GuardedServer(std::unique_ptr<TerminologyServer> server, const Clock& clock,
                             GuardOptions options)
    : server_(std::move(server)), clock_(clock), options_(options) {}

bool GuardedServer::cached(const std::string& key, Verdict& verdict) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  if (found->second->until <= clock_.now()) {
    kept_.erase(found->second);
    by_key_.erase(found);
    return false;
  }
  kept_.splice(kept_.begin(), kept_, found->second);
  verdict = found->second->verdict;
  return true;
}

void GuardedServer::keep(const std::string& key, const Verdict& verdict) {
  if (options_.cached == 0 || by_key_.contains(key)) return;
  while (kept_.size() >= options_.cached) {
    by_key_.erase(kept_.back().key);
    kept_.pop_back();
  }
  const std::chrono::microseconds time = options_.cache_time;
  kept_.push_front({key, verdict, {clock_.now().micros + time.count()}});
  by_key_.emplace(key, kept_.begin());
}

Verdict GuardedServer::ask(const CodeQuestion& question) {
  // NUL stands in no code and no URL.
  std::string key = question.value_set;
  for (const std::string* part : {&question.system, &question.code, &question.display})
    key.append(1, '\0').append(*part);
  bool trying = false;
  {
    const std::lock_guard lock(lock_);
    Verdict verdict;
    if (cached(key, verdict)) {
      verdict.kept = true;
      return verdict;
    }
    if (failures_ >= options_.failures) {
      if (trying_ || clock_.now() < closed_until_) return failed(last_failure_);
      trying_ = trying = true;
    }
  }
  Verdict verdict = server_->ask(question);
  const std::lock_guard lock(lock_);
  if (trying) trying_ = false;
  if (verdict.failure.empty()) {
    failures_ = 0;
    keep(key, verdict);
    return verdict;
  }
  ++failures_;
  last_failure_ = verdict.failure;
  const std::chrono::microseconds pause = options_.pause;
  closed_until_ = {clock_.now().micros + pause.count()};
  return verdict;
}

}  // namespace planbro::terminology
