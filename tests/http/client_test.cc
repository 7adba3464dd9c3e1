#include "http/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "http/certificate.h"
#include "http/listener.h"
#include "http/peer_connection.h"
#include "http/scripted_server.h"

namespace planbro::http {
namespace {

using std::chrono::milliseconds;

service::Response echo(const service::Request& request) {
  service::Response response;
  response.status = request.method == "POST" ? 201 : 200;
  response.headers.set("Content-Type", "text/plain");
  response.headers.set("X-Type", std::string(request.headers.get("Content-Type").value_or("-")));
  response.body = request.method + " " + request.path + "?" + request.query + " " + request.body;
  return response;
}

service::Request request(std::string method, std::string path, std::string body = {}) {
  service::Request made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.body = std::move(body);
  return made;
}

ClientFault faultOf(const std::expected<service::Response, ClientError>& answer) {
  EXPECT_FALSE(answer.has_value());
  return answer ? ClientFault::kBroken : answer.error().fault;
}

TEST(Client, CarriesARequestAndItsAnswer) {
  const auto listener = Listener::start({}, echo);
  Client client;
  auto post = request("POST", "/fhir", "{}");
  post.headers.set("Content-Type", "application/fhir+json");
  const auto answer = client.send((*listener)->base(), post);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "POST /fhir? {}");
  EXPECT_EQ(answer->headers.get("x-type"), "application/fhir+json");
  for (const std::string method : {"GET", "PUT", "DELETE", "PATCH"})
    EXPECT_EQ(client.send((*listener)->base(), request(method, "/a"))->body, method + " /a? ");
  const auto head = client.send((*listener)->base(), request("HEAD", "/a"));
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.get("Content-Length"), "9");
}

TEST(Client, EscapesWhatMayNotStandInAUrl) {
  const auto listener = Listener::start({}, echo);
  auto search = request("GET", "/a/../b");
  search.query = "identifier=urn:oid:1|\xC3\xB8 5";
  const auto answer = Client().send((*listener)->base(), search);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "GET /a/../b?identifier=urn:oid:1%7C%C3%B8%205 ");
}

TEST(Client, KeepsItsConnectionForReadsButNotForCreates) {
  const auto listener = Listener::start({}, echo);
  Client client;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.send((*listener)->base(), request("GET", "/a")));
  EXPECT_EQ((*listener)->counts().connections_accepted, 1U);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.send((*listener)->base(), request("POST", "/a")));
  EXPECT_EQ((*listener)->counts().connections_accepted, 4U);
}

TEST(Client, NeverSendsACreateTwice) {
  // The server takes the request and hangs up without an answer.
  ScriptedServer server({""});
  Client client;
  EXPECT_EQ(faultOf(client.send(server.base(), request("POST", "/a", "{}"))), ClientFault::kBroken);
  server.finish();
  EXPECT_EQ(server.requests(), 1);
}

TEST(Client, FollowsNoRedirect) {
  ScriptedServer server(
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
       "Content-Length: 0\r\n\r\n"});
  auto get = request("GET", "/a");
  get.headers.set("Authorization", "Bearer secret");
  const auto answer = Client().send(server.base(), get);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 302);
  server.finish();
  EXPECT_EQ(server.requests(), 1);
}

