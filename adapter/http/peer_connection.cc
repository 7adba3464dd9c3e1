#include "http/peer_connection.h"

#include <utility>

namespace planbro::http {
namespace {

class CurlPeerConnection final : public sync::PeerConnection {
 public:
  CurlPeerConnection(std::string base, ClientOptions options)
      : base_(std::move(base)), client_(std::move(options)) {
    while (base_.ends_with('/')) base_.pop_back();
  }

  Result<service::Response> exchange(const service::Request& request) override {
    auto answer = client_.send(base_, request);
    if (!answer) return std::unexpected(asError(answer.error()));
    return std::move(*answer);
  }

 private:
  std::string base_;
  Client client_;
};

}  // namespace

std::unique_ptr<sync::PeerConnection> connectPeer(std::string base, ClientOptions options) {
  return std::make_unique<CurlPeerConnection>(std::move(base), std::move(options));
}

}  // namespace planbro::http
