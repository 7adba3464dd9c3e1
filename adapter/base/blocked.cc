#include "base/blocked.h"

#include <utility>

namespace planbro {
namespace {
thread_local BlockingObserver* observer_of_thread = nullptr;
}

void setBlockingObserver(BlockingObserver* observer) { observer_of_thread = observer; }

Blocked::Blocked() : told_(std::exchange(observer_of_thread, nullptr)) {
  if (told_ != nullptr) told_->blocked();
}

Blocked::~Blocked() {
  if (told_ == nullptr) return;
  told_->resumed();
  observer_of_thread = told_;
}

}  // namespace planbro
