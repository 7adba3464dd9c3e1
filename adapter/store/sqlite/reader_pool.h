// Connections for reading, made when first needed and lent one at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/view.h"

namespace planbro::store::sqlite {

// Any thread.
class ReaderPool {
 public:
  ReaderPool(const SqliteOptions& options, std::shared_ptr<const Dictionaries> dictionaries)
      : options_(options), dictionaries_(std::move(dictionaries)), bodies_(options.body_bytes) {}

  // kUnavailable after options.reader_wait_ms without a free one.
  Result<std::unique_ptr<Session>> take();
  void giveBack(std::unique_ptr<Session> session);

  // No connection is lent from here on until letIn(), and those that are lent are waited for, no
  // longer than `wait`. False: some are still out, and connections are lent again already.
  bool keepOut(std::chrono::milliseconds wait);
  void letIn();

 private:
  SqliteOptions options_;
  std::shared_ptr<const Dictionaries> dictionaries_;
  BodyCache bodies_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::condition_variable all_back_;
  std::vector<std::unique_ptr<Session>> free_;
  std::uint32_t lent_ = 0;
  bool kept_out_ = false;
};

}  // namespace planbro::store::sqlite
