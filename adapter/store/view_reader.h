// A store's View as a Reader, or as the reading half of a Transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace planbro::store {

// `Interface` is Reader or Transaction. Searches are not among it, as they need more. Threads and
// failures as of the View.
template <typename Interface, typename View>
class ViewReader : public Interface {
 public:
  template <typename... Arguments>
  explicit ViewReader(Arguments&&... arguments) : view_(std::forward<Arguments>(arguments)...) {}

  Result<Version> read(std::string_view type, std::string_view id) override {
    return view_.read(type, id);
  }
  Result<Version> readVersion(std::string_view type, std::string_view id,
                              std::uint64_t version) override {
    return view_.readVersion(type, id, version);
  }
  Result<std::vector<Version>> history(const HistoryQuery& query) override {
    return view_.history(query);
  }
  Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit) override {
    return view_.changesAfter(cursor, limit);
  }
  Result<LogRange> logRange() override { return view_.logRange(); }
  Result<std::string> value(std::string_view name) override { return view_.value(name); }
  Result<std::vector<std::string>> valueNames() override { return view_.valueNames(); }

 protected:
  View view_;
};

}  // namespace planbro::store
