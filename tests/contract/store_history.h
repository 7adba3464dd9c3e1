// Histories of many processes that are killed at random, checked afterwards: one fixture,
// instantiated once a store.
#pragma once

#include <gtest/gtest.h>

#include "contract/store_contract.h"

namespace planbro::store {

// Opens no store before it forks.
class StoreHistory : public testing::TestWithParam<StoreFactory> {
 public:
  StoreHistory();
  ~StoreHistory() override;

 protected:
  std::filesystem::path folder_;
};

}  // namespace planbro::store
