// Collects issues while a resource is walked: path and position are worked out only here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fhir/issue.h"
#include "json/document.h"
#include "validation/options.h"

namespace planbro::validation {

// One element on the way from the root, living on the stack of the walk.
struct PathLink {
  const PathLink* parent = nullptr;
  std::string_view name;
  std::int32_t index = -1;        // of an element that may repeat
  std::string_view of_type = {};  // of a choice

  // "Observation.component[1].value.ofType(Quantity)"
  std::string print() const;
  // "Observation.component.value", from the nearest resource on.
  std::string printPlain() const;
};

// One validation; one thread.
class Reporter {
 public:
  Reporter(const Options& options, const json::Document& document)
      : options_(&options), document_(&document) {}

  struct Origin {
    std::string_view rule;                   // key of an invariant; empty otherwise
    std::string_view profile;                // that carries the rule
    std::optional<fhir::Severity> severity;  // else that of the code
  };

  // `at` gives the position; the document's start if it is nullptr or made by nobody.
  void add(std::string_view code, const PathLink& path, const json::Node* at,
           std::vector<std::string> arguments, const Origin& origin);
  void add(std::string_view code, const PathLink& path, const json::Node* at,
           std::vector<std::string> arguments = {}) {
    add(code, path, at, std::move(arguments), Origin{});
  }

  // A trial counts errors and keeps nothing; it may stop at the first.
  class Trial {
   public:
    explicit Trial(Reporter& reporter) : reporter_(reporter), outer_(reporter.trial_errors_) {
      reporter.trial_errors_ = &errors_;
    }
    ~Trial() { reporter_.trial_errors_ = outer_; }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    bool failed() const { return errors_ > 0; }

   private:
    Reporter& reporter_;
    std::size_t* outer_;
    std::size_t errors_ = 0;
  };

  bool full() const { return full_; }
  // The issues in the order they were found, with their positions, all counted in one pass.
  std::vector<fhir::Issue> take() &&;

 private:
  // Nothing: the rule is switched off.
  std::optional<fhir::Severity> severityOf(const fhir::Issue& issue, const Origin& origin,
                                           const PathLink& path) const;

  const Options* options_;
  const json::Document* document_;
  static constexpr std::uint32_t kNowhere = 0xffffffff;

  std::vector<fhir::Issue> issues_;
  std::vector<std::uint32_t> offsets_;  // of the issues, in the source
  std::unordered_set<std::string> seen_;
  std::size_t* trial_errors_ = nullptr;
  bool full_ = false;
};

}  // namespace planbro::validation
