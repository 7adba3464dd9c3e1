#include "http/listener.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "http/raw_connection.h"
#include "service/constant_body.h"

namespace planbro::http {
namespace {

using std::chrono::milliseconds;

// Answers what it was asked: method, path, query and body.
service::Response echo(const service::Request& request) {
  service::Response response;
  response.headers.set("Content-Type", "text/plain");
  response.body = request.method + " " + request.path + "?" + request.query + " " + request.body;
  return response;
}

// A door that handlers wait behind.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void awaitWaiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

std::unique_ptr<Listener> listen(service::Handler handler, ListenerOptions options = {}) {
  auto listener = Listener::start(std::move(options), std::move(handler));
  EXPECT_TRUE(listener.has_value()) << (listener ? "" : listener.error().message);
  return listener ? std::move(*listener) : nullptr;
}

TEST(Listener, ServesARequestOnAFreePortOfLoopback) {
  const auto listener = listen(echo);
  EXPECT_NE(listener->port(), 0);
  EXPECT_EQ(listener->base(), "http://127.0.0.1:" + std::to_string(listener->port()));
  RawConnection connection(listener->port());
  connection.send("GET /fhir/CarePlan/1?a=b HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET /fhir/CarePlan/1?a=b ");
  EXPECT_TRUE(answer.says("\r\nDate: "));
  EXPECT_TRUE(answer.says("\r\nContent-Length: 25\r\n"));
}

TEST(Listener, RefusesAddressesOthersCanReachAndSaysWhy) {
  const auto refused = Listener::start({.address = "0.0.0.0"}, echo);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("no access control"), std::string::npos);
  EXPECT_TRUE(Listener::start({.address = "0.0.0.0", .allow_any_address = true}, echo).has_value());
}

TEST(Listener, SaysThatAPortIsTaken) {
  const auto listener = listen(echo);
  const auto second = Listener::start({.port = listener->port()}, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST(Listener, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
  const auto listener = listen([](const service::Request& request) {
    if (request.path == "/slow") std::this_thread::yield();
    return echo(request);
  });
  RawConnection connection(listener->port());
  connection.send(
      "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /c HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(connection.answer().body, "GET /slow? ");
  EXPECT_EQ(connection.answer().body, "POST /b? abc");
  EXPECT_EQ(connection.answer().body, "GET /c? ");
  EXPECT_EQ(listener->counts().connections_accepted, 1U);
  EXPECT_EQ(listener->counts().requests, 3U);
}

TEST(Listener, ClosesWhenTheClientAsksForIt) {
  const auto listener = listen(echo);
  RawConnection connection(listener->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_TRUE(answer.says("\r\nConnection: close\r\n"));
  EXPECT_TRUE(connection.ends());
}

TEST(Listener, ServesHttp10AndClosesUnlessAskedToStay) {
  const auto listener = listen(echo);
  RawConnection once(listener->port());
  once.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.answer().body, "GET /a? ");
  EXPECT_TRUE(once.ends());
  RawConnection kept(listener->port());
  kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(kept.answer().says("Connection: keep-alive"));
  kept.send("GET /b HTTP/1.0\r\n\r\n");
  EXPECT_EQ(kept.answer().body, "GET /b? ");
}

TEST(Listener, AnswersHeadWithTheLengthAndWithoutTheBody) {
  const auto listener = listen(echo);
  RawConnection connection(listener->port());
  connection.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = connection.answer(true);
  EXPECT_TRUE(head.says("Content-Length: 9\r\n"));
  EXPECT_EQ(connection.answer().body, "GET /b? ");
}

TEST(Listener, SendsAConstantBodyAndItsLength) {
  const auto body =
      std::make_shared<const service::ConstantBody>(std::string(300'000, 'x'), "text/plain");
  const auto listener = listen([&](const service::Request&) {
    service::Response response;
    response.constant = body;
    return response;
  });
  RawConnection connection(listener->port());
  connection.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(connection.answer(true).says("Content-Length: 300000\r\n"));
  EXPECT_EQ(connection.answer().body, body->bytes());
}

TEST(Listener, SendsNoBodyAndNoLengthWith204) {
  const auto listener = listen([](const service::Request&) {
    service::Response response;
    response.status = 204;
    response.body = "not for sending";
    return response;
  });
  RawConnection connection(listener->port());
  connection.send("DELETE /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(answer.says("Content-Length"));
  EXPECT_TRUE(connection.ends());
}

TEST(Listener, SendsContinueBeforeTheBodyOnlyWhenItIsAwaited) {
  const auto listener = listen(echo);
  RawConnection connection(listener->port());
  connection.send(
      "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(connection.answer().status, 100);
  connection.send("hi");
  EXPECT_EQ(connection.answer().body, "POST /a? hi");
}

TEST(Listener, RefusesALargeBodyInsteadOfAskingForIt) {
  const auto listener = listen(echo, {.max_body_bytes = 1000});
  RawConnection connection(listener->port());
  connection.send(
      "POST /fhir HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_NE(answer.body.find("PB-4082"), std::string::npos);
  EXPECT_TRUE(connection.ends());
}

TEST(Listener, RefusesALargeChunkedBodyAsSoonAsItIsKnown) {
  const auto listener = listen(echo, {.max_body_bytes = 1000});
  RawConnection connection(listener->port());
  connection.send("POST /fhir HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  connection.send("320\r\n" + std::string(800, 'a') + "\r\n320\r\n");
  EXPECT_EQ(connection.answer().status, 413);
}

TEST(Listener, LetsTheAnswerReachAClientThatIsStillSending) {
  const auto listener = listen(echo, {.max_body_bytes = 1000});
  RawConnection connection(listener->port());
  connection.send("POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  connection.send(std::string(500'000, 'x'));
  EXPECT_EQ(connection.answer().status, 413);
}

TEST(Listener, ReadsABodyAsLargeAsAllowedWholeOrInChunks) {
  const auto listener = listen(
      [](const service::Request& request) {
        service::Response response;
        response.body = std::to_string(request.body.size());
        return response;
      },
      {.max_body_bytes = 1'000'000});
  RawConnection connection(listener->port());
  connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
                  std::string(1'000'000, 'x'));
  EXPECT_EQ(connection.answer().body, "1000000");
  std::string chunks;
  for (int i = 0; i < 100; ++i) chunks += "2710;a=b\r\n" + std::string(10'000, 'y') + "\r\n";
  connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
                  "0\r\nTrailer: ignored\r\n\r\n");
  EXPECT_EQ(connection.answer().body, "1000000");
}

TEST(Listener, LimitsTheHeader) {
  const auto listener = listen(echo, {.max_header_bytes = 1024});
  RawConnection fields(listener->port());
  fields.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a'));
  EXPECT_EQ(fields.answer().status, 431);
  RawConnection line(listener->port());
  line.send("GET /" + std::string(2000, 'a'));
  EXPECT_EQ(line.answer().status, 414);
}

TEST(Listener, CutsOffAClientThatSendsItsHeaderSlowly) {
  const auto listener = listen(echo, {.header_time = milliseconds(40)});
  RawConnection connection(listener->port());
  connection.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(connection.answer().status, 408);
  EXPECT_TRUE(connection.ends());
}

TEST(Listener, CutsOffAClientThatSendsItsBodySlowly) {
  const auto listener = listen(echo, {.body_time = milliseconds(40)});
  RawConnection connection(listener->port());
  connection.send("POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  const auto answer = connection.answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_NE(answer.body.find("OperationOutcome"), std::string::npos);
}

TEST(Listener, ClosesIdleConnections) {
  const auto listener = listen(echo, {.idle_time = milliseconds(40)});
  RawConnection connection(listener->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(connection.answer().status, 200);
  EXPECT_TRUE(connection.ends());
}

TEST(Listener, AnswersForAHandlerThatTakesTooLong) {
  Gate gate;
  const auto listener = listen(
      [&gate](const service::Request& request) {
        gate.pass();
        return echo(request);
      },
      {.handler_time = milliseconds(40)});
  RawConnection connection(listener->port());
  connection.send("GET /fhir/Patient HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = connection.answer();
  gate.open();
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.says("Retry-After: 2"));
  EXPECT_NE(answer.body.find("PB-4087"), std::string::npos);
}

TEST(Listener, TurnsAwayRequestsWhenTheQueueIsFull) {
  Gate gate;
  const auto listener = listen(
      [&gate](const service::Request& request) {
        if (request.path == "/wait") gate.pass();
        return echo(request);
      },
      {.workers = 1, .max_queued = 0});
  RawConnection first(listener->port());
  first.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.awaitWaiting(1);
  RawConnection second(listener->port());
  second.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto busy = second.answer();
  EXPECT_EQ(busy.status, 503);
  EXPECT_TRUE(busy.says("Retry-After: 2"));
  gate.open();
  EXPECT_EQ(first.answer().status, 200);
}

TEST(Listener, TurnsAwayConnectionsOverTheLimit) {
  const auto listener = listen(echo, {.max_connections = 1});
  RawConnection first(listener->port());
  first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.answer().status, 200);
  RawConnection second(listener->port());
  const auto answer = second.answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.says("Retry-After"));
  EXPECT_EQ(listener->counts().connections_refused, 1U);
}

TEST(Listener, AnswersForAHandlerThatThrows) {
  const auto listener =
      listen([](const service::Request&) -> service::Response { throw std::runtime_error("x"); });
  RawConnection connection(listener->port());
  connection.send("GET /portal/ HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_TRUE(answer.says("application/problem+json"));
}

TEST(Listener, RefusesToSendFieldsThatBreakOutOfTheirLine) {
  const auto listener = listen([](const service::Request&) {
    service::Response response;
    response.headers.set("Location", "/a\r\nSet-Cookie: stolen=1");
    return response;
  });
  RawConnection connection(listener->port());
  connection.send("GET /fhir/a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.says("Set-Cookie"));
}

TEST(Listener, AStreamThatBreaksOffEndsWithoutItsLastChunk) {
  const auto listener = listen([](const service::Request&) {
    service::Response response;
    response.stream = [count = 0](std::string& piece) mutable {
      piece += "piece";
      return ++count < 2 ? service::Streamed::kMore : service::Streamed::kBroken;
    };
    return response;
  });
  RawConnection connection(listener->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string all = connection.rest();
  EXPECT_NE(all.find("piece"), std::string::npos);
  EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos);
}

TEST(Listener, SendsAStreamInChunksAndEndsIt) {
  const auto listener = listen([](const service::Request&) {
    service::Response response;
    response.stream = [count = 0](std::string& piece) mutable {
      piece += "piece " + std::to_string(++count) + "\n";
      return count < 3 ? service::Streamed::kMore : service::Streamed::kLast;
    };
    return response;
  });
  RawConnection connection(listener->port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = connection.answer();
  EXPECT_TRUE(answer.says("Transfer-Encoding: chunked"));
  EXPECT_EQ(answer.body, "piece 1\npiece 2\npiece 3\n");
  EXPECT_EQ(connection.answer().body, answer.body);
  RawConnection old(listener->port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.answer().body, answer.body);
}

TEST(Listener, ServesOnlyTheHostNamesItWasGiven) {
  const auto listener = listen(echo, {.host_names = {"localhost", "127.0.0.1"}});
  RawConnection own(listener->port());
  own.send("GET / HTTP/1.1\r\nHost: LOCALHOST:8080\r\n\r\n");
  EXPECT_EQ(own.answer().status, 200);
  RawConnection other(listener->port());
  other.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(other.answer().status, 421);
  // A probe that speaks HTTP/1.0 names none.
  RawConnection probe(listener->port());
  probe.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(probe.answer().status, 200);
}

TEST(Listener, FinishesRequestsUnderWayWhenItStops) {
  Gate gate;
  const auto listener = listen([&gate](const service::Request& request) {
    gate.pass();
    return echo(request);
  });
  RawConnection busy(listener->port());
  RawConnection idle(listener->port());
  busy.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.awaitWaiting(1);
  const std::uint16_t port = listener->port();
  auto stopped = std::async(std::launch::async, [&] { listener->stop(); });
  EXPECT_TRUE(idle.ends());
  EXPECT_EQ(stopped.wait_for(milliseconds(0)), std::future_status::timeout);
  gate.open();
  const auto answer = busy.answer();
  EXPECT_EQ(answer.body, "GET /a? ");
  EXPECT_TRUE(answer.says("Connection: close"));
  EXPECT_TRUE(busy.ends());
  stopped.wait();
  EXPECT_FALSE(RawConnection(port).connected());
}

TEST(Listener, StopsInTimeAlthoughAClientDoesNot) {
  const auto listener = listen(echo, {.drain_time = milliseconds(40)});
  RawConnection connection(listener->port());
  connection.send(
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(connection.answer().status, 100);
  const auto before = std::chrono::steady_clock::now();
  listener->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_TRUE(connection.ends());
}

TEST(Listener, ServesManyConnectionsOnSeveralThreads) {
  const auto listener = listen(echo, {.io_threads = 2, .workers = 3});
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      RawConnection connection(listener->port());
      for (int j = 0; j < 50; ++j) {
        const std::string path = "/" + std::to_string(i) + "/" + std::to_string(j);
        connection.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        if (connection.answer().body == "GET " + path + "? ") ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 400);
}

}  // namespace
}  // namespace planbro::http
