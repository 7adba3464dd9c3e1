#include "base/blocked.h"

namespace planbro {
namespace {
thread_local BlockingObserver* observer_of_thread = nullptr;
}

void setBlockingObserver(BlockingObserver* observer) { observer_of_thread = observer; }

Parking::Parking() : observer_(observer_of_thread) {}

void Parking::park() {
  if (observer_ != nullptr) observer_->blocked();
  go_on_.wait();
}

void Parking::unpark() {
  if (observer_ != nullptr) {
    observer_->ready(go_on_);
  } else {
    go_on_.give();
  }
}

Blocked::Blocked() : observer_(observer_of_thread) {
  if (observer_ != nullptr) observer_->blocked();
}

Blocked::~Blocked() {
  if (observer_ == nullptr) return;
  Signal go_on;
  observer_->ready(go_on);
  go_on.wait();
}

}  // namespace planbro
