#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace planbro::http {
namespace {

constexpr ReaderLimits kLimits{.max_header_bytes = 4096, .max_body_bytes = 1000};

// Feeds the reader until it has made up its mind or used everything up.
void feed(RequestReader& reader, std::string_view bytes) {
  while (true) {
    const auto before = reader.state();
    const std::size_t used = reader.read(bytes);
    bytes.remove_prefix(used);
    if (reader.state() == RequestReader::State::kComplete ||
        reader.state() == RequestReader::State::kRefused)
      return;
    if (used == 0 && reader.state() == before) return;
  }
}

int statusOf(std::string_view bytes) {
  RequestReader reader(kLimits);
  feed(reader, bytes);
  if (reader.state() == RequestReader::State::kComplete) return 200;
  return reader.state() == RequestReader::State::kRefused ? reader.refusal().status : 0;
}

service::Request read(std::string_view bytes) {
  RequestReader reader(kLimits);
  feed(reader, bytes);
  EXPECT_EQ(reader.state(), RequestReader::State::kComplete) << bytes;
  return reader.take();
}

TEST(RequestReader, ReadsARequestByteByByte) {
  const std::string bytes = "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  RequestReader reader(kLimits);
  std::string kept;
  for (const char c : bytes) {
    kept += c;
    kept.erase(0, reader.read(kept));
    if (reader.state() == RequestReader::State::kBody) kept.erase(0, reader.read(kept));
  }
  ASSERT_EQ(reader.state(), RequestReader::State::kComplete);
  const auto request = reader.take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b");
  EXPECT_EQ(request.body, "abc");
  EXPECT_EQ(request.headers.get("host"), "x");
}

TEST(RequestReader, TakesARawPipeAndUtf8InAQuery) {
  EXPECT_EQ(read("GET /P?identifier=urn:a|5&name=\xC3\x98yvind HTTP/1.1\r\nHost: x\r\n\r\n").query,
            "identifier=urn:a|5&name=\xC3\x98yvind");
}

TEST(RequestReader, TakesTheAbsoluteFormAndItsHost) {
  const auto request = read("GET http://a.example:80?q HTTP/1.1\r\nHost: b\r\n\r\n");
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.query, "q");
  EXPECT_EQ(request.headers.get("Host"), "a.example:80");
  EXPECT_EQ(read("OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n").path, "*");
  EXPECT_EQ(statusOf("GET * HTTP/1.1\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), 400);
}

TEST(RequestReader, WantsExactlyOneValidHost) {
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("GET / HTTP/1.0\r\n\r\n"), 200);
}

TEST(RequestReader, RefusesWhatServersAndProxiesReadDifferently) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(statusOf(post + "A: b\r\n c\r\n\r\n"), 400) << "folded field";
  EXPECT_EQ(statusOf(post + "A: b\r\n\tc\r\n\r\n"), 400) << "folded field";
  EXPECT_EQ(statusOf("GET / HTTP/1.1\nHost: x\n\n"), 400) << "bare line feeds";
  EXPECT_EQ(statusOf(post + "A : b\r\n\r\n"), 400) << "space before the colon";
  EXPECT_EQ(statusOf(post + "A: b\rc\r\n\r\n"), 400) << "bare carriage return";
  EXPECT_EQ(statusOf(post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(statusOf(post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(statusOf(post + "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\na"), 400);
  EXPECT_EQ(statusOf(post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na"), 400);
  EXPECT_EQ(statusOf(post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), 400);
  EXPECT_EQ(statusOf(post + "Content-Length: 1, 1\r\n\r\na"), 400);
  EXPECT_EQ(statusOf(post + "Content-Length: +1\r\n\r\na"), 400);
  EXPECT_EQ(statusOf(post + "Content-Length: \r\n\r\n"), 400);
  EXPECT_EQ(statusOf(post + "Content-Length: 99999999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(statusOf(post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(statusOf(post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"), 400);
  EXPECT_EQ(statusOf(post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"), 400);
}

TEST(RequestReader, KnowsNoTransferCodingButChunked) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ";
  EXPECT_EQ(statusOf(post + "gzip\r\n\r\n"), 501);
  EXPECT_EQ(statusOf(post + "gzip, chunked\r\n\r\n"), 501);
  EXPECT_EQ(statusOf(post + "identity\r\n\r\n"), 501);
  EXPECT_EQ(statusOf(post + "xchunked\r\n\r\n"), 501);
  EXPECT_EQ(statusOf(post + "Chunked\r\n\r\n0\r\n\r\n"), 200);
}

TEST(RequestReader, TellsWhatElseItCannotMeet) {
  EXPECT_EQ(statusOf("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n"), 417);
  EXPECT_EQ(statusOf("GET /a?b c HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("\x16\x03\x01\x02\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n"), 400);
}

TEST(RequestReader, PassesOverEmptyLinesBeforeARequest) {
  EXPECT_EQ(read("\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n").path, "/a");
}

TEST(RequestReader, IgnoresTrailerFields) {
  const auto request = read(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  EXPECT_EQ(request.body, "abc");
  EXPECT_FALSE(request.headers.get("Authorization").has_value());
}

TEST(RequestReader, LeavesTheNextRequestInPlace) {
  const std::string two =
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nzGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
  RequestReader reader(kLimits);
  std::string_view rest = two;
  rest.remove_prefix(reader.read(rest));
  rest.remove_prefix(reader.read(rest));
  ASSERT_EQ(reader.state(), RequestReader::State::kComplete);
  EXPECT_EQ(reader.take().body, "z");
  EXPECT_TRUE(rest.starts_with("GET /b"));
  rest.remove_prefix(reader.read(rest));
  reader.read(rest);
  ASSERT_EQ(reader.state(), RequestReader::State::kComplete);
  EXPECT_EQ(reader.take().path, "/b");
}

}  // namespace
}  // namespace planbro::http
