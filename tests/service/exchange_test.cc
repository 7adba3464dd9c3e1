// Requests and what must be answered, as data: every file of tests/service/exchanges is one test
// against a service of its own. How a file is written:
//
//   # a comment
//   > PUT /fhir/Patient/1            a request begins; then its headers
//   > Prefer: return=minimal
//   {"resourceType":"Patient", …}    its body, up to the first line of the answer
//   < 201                            the status; then headers that must be so, or (!) not be there
//   < ETag: W/"1"
//   < !Content-Type
//   ~ "versionId":"1"                text that stands in the body
//   !~ "text"                        text that does not
//   @ 3600                           the clock goes on by seconds
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "service/service_fixture.h"

namespace planbro::service {
namespace {

std::vector<std::string> caseNames() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(PLANBRO_SOURCE_DIR "/tests/service/exchanges"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Player {
 public:
  explicit Player(TestService& service) : service_(service) {}

  void line(const std::string& text, int number) {
    const std::string at = "line " + std::to_string(number) + ": " + text;
    if (text.starts_with("# ") || (text.empty() && !asking_)) return;
    if (text.starts_with("> ")) return ask(text.substr(2));
    if (text.starts_with("@ ")) {
      service_.clock().advanceMicros(std::stoll(text.substr(2)) * 1'000'000);
      return;
    }
    if (text.starts_with("< ")) return expectHead(text.substr(2), at);
    if (text.starts_with("~ ")) {
      EXPECT_NE(response_.body.find(text.substr(2)), std::string::npos) << at << "\n"
                                                                        << response_.body;
      return;
    }
    if (text.starts_with("!~ ")) {
      EXPECT_EQ(response_.body.find(text.substr(3)), std::string::npos) << at << "\n"
                                                                        << response_.body;
      return;
    }
    if (asking_) body_ += (body_.empty() ? "" : "\n") + text;
  }

 private:
  void ask(const std::string& text) {
    if (!asking_) {
      asking_ = true;
      headers_.clear();
      body_.clear();
      const auto space = text.find(' ');
      method_ = text.substr(0, space);
      address_ = text.substr(space + 1);
      return;
    }
    const auto colon = text.find(": ");
    headers_.emplace_back(text.substr(0, colon), text.substr(colon + 2));
  }

  void expectHead(const std::string& text, const std::string& at) {
    if (asking_) {
      asking_ = false;
      response_ = service_.send(method_, address_, body_, headers_);
      EXPECT_EQ(std::to_string(response_.status), text) << at << "\n" << response_.body;
      return;
    }
    if (text.starts_with('!')) {
      EXPECT_FALSE(response_.headers.get(text.substr(1)).has_value()) << at;
      return;
    }
    const auto colon = text.find(": ");
    EXPECT_EQ(std::string(response_.headers.get(text.substr(0, colon)).value_or("(none)")),
              text.substr(colon + 2))
        << at;
  }

  TestService& service_;
  bool asking_ = false;
  std::string method_, address_, body_;
  HeaderList headers_;
  Response response_;
};

class Exchange : public testing::TestWithParam<std::string> {};

TEST_P(Exchange, IsAnsweredAsWritten) {
  std::ifstream file(PLANBRO_SOURCE_DIR "/tests/service/exchanges/" + GetParam() + ".http");
  ASSERT_TRUE(file.is_open());
  TestService service;
  Player player(service);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) player.line(line, number);
}

INSTANTIATE_TEST_SUITE_P(Service, Exchange, testing::ValuesIn(caseNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace planbro::service
