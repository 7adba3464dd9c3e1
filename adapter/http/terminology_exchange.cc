#include "http/terminology_exchange.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace planbro::http {
namespace {

constexpr std::size_t kKeptConnections = 8;

class Exchange {
 public:
  Exchange(std::string base, ClientOptions options)
      : base_(std::move(base)), options_(std::move(options)) {
    while (base_.ends_with('/')) base_.pop_back();
  }

  Result<terminology::ServerAnswer> get(const std::string& path) {
    service::Request request;
    request.method = "GET";
    const auto question = path.find('?');
    request.path = path.substr(0, question);
    if (question != std::string::npos) request.query = path.substr(question + 1);
    request.headers.set("Accept", "application/fhir+json");
    Client client = take();
    auto answer = client.send(base_, request);
    if (!answer.has_value()) return std::unexpected(asError(answer.error()));
    giveBack(std::move(client));
    return terminology::ServerAnswer{answer->status, std::move(answer->body)};
  }

 private:
  Client take() {
    const std::lock_guard lock(lock_);
    if (idle_.empty()) return Client(options_);
    Client client = std::move(idle_.back());
    idle_.pop_back();
    return client;
  }
  void giveBack(Client client) {
    const std::lock_guard lock(lock_);
    if (idle_.size() < kKeptConnections) idle_.push_back(std::move(client));
  }

  std::string base_;
  ClientOptions options_;
  std::mutex lock_;
  std::vector<Client> idle_;
};

}  // namespace

terminology::ServerExchange terminologyExchange(std::string base, ClientOptions options) {
  auto exchange = std::make_shared<Exchange>(std::move(base), std::move(options));
  return [exchange](const std::string& path) { return exchange->get(path); };
}

}  // namespace planbro::http
