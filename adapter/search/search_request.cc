#include "search/search_request.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/text.h"
#include "search/filter_parser.h"

namespace planbro::search {
namespace {

using fhir::Issue;

constexpr std::size_t kMaxAsked = 200;  // parameters of one search
constexpr std::size_t kMaxSorts = 8;
constexpr std::size_t kShown = 80;

class RequestParser {
 public:
  RequestParser(const Parameters& parameters, const SearchContext& context)
      : parameters_(parameters),
        context_(context),
        filters_(parameters, ValueContext{context.base, context.now, context.codes}) {
    request_.query.type = context.type;
    request_.query.count = std::min(context.default_count, context.max_count);
    request_.query.total = true;
  }

  void parse(const std::string& name, const std::string& value) {
    if (name == "_cursor") {
      request_.query.cursor = value;
      return;
    }
    const std::size_t issues_before = issues_.size() + filters_.issues().size();
    const std::size_t warnings_before = request_.warnings.size();
    if (!control(name, value)) filter(name, value);
    if (issues_.size() + filters_.issues().size() == issues_before &&
        request_.warnings.size() == warnings_before)
      request_.applied.emplace_back(name, value);
  }

  std::expected<SearchRequest, std::vector<Issue>> finish() && {
    if (request_.summary == Summary::kText && !request_.includes.empty())
      issues_.push_back(fhir::makeIssue("PB-4534"));
    std::move(filters_.issues().begin(), filters_.issues().end(), std::back_inserter(issues_));
    if (!issues_.empty()) return std::unexpected(std::move(issues_));
    if (request_.summary == Summary::kCount) {
      request_.query.count = 0;
      request_.query.total = true;
    }
    return std::move(request_);
  }

