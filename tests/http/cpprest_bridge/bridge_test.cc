#include <cpprest/http_listener.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "cli/assembly.h"
#include "http/cpprest_bridge/listen_under.h"
#include "http/cpprest_bridge/mount.h"
#include "http/raw_connection.h"
#include "service/constant_body.h"

namespace planbro::http::cpprest {
namespace {

using web::http::experimental::listener::http_listener;

service::Response echo(const service::Request& request) {
  if (request.path.ends_with("/throw")) throw std::runtime_error("x");
  service::Response response;
  if (request.path.ends_with("/constant")) {
    response.constant = std::make_shared<const service::ConstantBody>("always", "text/plain");
    return response;
  }
  response.status = request.method == "POST" ? 201 : 200;
  response.headers.set("Content-Type", "application/fhir+json");
  response.headers.set("ETag", "W/\"1\"");
  response.body = request.method + " " + request.path + "?" + request.query + " " + request.body;
  return response;
}

// An application with a listener of its own kind and one that the handler is mounted in.
class BridgeTest : public testing::Test {
 protected:
  BridgeTest() : fhir_("http://127.0.0.1:0/fhir"), own_("http://127.0.0.1:0/own") {
    listenUnder({.max_body_bytes = 1000});
    fhir_.support(mount(echo));
    own_.support(web::http::methods::GET, [](const web::http::http_request& request) {
      request.reply(web::http::status_codes::OK, request.relative_uri().to_string());
    });
    fhir_.open().wait();
    own_.open().wait();
    port_ = boundPort(fhir_.uri());
  }
  ~BridgeTest() override {
    fhir_.close().wait();
    own_.close().wait();
  }

  RawAnswer ask(const std::string& request) {
    RawConnection connection(port_);
    connection.send(request);
    return connection.answer();
  }

  http_listener fhir_;
  http_listener own_;
  std::uint16_t port_ = 0;
};

TEST_F(BridgeTest, SendsAConstantBody) {
  EXPECT_EQ(ask("GET /fhir/constant HTTP/1.1\r\nHost: x\r\n\r\n").body, "always");
}

TEST_F(BridgeTest, ServesTheHandlerOnOurListener) {
  ASSERT_NE(port_, 0);
  const auto get =
      ask("GET /fhir/CarePlan?identifier=urn:a|5 HTTP/1.1\r\nHost: x\r\nAccept: a\r\n\r\n");
  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(get.body, "GET /fhir/CarePlan?identifier=urn:a%7C5 ");
  EXPECT_TRUE(get.says("ETag: W/\"1\""));
  EXPECT_TRUE(get.says("Content-Type: application/fhir+json"));
  const auto post = ask("POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(post.status, 201);
  EXPECT_EQ(post.body, "POST /fhir? {}");
}

TEST_F(BridgeTest, ServesTheApplicationsOwnHandlersBesideIt) {
  EXPECT_EQ(ask("GET /own/a?b HTTP/1.1\r\nHost: x\r\n\r\n").body, "/a?b");
  EXPECT_EQ(ask("DELETE /own/a HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(ask("GET /nobody HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
  EXPECT_EQ(ask("GET /fhirx HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
}

TEST_F(BridgeTest, KeepsTheListenersLimits) {
  EXPECT_EQ(ask("POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n").status, 413);
  EXPECT_EQ(ask("GET /fhir HTTP/1.1\r\n\r\n").status, 400);
}

TEST_F(BridgeTest, AnswersForAHandlerThatThrows) {
  EXPECT_EQ(ask("GET /fhir/throw HTTP/1.1\r\nHost: x\r\n\r\n").status, 500);
}

TEST_F(BridgeTest, RefusesAddressesOthersCanReach) {
  http_listener open("http://0.0.0.0:0/");
  EXPECT_THROW(open.open().wait(), web::http::http_exception);
}

TEST(Bridge, ServesTheFhirServiceInAnApplicationOnOurListener) {
  const auto data = std::filesystem::path(testing::TempDir()) / "bridge_fhir";
  std::filesystem::remove_all(data);
  auto assembly = cli::Assembly::make({}, data, "http://127.0.0.1/fhir", cli::Opening::kMake);
  ASSERT_TRUE(assembly.has_value()) << assembly.error().message;
  listenUnder({});
  http_listener listener("http://127.0.0.1:0/fhir");
  listener.support(mount((*assembly)->service().handler()));
  listener.open().wait();
  {
    RawConnection connection(boundPort(listener.uri()));
    const std::string patient =
        R"({"resourceType":"Patient","identifier":[{"system":"urn:a","value":"5"}]})";
    connection.send(
        "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json"
        "\r\nContent-Length: " +
        std::to_string(patient.size()) + "\r\n\r\n" + patient);
    const auto created = connection.answer();
    EXPECT_EQ(created.status, 201) << created.body;
    EXPECT_TRUE(created.says("\r\nETag: W/\"1\""));
    connection.send("GET /fhir/Patient?identifier=urn:a|5 HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto found = connection.answer();
    EXPECT_EQ(found.status, 200);
    EXPECT_NE(found.body.find("\"total\":1"), std::string::npos) << found.body;
    connection.send("GET /fhir/Patient/unknown HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto missing = connection.answer();
    EXPECT_EQ(missing.status, 404);
    EXPECT_NE(missing.body.find("OperationOutcome"), std::string::npos);
  }
  listener.close().wait();
  assembly->reset();
  std::filesystem::remove_all(data);
}

}  // namespace
}  // namespace planbro::http::cpprest
