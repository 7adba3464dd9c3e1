// The codes of value sets and hierarchies for a search, from what is loaded and stored.
#pragma once

#include <memory>

#include "search/code_sets.h"
#include "service/context.h"
#include "store/store.h"
#include "terminology/terminology.h"

namespace planbro::service {

class CallTerminology;  // call_terminology.h

// One thread; both arguments must outlive it. Without a terminology nothing is known.
class SearchCodes final : public search::CodeSets {
 public:
  SearchCodes(const Context& context, store::Reader& view);
  ~SearchCodes() override;

  std::expected<std::vector<Codes>, search::CodesFault> valueSet(
      std::string_view address) const override;
  std::expected<std::vector<std::string>, search::CodesFault> below(
      std::string_view system, std::string_view code) const override;
  std::expected<std::vector<std::string>, search::CodesFault> above(
      std::string_view system, std::string_view code) const override;

 private:
  // nullptr without a terminology.
  const terminology::Terminology* known() const;
  const terminology::CodeSystem* wholeSystem(std::string_view url) const;

  const Context& context_;
  store::Reader& view_;
  mutable std::unique_ptr<CallTerminology> terminology_;  // made when it is first needed
};

}  // namespace planbro::service
