#include "http/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>

#include "service/constant_body.h"

namespace planbro::http {
namespace {

std::string packed(std::string_view text, int window = MAX_WBITS + 16) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string unpacked(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  std::string in(bytes);
  std::string out(std::size_t{8} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

const std::string kLong(5000, 'x');

// Answers its request's body; a long text to a request without one.
service::Response echo(const service::Request& request) {
  service::Response response;
  response.headers.set("Content-Type", "application/fhir+json; charset=utf-8");
  response.headers.set("ETag", "\"1\"");
  response.headers.set("Vary", "Accept");
  response.body = request.body.empty() ? kLong : request.body;
  return response;
}

service::Response send(const service::Handler& handler, std::string body,
                       std::vector<std::pair<std::string, std::string>> headers,
                       std::string path = "/fhir/Patient") {
  service::Request request;
  request.method = "POST";
  request.path = std::move(path);
  request.body = std::move(body);
  for (auto& [name, value] : headers) request.headers.add(name, value);
  return handler(request);
}

TEST(ContentCoding, ABodyThatCameCompressedIsHandedOnAsItWas) {
  const auto handler = contentCoding(echo);
  EXPECT_EQ(send(handler, packed("plan"), {{"Content-Encoding", "gzip"}}).body, "plan");
  EXPECT_EQ(send(handler, packed("plan", MAX_WBITS), {{"Content-Encoding", "deflate"}}).body,
            "plan");
  EXPECT_EQ(send(handler, packed("one") + packed("two"), {{"Content-Encoding", "X-GZIP"}}).body,
            "onetwo");
  EXPECT_EQ(send(handler, "plan", {{"Content-Encoding", "identity"}}).body, "plan");
}

TEST(ContentCoding, ABodyThatUnpacksToMoreThanTheLimitIsRefused) {
  const auto handler = contentCoding(echo, {.max_body_bytes = 1'000'000});
  const std::string bomb = packed(std::string(1'000'001, ' '));
  EXPECT_LT(bomb.size(), 2000U);
  const auto response = send(handler, bomb, {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(response.status, 413);
  EXPECT_NE(response.body.find("PB-4082"), std::string::npos) << response.body;
  EXPECT_EQ(
      send(handler, packed(std::string(1'000'000, ' ')), {{"Content-Encoding", "gzip"}}).status,
      200);
}

TEST(ContentCoding, WhatDoesNotUnpackIsRefused) {
  const auto handler = contentCoding(echo);
  const std::string good = packed("a plan of some length");
  std::string changed = good;
  changed[changed.size() - 5] ^= 1;  // in the check sum
  for (const std::string& body :
       {std::string("plan"), good.substr(0, good.size() - 3), good + "more", changed}) {
    const auto response = send(handler, body, {{"Content-Encoding", "gzip"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("PB-6078"), std::string::npos) << response.body;
  }
}

TEST(ContentCoding, AnUnknownCodingIsRefusedWithTheKnownOnes) {
  const auto handler = contentCoding(echo);
  for (const std::string coding : {"br", "gzip, gzip"}) {
    const auto response = send(handler, "x", {{"Content-Encoding", coding}});
    EXPECT_EQ(response.status, 415);
    EXPECT_EQ(response.headers.get("Accept-Encoding"), "gzip, deflate");
    EXPECT_NE(response.body.find("OperationOutcome"), std::string::npos) << response.body;
  }
  EXPECT_EQ(
      send(handler, "x", {{"Content-Encoding", "br"}}, "/import/x").headers.get("Content-Type"),
      "application/problem+json; charset=utf-8");
}

TEST(ContentCoding, AnAnswerIsCompressedForWhoTakesIt) {
  const auto handler = contentCoding(echo);
  const auto response = send(handler, "", {{"Accept-Encoding", "br, gzip;q=0.5"}});
  EXPECT_EQ(response.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(response.headers.get("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(response.headers.get("ETag"), "W/\"1\"");
  EXPECT_EQ(unpacked(response.body), kLong);
  for (const std::string accepted : {"", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0"}) {
    const auto plain = send(handler, "", {{"Accept-Encoding", accepted}});
    EXPECT_FALSE(plain.headers.get("Content-Encoding").has_value()) << accepted;
    EXPECT_EQ(plain.body, kLong);
    EXPECT_EQ(plain.headers.get("ETag"), "\"1\"");
  }
  EXPECT_TRUE(send(handler, "", {{"Accept-Encoding", "*"}}).headers.get("Content-Encoding"));
  // Short ones are not worth it.
  EXPECT_EQ(send(handler, "short", {{"Accept-Encoding", "gzip"}}).body, "short");
}

TEST(ContentCoding, AConstantAnswerIsCompressedOnceForAll) {
  const auto body = std::make_shared<const service::ConstantBody>(kLong, "application/json");
  const auto handler = contentCoding([&](const service::Request&) {
    service::Response response;
    service::answerConstant(body, "", response);
    return response;
  });
  const auto first = send(handler, "", {{"Accept-Encoding", "gzip"}});
  const auto again = send(handler, "", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(first.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(first.headers.get("ETag"), "W/" + body->entityTag());
  EXPECT_EQ(unpacked(first.bytes()), kLong);
  EXPECT_EQ(first.bytes().data(), again.bytes().data());
  const auto plain = send(handler, "", {});
  EXPECT_EQ(plain.bytes().data(), body->bytes().data());
  EXPECT_EQ(plain.headers.get("ETag"), body->entityTag());
  EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
}

// The caller keeps the packed answer, of which the strong tag says nothing.
TEST(ContentCoding, AnUnchangedAnswerIsToldWithTheTagOfTheOneThatIsKept) {
  const auto handler = contentCoding([](const service::Request&) {
    service::Response response;
    response.status = 304;
    response.headers.set("ETag", "\"1\"");
    return response;
  });
  const auto packed_one = send(handler, "", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(packed_one.headers.get("ETag"), "W/\"1\"");
  EXPECT_EQ(packed_one.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(send(handler, "", {}).headers.get("ETag"), "\"1\"");
}

TEST(ContentCoding, FormatsThatDoNotShrinkAndLiveEventsLeaveAsTheyAre) {
  for (const std::string type : {"application/pdf", "text/event-stream"}) {
    const auto handler = contentCoding([&](const service::Request&) {
      service::Response response;
      response.headers.set("Content-Type", type);
      response.body = kLong;
      return response;
    });
    EXPECT_EQ(send(handler, "", {{"Accept-Encoding", "gzip"}}).body, kLong) << type;
  }
}

TEST(ContentCoding, AStreamIsCompressedPieceByPiece) {
  const auto handler = contentCoding([](const service::Request&) {
    service::Response response;
    response.headers.set("Content-Type", "application/fhir+ndjson");
    response.stream = [count = 0](std::string& piece) mutable {
      piece += kLong;
      return ++count == 3 ? service::Streamed::kLast : service::Streamed::kMore;
    };
    return response;
  });
  const auto response = send(handler, "", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(response.headers.get("Content-Encoding"), "gzip");
  std::string all;
  while (response.stream(all) == service::Streamed::kMore) continue;
  EXPECT_EQ(unpacked(all), kLong + kLong + kLong);
}

TEST(ContentCoding, AStreamThatBreaksStaysBroken) {
  const auto handler = contentCoding([](const service::Request&) {
    service::Response response;
    response.headers.set("Content-Type", "application/fhir+ndjson");
    response.stream = [](std::string&) { return service::Streamed::kBroken; };
    return response;
  });
  std::string all;
  EXPECT_EQ(send(handler, "", {{"Accept-Encoding", "gzip"}}).stream(all),
            service::Streamed::kBroken);
}

}  // namespace
}  // namespace planbro::http