TEST(Client, IsNotConfusedByInterimAnswers) {
  ScriptedServer server(
      {"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
       "2\r\n\r\nok"});
  const auto answer = Client().send(server.base(), request("GET", "/a"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_FALSE(answer->headers.get("Link").has_value());
  EXPECT_EQ(answer->body, "ok");
}

TEST(Client, TellsFaultsApart) {
  Client client({.total_time = milliseconds(100), .max_header_bytes = 500, .max_body_bytes = 1000});
  EXPECT_EQ(faultOf(client.send("gopher://127.0.0.1", request("GET", "/"))), ClientFault::kAddress);
  std::uint16_t free_port = 0;
  {
    const auto gone = Listener::start({}, echo);
    free_port = (*gone)->port();
  }
  EXPECT_EQ(
      faultOf(client.send("http://127.0.0.1:" + std::to_string(free_port), request("GET", "/"))),
      ClientFault::kRefused);

  ScriptedServer silent({ScriptedServer::kSilence});
  EXPECT_EQ(faultOf(client.send(silent.base(), request("GET", "/"))), ClientFault::kTimeout);
  ScriptedServer cut({"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"});
  EXPECT_EQ(faultOf(client.send(cut.base(), request("GET", "/"))), ClientFault::kBroken);
  ScriptedServer no_http({"SSH-2.0-OpenSSH\r\n\r\n"});
  EXPECT_EQ(faultOf(client.send(no_http.base(), request("GET", "/"))), ClientFault::kMalformed);
  ScriptedServer large({"HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x')});
  EXPECT_EQ(faultOf(client.send(large.base(), request("GET", "/"))), ClientFault::kTooLarge);
  ScriptedServer fields({"HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'x') + "\r\n\r\n"});
  EXPECT_EQ(faultOf(client.send(fields.base(), request("GET", "/"))), ClientFault::kTooLarge);

  auto injected = request("GET", "/");
  injected.headers.set("If-Match", "a\r\nHost: b");
  EXPECT_EQ(faultOf(client.send(silent.base(), injected)), ClientFault::kMalformed);
}

TEST(Client, NamesNoMoreThanTheOriginInAMessage) {
  Client client({.total_time = milliseconds(50)});
  ScriptedServer silent({ScriptedServer::kSilence});
  const auto answer = client.send(silent.base(), request("GET", "/Patient/secret"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().message.find(silent.base()), std::string::npos);
  EXPECT_EQ(answer.error().message.find("secret"), std::string::npos);
  EXPECT_EQ(asError(answer.error()).code, ErrorCode::kUnavailable);
}

TEST(Client, TakesNoProxyFromTheEnvironment) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  const auto listener = Listener::start({}, echo);
  EXPECT_TRUE(Client().send((*listener)->base(), request("GET", "/a")).has_value());
  ::unsetenv("http_proxy");
}

TEST(Client, SpeaksTlsWithAServerItCanVerifyAndWithNoOther) {
  const std::string folder = testing::TempDir() + "/tls";
  std::filesystem::create_directories(folder);
  const CertificateFiles files = makeCertificate(folder);
  const auto listener =
      Listener::start({.tls = ServerCertificate{files.certificate, files.key}}, echo);
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  EXPECT_TRUE((*listener)->base().starts_with("https://"));
  Client trusting({.authorities_file = files.certificate});
  const auto answer =
      trusting.send((*listener)->base(), request("PUT", "/a", std::string(200'000, 'x')));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body.size(), 200'008U);
  EXPECT_EQ(faultOf(Client().send((*listener)->base(), request("GET", "/a"))), ClientFault::kTls);
  const std::string plain = "http" + (*listener)->base().substr(5);
  EXPECT_FALSE(Client().send(plain, request("GET", "/a")).has_value());
}

TEST(Listener, SaysThatACertificateCannotBeUsed) {
  const auto listener = Listener::start({.tls = ServerCertificate{"/nowhere", "/nowhere"}}, echo);
  ASSERT_FALSE(listener.has_value());
  EXPECT_EQ(listener.error().code, ErrorCode::kInvalidArgument);
}

TEST(PeerConnection, SendsBelowTheFhirBase) {
  const auto listener = Listener::start({}, echo);
  const auto peer = connectPeer((*listener)->base() + "/fhir/");
  const auto answer = peer->exchange(request("GET", "/metadata"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "GET /fhir/metadata? ");
  (*listener)->stop();
  EXPECT_EQ(peer->exchange(request("GET", "/metadata")).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace planbro::http
