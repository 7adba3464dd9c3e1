// Threads of a pool tell it when they wait for something else than the processor, so that it lets
// another one work meanwhile.
#pragma once

namespace planbro {

// What a pool wants to know. Called by the waiting thread itself, with no lock of ours held.
class BlockingObserver {
 public:
  virtual void blocked() = 0;
  virtual void resumed() = 0;

 protected:
  ~BlockingObserver() = default;
};

// The observer of the calling thread, for as long as that thread lives; nullptr: none.
void setBlockingObserver(BlockingObserver* observer);

// Stands around a wait. Where it stands inside another one, the outer one tells alone.
class Blocked {
 public:
  Blocked();
  ~Blocked();
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;

 private:
  BlockingObserver* told_;
};

}  // namespace planbro
