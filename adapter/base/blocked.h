// Threads of a pool tell it when they wait for something else than the processor, so that it lets
// another one work meanwhile, and go on when it has room for them again: what many threads waited
// for may come to all of them at once, and they would crowd out the thread that brings the next.
#pragma once

#include <semaphore.h>

namespace planbro {

// One call from another thread, before or while it is waited for. The system's semaphore: the
// standard library's looks again and again before it sleeps.
class Signal {
 public:
  Signal() { ::sem_init(&semaphore_, 0, 0); }
  ~Signal() { ::sem_destroy(&semaphore_); }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void wait() {
    while (::sem_wait(&semaphore_) != 0) {  // interrupted by a signal of the system
    }
  }
  // The object may be gone as soon as this has woken who waits.
  void give() { ::sem_post(&semaphore_); }

 private:
  ::sem_t semaphore_;
};

// What a pool wants to know. Called with no lock of ours held.
class BlockingObserver {
 public:
  // By the thread that is about to wait.
  virtual void blocked() = 0;
  // By any thread: what that one waits for is there. `go_on` is given now or, when there is room
  // for it, later, in the order of these calls.
  virtual void ready(Signal& go_on) = 0;

 protected:
  ~BlockingObserver() = default;
};

// The observer of the calling thread, for as long as that thread lives; nullptr: none.
void setBlockingObserver(BlockingObserver* observer);

// One wait of the thread that makes it, for another thread's word.
class Parking {
 public:
  Parking();

  // The thread's own. Returns when unpark() has been called, before or meanwhile, and its pool has
  // room.
  void park();
  // Any other thread, once; it is not touched afterwards.
  void unpark();

 private:
  BlockingObserver* const observer_;
  Signal go_on_;
};

// Stands around a wait that needs no word, as for a time. No lock of ours is held where it ends:
// the thread may wait for room there.
class Blocked {
 public:
  Blocked();
  ~Blocked();
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;

 private:
  BlockingObserver* const observer_;
};

}  // namespace planbro
