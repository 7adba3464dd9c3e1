// The room a run of a map works in, kept by its thread for the next run: records come by the
// million, and none of them should cost an allocation for what is thrown away afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhirpath/program.h"
#include "mapping/target_tree.h"

namespace planbro::mapping {

// What a variable of a group stands for: a value of the source, or a node of the target.
struct BoundValue {
  fhirpath::Value value;
  TargetNode* node = nullptr;
  fhir::TypeId type = 0;  // what cast() says the value is; 0: what it is itself
  explicit operator bool() const { return node != nullptr || static_cast<bool>(value); }
};

// The variables of a call of a group, by slot.
using Frame = BoundValue*;

// Frames are given out and taken back in order.
class Frames {
 public:
  struct Mark {
    std::size_t block = 0, used = 0;
  };
  Mark mark() const { return {block_, used_}; }
  void release(const Mark& mark) {
    block_ = mark.block;
    used_ = mark.used;
  }
  // `count` variables without a value.
  Frame take(std::size_t count);

 private:
  struct Block {
    std::unique_ptr<BoundValue[]> values;
    std::size_t size = 0;
  };
  static constexpr std::size_t kBlock = 1024;

  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

// The ids of names that a run has already made: maps name the same subject a hundred times.
class KnownIds {
 public:
  // The id of that name; nothing if it is not known (any more).
  std::optional<std::string_view> find(std::string_view name) const {
    const Entry& entry = entries_[placeOf(name)];
    if (entry.id.empty() || entry.name != name) return std::nullopt;
    return entry.id;
  }
  // Both must live until clear().
  void put(std::string_view name, std::string_view id) { entries_[placeOf(name)] = {name, id}; }
  void clear() { entries_.fill({}); }

 private:
  struct Entry {
    std::string_view name, id;
  };
  static std::size_t placeOf(std::string_view name) {
    return std::hash<std::string_view>()(name) % 256;
  }
  std::array<Entry, 256> entries_;
};

struct Workspace {
  NodePool nodes;
  Frames frames;
  KnownIds ids;
  std::vector<BoundValue> values;           // of a transform
  std::vector<fhirpath::NamedValue> named;  // that an expression sees
  std::string text;                         // that a transform joins
};

// The thread's workspace, empty; a new one if a run on this thread uses it already.
class WorkspaceHold {
 public:
  WorkspaceHold();
  ~WorkspaceHold();
  WorkspaceHold(const WorkspaceHold&) = delete;
  WorkspaceHold& operator=(const WorkspaceHold&) = delete;

  Workspace& operator*() const { return *workspace_; }

 private:
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace planbro::mapping
