// The cursors of pages as callers see them: opaque, authenticated, and good for one caller.
//
// A cursor of the store is numbers; sealed, it is base64url with an HMAC-SHA-256 in front, over the
// numbers and over whom and what it was made for. The key belongs to the installation: it is made
// once and kept among the store's values, so that every process on the store takes the others'.
// Threads: any.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/store.h"

namespace planbro::service {

class CursorSeal {
 public:
  // `store` must outlive it.
  explicit CursorSeal(store::Store& store) : store_(store) {}

  // Reads the key, or makes it. Until that has succeeded once, seal() and open() try it again;
  // which they cannot inside a transaction.
  Status prepare();

  // `bound`: the caller and the place, the same on opening.
  Result<std::string> seal(std::string_view cursor, std::string_view bound);
  // kInvalidArgument: not made here, or for someone or something else.
  Result<std::string> open(std::string_view sealed, std::string_view bound);

 private:
  Result<std::string> key();
  std::string sealOf(std::string_view key, std::string_view cursor, std::string_view bound) const;

  store::Store& store_;
  std::mutex lock_;
  std::string key_;  // under lock_; empty: not there yet
};

}  // namespace planbro::service
