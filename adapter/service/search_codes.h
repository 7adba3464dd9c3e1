// The codes of value sets and hierarchies for a search, from the service's terminology.
#pragma once

#include "search/code_sets.h"
#include "service/context.h"

namespace planbro::service {

// One thread; both arguments must outlive it. Without a terminology nothing is known.
class SearchCodes final : public search::CodeSets {
 public:
  SearchCodes(const Context& context, store::Reader& view) : context_(context), view_(view) {}

  std::expected<std::vector<Codes>, search::CodesFault> valueSet(
      std::string_view address) const override;
  std::expected<std::vector<std::string>, search::CodesFault> below(
      std::string_view system, std::string_view code) const override;
  std::expected<std::vector<std::string>, search::CodesFault> above(
      std::string_view system, std::string_view code) const override;

 private:
  const Context& context_;
  store::Reader& view_;  // for the value sets that are stored
};

}  // namespace planbro::service
