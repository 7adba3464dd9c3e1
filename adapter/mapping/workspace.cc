#include "mapping/workspace.h"

#include <algorithm>
#include <utility>

namespace planbro::mapping {
namespace {

// What a thread keeps for its next run at most.
constexpr std::size_t kMostNodes = 32'768;

std::unique_ptr<Workspace>& spare() {
  static thread_local std::unique_ptr<Workspace> workspace;
  return workspace;
}

}  // namespace

Frame Frames::take(std::size_t count) {
  while (block_ < blocks_.size() && used_ + count > blocks_[block_].size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t size = std::max(count, kBlock);
    blocks_.push_back({std::make_unique<BoundValue[]>(size), size});
  }
  const Frame frame = blocks_[block_].values.get() + used_;
  used_ += count;
  std::fill_n(frame, count, BoundValue{});
  return frame;
}

WorkspaceHold::WorkspaceHold() : workspace_(std::move(spare())) {
  if (workspace_ == nullptr) workspace_ = std::make_unique<Workspace>();
}

WorkspaceHold::~WorkspaceHold() {
  workspace_->nodes.clear(kMostNodes);
  workspace_->frames.release({});
  workspace_->ids.clear();
  spare() = std::move(workspace_);
}

}  // namespace planbro::mapping
