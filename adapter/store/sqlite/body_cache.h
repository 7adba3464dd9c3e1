// Bodies that were read by id last, as they were before compression: the plans of the day are asked
// for again and again. A version never changes, so what is kept is never out of date.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace planbro::store::sqlite {

// Any thread. Only of what is committed: a transaction that is undone gives its sequences back.
class BodyCache {
 public:
  explicit BodyCache(std::size_t bytes) : bytes_(bytes) {}

  // nullptr: it is not kept.
  std::shared_ptr<const std::string> find(std::int64_t sequence);
  // Kept is what is offered for the second time within a while, so that what is read only once
  // costs and displaces nothing. Others have to go for it, those first that were not asked for the
  // longest time. One that would take more than an eighth of the place is not kept.
  void offer(std::int64_t sequence, std::string_view body);

 private:
  struct Kept {
    std::int64_t sequence = 0;
    std::shared_ptr<const std::string> body;
  };

  bool isSecondTime(std::int64_t sequence);

  const std::size_t bytes_;
  std::mutex mutex_;
  std::array<std::int64_t, 1024> offered_{};  // by the last digits of the sequence
  std::list<Kept> kept_;                      // the one asked for last comes first
  std::unordered_map<std::int64_t, std::list<Kept>::iterator> places_;
  std::size_t held_ = 0;  // bytes
};

}  // namespace planbro::store::sqlite
