#include "store/compression.h"

#include <gtest/gtest.h>
#include <zdict.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::store {
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

// The form of RFC 8878, section 5, as zstd's trainer makes it.
std::string dictionaryOf(std::string_view word) {
  std::string samples;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 2000; ++i) {
    const std::string sample =
        "{\"" + std::string(word) + "\":" + std::to_string(i * 7919) + ",\"of\":\"everybody\"}";
    samples += sample;
    sizes.push_back(sample.size());
  }
  std::string dictionary(2048, '\0');
  dictionary.resize(ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), samples.data(),
                                          sizes.data(), static_cast<unsigned>(sizes.size())));
  return dictionary;
}

TEST(Compression, FramesOfEveryDictionaryAndOfNoneAreRead) {
  const std::string body = R"({"one":1,"of":"everybody","two":2})";
  Compression none;
  const auto one = std::make_shared<Dictionaries>();
  ASSERT_TRUE(one->add(dictionaryOf("one")));
  Compression first(one);
  const auto both = std::make_shared<Dictionaries>();
  ASSERT_TRUE(both->add(dictionaryOf("one")));
  ASSERT_TRUE(both->add(dictionaryOf("two")));
  Compression second(both);
  const std::string plain = none.compress(body).value();
  const std::string small = first.compress(body).value();
  EXPECT_LT(small.size(), plain.size());
  for (const std::string& frame : {plain, small, second.compress(body).value()})
    EXPECT_EQ(second.decompress(frame).value(), body);
  EXPECT_EQ(none.decompress(small).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(first.decompress(second.compress(body).value()).error().code, ErrorCode::kCorrupt);
}

TEST(Compression, WhatIsNoDictionaryIsRefused) {
  Dictionaries dictionaries;
  EXPECT_EQ(dictionaries.add("").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(dictionaries.add(std::string(500, 'x')).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace planbro::store