 private:
  void filter(const std::string& name, const std::string& value) {
    const std::size_t before = filters_.issues().size();
    auto predicate = filters_.parse(context_.type, name, value);
    if (predicate) {
      request_.query.where.children.push_back(std::move(*predicate));
      return;
    }
    std::vector<Issue>& found = filters_.issues();
    // Without one of its names a _filter would find far more than was asked for; a _query that is
    // not known is refused in any case (R4, search.html, 3.1.1.7).
    const bool whole = name == "_filter" || name == "_query";
    for (std::size_t i = before; i < found.size(); ++i) {
      const bool unknown = found[i].code == "PB-4502" || found[i].code == "PB-4503";
      if (unknown) nameControl(name, found[i]);
      if (!unknown || !context_.lenient || whole) continue;
      found[i].severity = fhir::Severity::kWarning;
      request_.warnings.push_back(std::move(found[i]));
      found.erase(found.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }

  // "_counts": the nearest name may be one of those that are no filters.
  static void nameControl(const std::string& name, Issue& issue) {
    if (name.empty() || name[0] != '_' || issue.arguments.empty() || issue.arguments[0] != name)
      return;
    const std::vector<std::string_view> names(kControls.begin(), kControls.end());
    const auto near = nearestName(name, names);
    if (near)
      issue = fhir::makeIssue("PB-4502", {}, {name, issue.arguments[1], std::string(*near)});
  }

  // Whether it is a parameter of the result, not of the matches.
  bool control(const std::string& name, const std::string& value) {
    if (name == "_count") {
      count(value);
    } else if (name == "_sort") {
      sort(value);
    } else if (name == "_total") {
      oneOf(name, value, {"accurate", "estimate", "none"});
      request_.query.total = value != "none";
    } else if (name == "_summary") {
      summary(value);
    } else if (name == "_elements") {
      for (const std::string_view one : split(value, ','))
        if (!trim(one).empty()) request_.elements.emplace_back(trim(one));
      if (request_.elements.empty()) wrong(name, "id,status");
    } else if (name == "_format") {
      request_.format = value;
    } else if (name == "_explain" && context_.explain) {
      oneOf(name, value, {"true", "false"});
      request_.explain = value == "true";
    } else if (name == "_pretty") {
      oneOf(name, value, {"true", "false"});
      request_.pretty = value == "true";
    } else if (name == "_include" || name == "_include:iterate" || name == "_include:recurse") {
      include(name, value, false);
    } else if (name == "_revinclude" || name == "_revinclude:iterate" ||
               name == "_revinclude:recurse") {
      include(name, value, true);
    } else {
      return false;
    }
    return true;
  }

  void wrong(std::string_view name, std::string_view example) {
    issues_.push_back(fhir::makeIssue("PB-4505", {}, {std::string(name), std::string(example)}));
  }

  void oneOf(std::string_view name, std::string_view value,
             std::initializer_list<std::string_view> allowed) {
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
    std::string example;
    for (const std::string_view one : allowed) {
      if (!example.empty()) example += ", ";
      example += one;
    }
    wrong(name, example);
  }

  void count(const std::string& value) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool large = error == std::errc::result_out_of_range;
    if (value.empty() || end != value.data() + value.size() || (error != std::errc() && !large)) {
      wrong("_count", "20");
      return;
    }
    request_.query.count = large || number > context_.max_count
                               ? context_.max_count
                               : static_cast<std::uint32_t>(number);
    if (number == 0 && !large) request_.query.total = true;
  }

  void sort(std::string_view value) {
    for (std::string_view key : split(value, ',')) {
      store::Sort sort;
      if (key.starts_with('-')) {
        sort.descending = true;
        key.remove_prefix(1);
      }
      if (key.empty()) return wrong("_sort", "-date,status");
      const Parameter* parameter = parameters_.find(context_.type, key);
      const bool sortable = parameter != nullptr && parameter->type != ParameterType::kComposite &&
                            parameter->type != ParameterType::kSpecial;
      if (!sortable) {
        cannotSort(key, parameter == nullptr);
        continue;
      }
      if (request_.query.sort.size() >= kMaxSorts) {
        issues_.push_back(fhir::makeIssue("PB-4509", {}, {"_sort"}));
        return;
      }
      sort.parameter = parameter->code;
      sort.kind = rowKind(parameter->type);
      request_.query.sort.push_back(std::move(sort));
    }
  }

  void cannotSort(std::string_view key, bool unknown) {
    std::vector<std::string> arguments{std::string(key.substr(0, kShown)),
                                       std::string(context_.type)};
    std::vector<std::string_view> names;
    if (unknown)
      for (const Parameter& one : parameters_.of(context_.type)) names.push_back(one.code);
    if (const auto near = nearestName(key, names)) {
      arguments.emplace_back(*near);
      issues_.push_back(fhir::makeIssue("PB-4535", {}, std::move(arguments)));
    } else {
      issues_.push_back(fhir::makeIssue("PB-4507", {}, std::move(arguments)));
    }
  }

  void summary(std::string_view value) {
    oneOf("_summary", value, {"true", "text", "data", "count", "false"});
    if (value == "true") request_.summary = Summary::kTrue;
    if (value == "text") request_.summary = Summary::kText;
    if (value == "data") request_.summary = Summary::kData;
    if (value == "count") request_.summary = Summary::kCount;
    if (value == "false") request_.summary = Summary::kNone;
  }

  void include(std::string_view name, std::string_view value, bool reverse) {
    Include out;
    out.reverse = reverse;
    out.iterate = name.find(':') != std::string_view::npos;
    const std::vector<std::string_view> parts = split(value, ':');
    bool right = parts.size() == 2 || parts.size() == 3;
    if (reverse && value == "*") {
      for (const std::string_view type : parameters_.types())
        request_.includes.push_back({true, out.iterate, std::string(type), "*", {}});
      return;
    }
    if (!reverse && value == "*") {
      // What was found may be of any type.
      std::vector<std::string_view> types{context_.type};
      if (out.iterate) types = parameters_.types();
      for (const std::string_view type : types)
        request_.includes.push_back({false, out.iterate, std::string(type), "*", {}});
      return;
    }
    if (right) {
      out.source_type = parts[0];
      out.parameter = parts[1];
      if (parts.size() == 3) out.target_type = parts[2];
      const Parameter* parameter = parameters_.find(out.source_type, out.parameter);
      const bool all = out.parameter == "*" && !parameters_.of(out.source_type).empty();
      right = all || (parameter != nullptr && parameter->type == ParameterType::kReference);
      if (right && !out.target_type.empty() && !all && !parameter->targets.empty() &&
          std::find(parameter->targets.begin(), parameter->targets.end(), out.target_type) ==
              parameter->targets.end())
        right = false;
    }
    if (!right) return cannotInclude(name, value, out);
    // Without :iterate only the matches themselves can be where it begins, or where it leads.
    const std::string& end = reverse ? out.target_type : out.source_type;
    if (!out.iterate && !end.empty() && end != context_.type) {
      issues_.push_back(
          fhir::makeIssue("PB-4538", {},
                          {std::string(name).append("=").append(value.substr(0, kShown)), end,
                           std::string(context_.type), std::string(name)}));
      return;
    }
    request_.includes.push_back(std::move(out));
  }

  void cannotInclude(std::string_view name, std::string_view value, const Include& read) {
    std::string asked(name);
    asked.append("=").append(value.substr(0, kShown));
    if (auto near = nearestReference(parameters_, read.source_type, read.parameter)) {
      issues_.push_back(fhir::makeIssue("PB-4536", {}, {std::move(asked), std::move(*near)}));
    } else {
      issues_.push_back(fhir::makeIssue("PB-4506", {}, {std::move(asked), "CarePlan:care-team"}));
    }
  }

  const Parameters& parameters_;
  const SearchContext& context_;
  FilterParser filters_;
  SearchRequest request_;
  std::vector<Issue> issues_;
};

}  // namespace

std::expected<SearchRequest, std::vector<Issue>> parseQuery(
    const Parameters& parameters, const SearchContext& context,
    std::span<const std::pair<std::string, std::string>> asked) {
  if (asked.size() > kMaxAsked)
    return std::unexpected(std::vector{fhir::makeIssue("PB-4509", {}, {"&"})});
  RequestParser parser(parameters, context);
  for (const auto& [name, value] : asked) parser.parse(name, value);
  return std::move(parser).finish();
}

}  // namespace planbro::search
