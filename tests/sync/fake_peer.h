// A peer that answers what it is told and keeps what it was sent.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "json/parser.h"
#include "sync/peer.h"

namespace planbro::sync {

class FakePeer final : public PeerConnection {
 public:
  // The next answers, in order; when none is left the peer takes everything, as version `version`.
  std::deque<Result<service::Response>> answers;
  std::string version = "1";
  std::vector<service::Request> requests;

  Result<service::Response> exchange(const service::Request& request) override {
    requests.push_back(request);
    if (!answers.empty()) {
      auto answer = std::move(answers.front());
      answers.pop_front();
      return answer;
    }
    return accepted(request);
  }

  void answerWith(int status, std::string body = {}) {
    service::Response response;
    response.status = status;
    response.body = std::move(body);
    answers.emplace_back(std::move(response));
  }
  void isDown() { answers.emplace_back(fail(ErrorCode::kUnavailable, "nobody is there")); }

 private:
  service::Response accepted(const service::Request& request) const {
    service::Response response;
    response.body = R"({"resourceType":"Bundle","type":"transaction-response","entry":[)";
    const auto bundle = json::parse(request.body);
    const std::size_t entries = bundle ? (*bundle)->root().member("entry")->children().size() : 0;
    for (std::size_t i = 0; i < entries; ++i) {
      if (i > 0) response.body += ",";
      response.body += R"({"response":{"status":"200 OK","etag":"W/\")" + version + R"(\""}})";
    }
    response.body += "]}";
    return response;
  }
};

}  // namespace planbro::sync
