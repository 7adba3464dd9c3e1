#include "store/sqlite/compression.h"

#include <gtest/gtest.h>

#include <string>

namespace planbro::store::sqlite {
namespace {

TEST(Compression, GivesBackWhatItTook) {
  Compression compression;
  for (const std::size_t size : {0U, 1U, 1000U, 1'000'000U}) {
    std::string body(size, 'a');
    for (std::size_t i = 0; i < size; i += 7) body[i] = static_cast<char>(i);
    const auto frame = compression.compress(body);
    ASSERT_TRUE(frame);
    EXPECT_EQ(compression.decompress(*frame).value(), body) << size;
  }
}

TEST(Compression, EveryChangedByteIsNoticed) {
  Compression compression;
  const std::string body = R"({"resourceType":"Patient","id":"a","gender":"male"})";
  const std::string frame = compression.compress(body).value();
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string damaged = frame;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x15);
    const auto read = compression.decompress(damaged);
    if (read) {
      EXPECT_EQ(*read, body) << i;  // a byte of the header that carries nothing
    } else {
      EXPECT_EQ(read.error().code, ErrorCode::kCorrupt) << i;
    }
  }
  EXPECT_EQ(compression.decompress("").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(compression.decompress(frame.substr(0, 12)).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace planbro::store::sqlite
