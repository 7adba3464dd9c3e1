// A copy of a SQLite store while it is in use.
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.h"

namespace planbro::store {

// The file in which a store is made that gets its name when it is whole: "NAME.partial", this
// process' alone as long as the object lives. What another process has left of it is kept. One
// thread; nothing of it may be open any more when the object goes.
class UnfinishedStore {
 public:
  // kConflict: there is a store of that name, or a log left by one, or another process makes it.
  // kIo: the file cannot be made.
  static Result<std::unique_ptr<UnfinishedStore>> claim(const std::filesystem::path& name);
  ~UnfinishedStore();
  UnfinishedStore(const UnfinishedStore&) = delete;
  UnfinishedStore& operator=(const UnfinishedStore&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // It becomes what `store` holds, of whatever schema: compact, checked. kCorrupt: that is damaged
  // or empty.
  Status fill(const std::filesystem::path& store);
  void remove();
  // Gives it its name, on disk on return. Whoever may only read it can open it. kConflict: the name
  // has been taken meanwhile.
  Status finish();

 private:
  UnfinishedStore(std::filesystem::path name, int file);
  Status empty();

  std::filesystem::path name_;
  std::filesystem::path path_;
  int file_;  // its lock is ours
};

// `copy` becomes a store of the moment at which this began: compact, checked, on disk, of the same
// schema. Writers and readers go on. kConflict: `copy` is there already, or is being made;
// kCorrupt: the store is damaged or empty; kIo: the copy cannot be written. Nothing of it stays
// then.
Status backupSqlite(const std::filesystem::path& store, const std::filesystem::path& copy);

}  // namespace planbro::store
