#include "search/parameters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "search/code_elements.h"
#include "search/searched_members.h"

namespace planbro::search {
namespace {

constexpr std::array<std::pair<std::string_view, ParameterType>, 9> kTypes{{
    {"token", ParameterType::kToken},
    {"string", ParameterType::kString},
    {"reference", ParameterType::kReference},
    {"date", ParameterType::kDate},
    {"number", ParameterType::kNumber},
    {"quantity", ParameterType::kQuantity},
    {"uri", ParameterType::kUri},
    {"composite", ParameterType::kComposite},
    {"special", ParameterType::kSpecial},
}};

std::optional<ParameterType> typeOf(std::string_view code) {
  for (const auto& [name, type] : kTypes) {
    if (name == code) return type;
  }
  return std::nullopt;
}

// The alternatives of "a | b | c" outside of brackets and quotes.
std::vector<std::string_view> alternatives(std::string_view expression) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\'') quoted = !quoted;
    if (quoted) continue;
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == '|' && depth == 0) {
      out.push_back(trim(expression.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  out.push_back(trim(expression.substr(begin)));
  return out;
}

// The type an alternative begins with: "Goal" of "(Goal.start as date)"; "" if with none.
std::string_view leadingType(std::string_view alternative) {
  while (!alternative.empty() && alternative[0] == '(') alternative.remove_prefix(1);
  std::size_t end = 0;
  while (end < alternative.size() && ((alternative[end] >= 'a' && alternative[end] <= 'z') ||
                                      (alternative[end] >= 'A' && alternative[end] <= 'Z')))
    ++end;
  const std::string_view name = alternative.substr(0, end);
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' ? name : std::string_view{};
}

// Takes "… .where(resolve() is X)" away from the end; the type is told by the reference itself.
std::string_view cutResolve(std::string_view alternative, std::set<std::string>& targets) {
  constexpr std::string_view kBegin = ".where(resolve() is ";
  const std::size_t at = alternative.rfind(kBegin);
  if (at == std::string_view::npos || !alternative.ends_with(')')) return alternative;
  const std::string_view type =
      alternative.substr(at + kBegin.size(), alternative.size() - at - kBegin.size() - 1);
  if (leadingType(type) != type) return alternative;
  targets.emplace(type);
  return alternative.substr(0, at);
}

// What a description says of one type. R4 describes a parameter of several types in a list,
// "Multiple Resources: * [CarePlan](careplan.html): Time period plan covers * …", a type a line.
std::string_view descriptionFor(std::string_view type, std::string_view description) {
  for (std::string_view line : split(description, '\n')) {
    line = trim(line);
    if (!line.starts_with("* [")) continue;
    const std::string_view of_type = line.substr(3);
    const std::size_t link_end = of_type.find("): ");
    if (of_type.starts_with(type) && of_type.substr(type.size()).starts_with("](") &&
        link_end != std::string_view::npos)
      return trim(of_type.substr(link_end + 3));
  }
  return trim(description);
}

using ByType = std::map<std::string, std::vector<Parameter>, std::less<>>;

class Compiler {
 public:
  Compiler(const fhir::Definitions& definitions, ByType& out, std::vector<fhir::Issue>& issues)
      : definitions_(definitions), out_(out), issues_(issues) {
    for (const fhir::Type& type : definitions.types()) {
      if (type.kind == fhir::TypeKind::kResource && !type.abstract) out_[std::string(type.name)];
    }
  }

  // All of them first: composites name others by their addresses.
  void name(const fhir::Element& definition) {
    by_url_.insert_or_assign(std::string(definition.textOf("url")), definition);
  }

  void add(const fhir::Element& definition) {
    const std::string_view expression = definition.textOf("expression");
    const auto type = typeOf(definition.textOf("type"));
    if (!type || expression.empty()) return;
    Parameter parameter;
    parameter.code = definition.textOf("code");
    parameter.type = *type;
    parameter.url = definition.textOf("url");
    parameter.documentation = definition.textOf("description");
    // What the others of this type mean is known to their own pages alone.
    if (*type == ParameterType::kSpecial && parameter.code != "near") return;
    readTargets(definition, parameter);
    if (*type == ParameterType::kComposite && !addComponents(definition, parameter)) return;
    definition.forEachChild(
        "base", [&](const fhir::Element& base) { addFor(base.text(), parameter, expression); });
  }

  void finish() {
    for (auto& [type, parameters] : out_) {
      // Of equal codes the one added last stays.
      std::stable_sort(parameters.begin(), parameters.end(),
                       [](const Parameter& a, const Parameter& b) { return a.code < b.code; });
      std::vector<Parameter> kept;
      for (Parameter& parameter : parameters) {
        if (!kept.empty() && kept.back().code == parameter.code) kept.pop_back();
        kept.push_back(std::move(parameter));
      }
      parameters = std::move(kept);
    }
  }

 private:
  static void readTargets(const fhir::Element& definition, Parameter& parameter) {
    definition.forEachChild("target", [&](const fhir::Element& target) {
      parameter.targets.emplace_back(target.text());
    });
    if (parameter.targets.size() == 1 && parameter.targets[0] == "Resource")
      parameter.targets.clear();
    std::sort(parameter.targets.begin(), parameter.targets.end());
  }

  void broken(const Parameter& parameter, std::string reason) {
    issues_.push_back(fhir::makeIssue("PB-4501", {}, {parameter.url, std::move(reason)}));
  }

  bool addComponents(const fhir::Element& definition, Parameter& parameter) {
    struct Component {
      fhir::Element defined;
      std::string expression;
    };
    std::vector<Component> found;
    bool known = true;
    definition.forEachChild("component", [&](const fhir::Element& component) {
      const auto other = by_url_.find(std::string(component.textOf("definition")));
      if (other == by_url_.end()) {
        known = false;
        broken(parameter, std::string(component.textOf("definition")));
        return;
      }
      found.push_back({other->second, std::string(component.textOf("expression"))});
    });
    if (!known || found.size() < 2) return false;
    // R4 has the definitions of DocumentReference's relationship the wrong way round.
    const auto defines = [&](std::size_t i, std::size_t j) {
      return found[i].defined.textOf("expression").ends_with("." + found[j].expression);
    };
    if (found.size() == 2 && defines(0, 1) && defines(1, 0))
      std::swap(found[0].defined, found[1].defined);
    for (std::size_t i = 0; i < found.size(); ++i) {
      Parameter& one = parameter.components.emplace_back();
      one.code = parameter.code + "$" + std::to_string(i);
      one.url = parameter.url;
      const auto type = typeOf(found[i].defined.textOf("type"));
      if (!type || *type == ParameterType::kComposite || *type == ParameterType::kSpecial) {
        broken(parameter, std::string(found[i].defined.textOf("url")));
        return false;
      }
      one.type = *type;
      readTargets(found[i].defined, one);
      std::string& expression = found[i].expression;
      // R4 writes FHIR's dateTime so, which is the name of another type.
      if (const std::size_t at = expression.find("as(DateTime)"); at != std::string::npos)
        expression.replace(at, 12, "as(dateTime)");
      one.program = compiled(expression, one);
      if (one.program == nullptr) return false;
    }
    return true;
  }

  void addFor(std::string_view base, const Parameter& parameter, std::string_view expression) {
    const fhir::TypeId base_id = definitions_.findType(base);
    if (base_id == 0) return;
    if (!definitions_.type(base_id).abstract) {
      addOne(std::string(base), parameter, expression);
      return;
    }
    for (const fhir::Type& type : definitions_.types()) {
      if (type.kind == fhir::TypeKind::kResource && !type.abstract &&
          definitions_.isA(definitions_.findType(type.name), base_id))
        addOne(std::string(type.name), parameter, expression);
    }
  }

  void addOne(const std::string& type, Parameter parameter, std::string_view expression) {
    const auto found = out_.find(type);
    if (found == out_.end()) return;
    parameter.documentation = std::string(descriptionFor(type, parameter.documentation));
    // The store itself knows these two.
    if (parameter.code != "_id" && parameter.code != "_lastUpdated") {
      std::set<std::string> targets;
      parameter.program = programFor(type, parameter, expression, targets);
      if (parameter.program == nullptr) return;
      findCodes(parameter);
      parameter.canonical = parameter.type == ParameterType::kReference && isCanonical(parameter);
      if (!targets.empty()) parameter.targets.assign(targets.begin(), targets.end());
    }
    found->second.push_back(std::move(parameter));
  }

  // The elements of type code that a token, or a composite's token, searches.
  void findCodes(Parameter& parameter) const {
    const std::vector<std::string_view> paths = alternatives(sourceOf(*parameter.program));
    if (parameter.type == ParameterType::kToken) {
      for (const std::string_view path : paths) addCode(parameter, path);
      parameter.only_codes = parameter.code_elements.size() == paths.size();
    }
    for (Parameter& component : parameter.components) {
      if (component.type != ParameterType::kToken) continue;
      for (const std::string_view path : paths)
        addCode(component, std::string(path) + "." + std::string(sourceOf(*component.program)));
      component.only_codes = component.code_elements.size() == paths.size();
    }
  }

  bool isCanonical(const Parameter& parameter) const {
    for (const std::string_view path : alternatives(sourceOf(*parameter.program))) {
      for (const fhir::Member* member : searchedMembers(definitions_, path)) {
        const std::string_view type = definitions_.type(member->type).name;
        if (type == "canonical" || type == "uri") return true;
      }
    }
    return false;
  }

  void addCode(Parameter& parameter, std::string_view expression) const {
    for (const fhir::Member* member : searchedMembers(definitions_, expression)) {
      const std::string_view type = definitions_.type(member->type).name;
      parameter.any_case |=
          type == "string" || type == "ContactPoint" || member->path.ends_with(".language");
    }
    if (const std::string_view path = codeElement(definitions_, expression); !path.empty())
      parameter.code_elements.emplace_back(path);
  }

  fhirpath::ProgramPtr programFor(const std::string& type, const Parameter& parameter,
                                  std::string_view expression, std::set<std::string>& targets) {
    std::string own;
    for (const std::string_view alternative : alternatives(expression)) {
      const std::string_view leading = leadingType(alternative);
      const bool of_type = leading.empty() || leading == type || leading == "Resource" ||
                           leading == "DomainResource";
      if (!of_type) continue;
      if (!own.empty()) own += " | ";
      own += cutResolve(alternative, targets);
    }
    if (own.empty()) own = expression;
    return compiled(std::move(own), parameter);
  }

  fhirpath::ProgramPtr compiled(std::string own, const Parameter& parameter) {
    const auto known = programs_.find(own);
    if (known != programs_.end()) return known->second;
    fhirpath::CompileOptions options;
    options.definitions = &definitions_;
    auto program = fhirpath::compile(own, options);
    if (!program) {
      broken(parameter, program.error().message);
      programs_.emplace(std::move(own), nullptr);
      return nullptr;
    }
    return programs_.emplace(std::move(own), std::move(*program)).first->second;
  }

  const fhir::Definitions& definitions_;
  ByType& out_;
  std::vector<fhir::Issue>& issues_;
  std::unordered_map<std::string, fhirpath::ProgramPtr> programs_;
  std::unordered_map<std::string, fhir::Element> by_url_;
};

}  // namespace

std::string_view typeCode(ParameterType type) {
  return kTypes[static_cast<std::size_t>(type)].first;
}

std::string componentCode(const Parameter& component, std::size_t element) {
  return component.code + "." + std::to_string(element % kCompositeElements);
}

std::shared_ptr<const Parameters> Parameters::compile(
    std::span<const fhir::Element> search_parameters, std::vector<fhir::Issue>& issues,
    Options options) {
  auto out = std::make_shared<Parameters>();
  out->options_ = options;
  Compiler compiler(fhir::Definitions::r4(), out->by_type_, issues);
  for (const fhir::Element& definition : search_parameters) compiler.name(definition);
  for (const fhir::Element& definition : search_parameters) compiler.add(definition);
  compiler.finish();
  return out;
}

std::shared_ptr<const Parameters> Parameters::compile(const fhir::Registry& registry,
                                                      std::vector<fhir::Issue>& issues,
                                                      Options options) {
  std::vector<fhir::Element> definitions;
  registry.forEach("SearchParameter", [&](const fhir::Registry::Entry& entry) {
    if (const fhir::Resource* resource = registry.get(entry); resource != nullptr)
      definitions.push_back(resource->root());
  });
  return compile(definitions, issues, options);
}

std::vector<std::string_view> Parameters::types() const {
  std::vector<std::string_view> names;
  names.reserve(by_type_.size());
  for (const auto& [type, parameters] : by_type_) names.push_back(type);
  return names;
}

const Parameter* Parameters::find(std::string_view type, std::string_view code) const {
  const std::vector<Parameter>& parameters = of(type);
  const auto found = std::lower_bound(
      parameters.begin(), parameters.end(), code,
      [](const Parameter& parameter, std::string_view wanted) { return parameter.code < wanted; });
  return found != parameters.end() && found->code == code ? &*found : nullptr;
}

const std::vector<Parameter>& Parameters::of(std::string_view type) const {
  static const std::vector<Parameter> none;
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? none : found->second;
}

}  // namespace planbro::search
