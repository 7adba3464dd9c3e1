// Refusals of several entries of a bundle as one. Internal to service/.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "service/bundle_entry.h"
#include "service/outcome.h"

namespace planbro::service {

// The status of the first, the issues of all.
class Refusals {
 public:
  void add(Answer answer, std::size_t index) {
    placeInEntry(answer.issues, index);
    if (status_ == 0) status_ = answer.status;
    std::move(answer.issues.begin(), answer.issues.end(), std::back_inserter(issues_));
  }
  bool any() const { return status_ != 0; }
  Answer answer() && { return refuse(status_, std::move(issues_)); }

 private:
  int status_ = 0;
  std::vector<fhir::Issue> issues_;
};

}  // namespace planbro::service
