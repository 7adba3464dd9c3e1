#include "validation/profile_compiler.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.h"
#include "validation/corrections.h"
#include "validation/element_tree.h"
#include "validation/profile_pruning.h"
#include "validation/slice_matching.h"

namespace planbro::validation {
namespace {

using json::Node;

constexpr std::string_view kProfileElement =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element";
constexpr std::string_view kBestPractice =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice";
constexpr std::string_view kTranslation = "http://hl7.org/fhir/StructureDefinition/translation";
constexpr std::string_view kMaxValueSet =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
constexpr std::string_view kFhirType =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";

// Checked natively by the walk, for speed: every element has a value or children, an extension has
// either a value or extensions, and the rules of narrative.
constexpr std::string_view kNativeInvariants[] = {"ele-1", "ext-1", "txt-1", "txt-2"};

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

std::span<const Node> listOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::span<const Node>{} : member->children();
}

const Node* extensionOf(const Node& node, std::string_view url) {
  for (const Node& extension : listOf(node, "extension")) {
    if (textOf(extension, "url") == url) return &extension;
  }
  return nullptr;
}

// What the standard translation extension on the sibling `name` says in that language; "" if it
// says nothing.
std::string_view translationOf(const Node& node, std::string_view name, std::string_view language) {
  const Node* sibling = node.member(name);
  if (sibling == nullptr) return {};
  for (const Node& extension : listOf(*sibling, "extension")) {
    if (textOf(extension, "url") != kTranslation) continue;
    std::string_view said;
    std::string_view content;
    for (const Node& part : listOf(extension, "extension")) {
      if (textOf(part, "url") == "lang") said = textOf(part, "valueCode");
      if (textOf(part, "url") == "content") content = textOf(part, "valueString");
    }
    if (said == language) return content;
  }
  return {};
}

std::uint32_t numberOf(std::string_view text, std::uint32_t otherwise) {
  std::uint32_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Strength strengthOf(std::string_view code) {
  if (code == "required") return Strength::kRequired;
  if (code == "extensible") return Strength::kExtensible;
  if (code == "preferred") return Strength::kPreferred;
  if (code == "example") return Strength::kExample;
  return Strength::kNone;
}

const Node* valueMember(const Node& element, std::string_view prefix) {
  for (const Node& member : element.children()) {
    const std::string_view name = member.name->text;
    if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] >= 'A' &&
        name[prefix.size()] <= 'Z')
      return &member;
  }
  return nullptr;
}

std::string_view parentOf(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

}  // namespace

class ProfileCompiler {
 public:
  ProfileCompiler(const Snapshot& snapshot, const Profiles& profiles)
      : snapshot_(snapshot),
        profiles_(profiles),
        definitions_(profiles.definitions()),
        made_(std::make_unique<CompiledProfile>()) {}

  std::unique_ptr<const CompiledProfile> compile() {
    const Node& root = snapshot_.definition.document()->root();
    made_->document_ = snapshot_.definition.document();
    made_->problems_ = snapshot_.issues;
    made_->url_ = textOf(root, "url");
    made_->version_ = textOf(root, "version");
    made_->type_ = definitions_.findType(textOf(root, "type"));
    if (made_->type_ == 0) made_->type_ = definitions_.findTypeByUrl(textOf(root, "type"));
    // A specialization of a type that has its own definition elsewhere constrains it all the same.
    made_->base_type_ = textOf(root, "derivation") != "constraint" &&
                        (definitions_.findTypeByUrl(made_->url_) == made_->type_);
    const Node* snapshot = root.member("snapshot");
    if (made_->type_ == 0 || snapshot == nullptr) return nullptr;
    readContexts(root);
    const auto elements = listOf(*snapshot, "element");
    readRules(elements);
    made_->modifier_ = !made_->rules_.empty() && made_->rules_.front().name == "Extension" &&
                       textOf(elements.front(), "isModifier") == "true";
    if (made_->rules_.empty()) return nullptr;
    if (made_->base_type_) {
      for (ElementRule& rule : made_->rules_) {
        rule.checked_children.assign(rule.children.begin(), rule.children.end());
        rule.checks_slices = false;
      }
    } else {
      compileSlices();
      pruneToBase(made_->rules_.front(), made_->type_, profiles_);
    }
    return std::move(made_);
  }

 private:
  void readContexts(const Node& root) {
    for (const Node& context : listOf(root, "context")) {
      CompiledProfile::Context read{textOf(context, "type"), textOf(context, "expression"), {}};
      if (read.type == "fhirpath") read.program = programOf(read.expression);
      made_->contexts_.push_back(std::move(read));
    }
    for (const Node& invariant : listOf(root, "contextInvariant")) {
      if (auto program = programOf(invariant.text()))
        made_->context_invariants_.push_back(std::move(program));
    }
  }

  fhirpath::ProgramPtr programOf(std::string_view expression) {
    fhirpath::CompileOptions options;
    options.definitions = &definitions_;
    auto program = fhirpath::compile(expression, options);
    if (program) return std::move(*program);
    problem("PB-1303", {}, {std::string(expression), program.error().message});
    return nullptr;
  }

  void problem(std::string_view code, std::string path, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), made_->url_);
    fhir::Place place;
    place.expression = std::move(path);
    made_->problems_.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  // The known mistakes of published packages, each said once a profile.
  void once(std::string_view code, std::string argument) {
    if (said_.emplace(code, argument).second) problem(code, {}, {std::move(argument)});
  }
  void sayIfOtherFamily(std::string_view url, const fhir::Resource* found) {
    if (found == nullptr) return;
    const std::string_view known = textOf(found->document()->root(), "url");
    const std::string_view asked = url.substr(0, url.find('|'));
    if (known != asked && said_.emplace("PB-1373", asked).second)
      problem("PB-1373", {}, {std::string(asked), std::string(known)});
  }

  // A fixed "urn:uid:1.2.3" is a misspelt OID: both spellings are accepted then.
  void acceptBothSpellings(ElementRule& rule) {
    for (const Node** value : {&rule.fixed, &rule.pattern}) {
      if (*value == nullptr || (*value)->kind != json::Kind::kString) continue;
      const std::string_view text = (*value)->text();
      constexpr std::string_view kMisspelt = "urn:uid:";
      const std::string_view oid = text.substr(std::min(kMisspelt.size(), text.size()));
      if (!text.starts_with(kMisspelt) || oid.empty() ||
          oid.find_first_not_of("0123456789.") != std::string_view::npos)
        continue;
      once("PB-1370", std::string(text));
      *value = nullptr;
      Invariant either;
      either.key = "urn:oid:" + std::string(oid);
      either.human = "urn:oid:" + std::string(oid);
      either.profile = made_->url_;
      either.program = programOf("$this = 'urn:oid:" + std::string(oid) +
                                 "' or $this = 'urn:uid:" + std::string(oid) + "'");
      if (either.program != nullptr) rule.invariants.push_back(std::move(either));
    }
  }

  // The elements stand in order: a slice and its children follow the element they slice.
  void readRules(std::span<const Node> elements) {
    std::vector<ElementRule*> open;
    std::vector<std::pair<ElementRule*, std::string_view>> references;
    for (const Node& element : elements) {
      const std::string_view path = textOf(element, "path");
      if (path.empty()) continue;
      if (static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) >= kMaxElementDepth) {
        problem("PB-1369", {}, {std::string(path.substr(0, 200))});
        continue;
      }
      const std::string_view parent = parentOf(path);
      while (!open.empty() && open.back()->path != parent) open.pop_back();
      if (open.empty() && !made_->rules_.empty()) {
        problem("PB-1363", std::string(path), {std::string(path)});
        continue;
      }
      ElementRule& rule = made_->rules_.emplace_back();
      readRule(rule, element, path);
      if (!open.empty()) attach(*open.back(), rule);
      open.push_back(&rule);
      const std::string_view reference = textOf(element, "contentReference");
      if (!reference.empty())
        references.emplace_back(&rule, reference.substr(reference.find('#') + 1));
    }
    for (const auto& [rule, target] : references) {
      for (ElementRule& other : made_->rules_) {
        if (other.path == target && other.slice_name.empty()) rule->children = other.children;
      }
    }
  }

  static void attach(ElementRule& parent, ElementRule& rule) {
    if (!rule.slice_name.empty()) {
      for (ElementRule* child : parent.children) {
        if (child->path == rule.path && child->slice_name.empty()) {
          child->slices.push_back(&rule);
          return;
        }
      }
      // Nothing is sliced: the name is one of the element itself.
      rule.slice_name.clear();
    }
    parent.children.push_back(&rule);
  }

  void readRule(ElementRule& rule, const Node& element, std::string_view path) {
    rule.path = path;
    rule.slice_name = textOf(element, "sliceName");
    nameOf(rule, path);
    rule.min = numberOf(textOf(element, "min"), 0);
    const std::string_view max = textOf(element, "max");
    rule.max = max == "*" || max.empty() ? kUnbounded : numberOf(max, kUnbounded);
    rule.max_length = numberOf(textOf(element, "maxLength"), 0);
    rule.fixed = valueMember(element, "fixed");
    rule.pattern = valueMember(element, "pattern");
    rule.min_value = valueMember(element, "minValue");
    rule.max_value = valueMember(element, "maxValue");
    for (const Node& type : listOf(element, "type")) readType(rule, type);
    if (const Node* binding = element.member("binding")) readBinding(rule, *binding);
    for (const Node& constraint : listOf(element, "constraint")) readInvariant(rule, constraint);
    if (const Node* slicing = element.member("slicing")) readSlicing(rule, *slicing);
    acceptBothSpellings(rule);
  }

  // "value" of "Observation.value[x]"; "Observation.valueQuantity" means value where it is a
  // Quantity.
  void nameOf(ElementRule& rule, std::string_view path) {
    std::string_view name = path.substr(path.rfind('.') + 1);
    if (name.ends_with("[x]")) name.remove_suffix(3);
    rule.name = name;
    rule.name_id = definitions_.nameId(name);
    if (path.find('.') == std::string_view::npos || rule.name_id == 0) return;
    for (std::size_t cut = name.size(); cut-- > 1;) {
      if (name[cut] < 'A' || name[cut] > 'Z') continue;
      std::string_view tail = name.substr(cut);
      fhir::TypeId type = definitions_.findType(tail);
      if (type == 0) {
        std::string lower(tail);
        lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
        type = definitions_.findType(lower);
      }
      if (type == 0 || !isChoice(name, name.substr(0, cut))) continue;
      rule.name = name.substr(0, cut);
      rule.name_id = definitions_.nameId(rule.name);
      rule.only_type = type;
      return;
    }
  }

  // Whether `property` is one of the members of a choice `element`.
  bool isChoice(std::string_view property, std::string_view element) const {
    const std::uint16_t id = definitions_.nameId(property);
    const auto members = definitions_.members();
    return std::any_of(members.begin(), members.end(), [&](const fhir::Member& member) {
      return member.property != nullptr && member.property->id == id &&
             member.is(fhir::Member::kChoice) && member.element->text == element;
    });
  }

  void readType(ElementRule& rule, const Node& type) {
    TypeRule read;
    read.code = textOf(type, "code");
    read.type = definitions_.findType(read.code);
    if (read.type == 0) read.type = definitions_.findType(systemType(type, read.code));
    for (const Node& profile : listOf(type, "profile")) {
      // A base type as profile of itself says nothing; as profile of Resource it does.
      if (definitions_.findTypeByUrl(profile.text()) == read.type) continue;
      read.profiles.push_back(&profiles_.slot(profile.text()));
      read.profile_elements.emplace_back(elementOf(type, read.profiles.size() - 1));
      if (!made_->base_type_)
        sayIfOtherFamily(profile.text(),
                         profiles_.registry().find(profile.text(), "StructureDefinition"));
    }
    for (const Node& target : listOf(type, "targetProfile"))
      read.targets.push_back(targetOf(target.text()));
    rule.types.push_back(std::move(read));
  }

  // Which element of the profile at `index` is meant; extensions of a primitive stand beside it.
  static std::string_view elementOf(const Node& type, std::size_t index) {
    const Node* siblings = type.member("_profile");
    if (siblings == nullptr || index >= siblings->size) return {};
    const Node* extension = extensionOf(siblings->children()[index], kProfileElement);
    const Node* value = extension == nullptr ? nullptr : valueMember(*extension, "value");
    return value == nullptr ? std::string_view() : value->text();
  }

  // id and url are of a System type; an extension says which FHIR type is meant.
  static std::string_view systemType(const Node& type, std::string_view code) {
    if (!code.starts_with("http://hl7.org/fhirpath/System.")) return {};
    const Node* extension = extensionOf(type, kFhirType);
    if (extension == nullptr) return "string";
    const Node* value = valueMember(*extension, "value");
    return value == nullptr ? "string" : value->text();
  }

  ReferenceTarget targetOf(std::string_view url) {
    url = url.substr(0, url.find('|'));
    if (const fhir::TypeId type = definitions_.findTypeByUrl(url); type != 0)
      return {type, nullptr};
    ReferenceTarget target;
    if (const fhir::Resource* found = profiles_.registry().find(url, "StructureDefinition")) {
      sayIfOtherFamily(url, found);
      target.type = definitions_.findType(textOf(found->document()->root(), "type"));
      target.profile = &profiles_.slot(url);
    } else {
      problem("PB-1364", {}, {std::string(url)});
    }
    return target;
  }

  void readBinding(ElementRule& rule, const Node& binding) {
    rule.binding.strength = strengthOf(textOf(binding, "strength"));
    rule.binding.url = textOf(binding, "valueSet");
    if (rule.binding.url.starts_with("urn:oid:") &&
        profiles_.registry().find(rule.binding.url, "ValueSet") == nullptr)
      once("PB-1372", std::string(rule.binding.url));
    if (!rule.binding.url.empty())
      rule.binding.set = &profiles_.terminology().valueSetSlot(rule.binding.url);
    if (const Node* largest = extensionOf(binding, kMaxValueSet)) {
      if (const Node* url = valueMember(*largest, "value"))
        rule.binding.largest = &profiles_.terminology().valueSetSlot(url->text());
    }
  }

  void readInvariant(ElementRule& rule, const Node& constraint) {
    const std::string_view key = textOf(constraint, "key");
    const std::string_view published = textOf(constraint, "expression");
    const std::string_view expression = correctedExpression(key, published);
    if (expression.empty()) return;
    if (isNationalMistake(key, published)) once("PB-1371", std::string(key));
    for (const std::string_view native : kNativeInvariants) {
      if (native == key) return;
    }
    for (const Invariant& there : rule.invariants) {
      if (there.key == key && fhirpath::sourceOf(*there.program) == expression) return;
    }
    const bool best_practice = [&] {
      const Node* extension = extensionOf(constraint, kBestPractice);
      const Node* value = extension == nullptr ? nullptr : valueMember(*extension, "value");
      return value != nullptr && value->text() == "true";
    }();
    if (best_practice && !profiles_.options().best_practice) return;
    fhirpath::CompileOptions options;
    options.definitions = &definitions_;
    auto program = fhirpath::compile(expression, options);
    if (!program) {
      problem("PB-1303", rule.path, {std::string(key), program.error().message});
      return;
    }
    Invariant& added = rule.invariants.emplace_back();
    added.key = key;
    added.human = textOf(constraint, "human");
    added.human_nb = translationOf(constraint, "_human", "nb");
    added.human_nn = translationOf(constraint, "_human", "nn");
    if (added.human_nn.empty()) added.human_nn = added.human_nb;
    added.profile = textOf(constraint, "source");
    if (added.profile.empty()) added.profile = made_->url_;
    added.severity = textOf(constraint, "severity") == "warning" ? fhir::Severity::kWarning
                                                                 : fhir::Severity::kError;
    added.best_practice = best_practice;
    added.program = std::move(*program);
  }

  void readSlicing(ElementRule& rule, const Node& slicing) {
    Slicing read;
    const std::string_view rules = textOf(slicing, "rules");
    read.rules = rules == "closed"      ? Slicing::kClosed
                 : rules == "openAtEnd" ? Slicing::kOpenAtEnd
                                        : Slicing::kOpen;
    read.ordered = textOf(slicing, "ordered") == "true";
    for (const Node& discriminator : listOf(slicing, "discriminator")) {
      Discriminator one;
      const std::string_view type = textOf(discriminator, "type");
      one.kind = type == "type"      ? Discriminator::kType
                 : type == "exists"  ? Discriminator::kExists
                 : type == "profile" ? Discriminator::kProfile
                                     : Discriminator::kValue;
      one.text = textOf(discriminator, "path");
      auto steps = parseDiscriminator(one.text, definitions_);
      if (!steps) {
        problem("PB-1366", rule.path, {one.text});
        continue;
      }
      one.path = std::move(*steps);
      read.discriminators.push_back(std::move(one));
    }
    rule.slicing = std::move(read);
  }

  // Slices without a discriminator: extensions by url, choices by type.
  void assumeSlicing(ElementRule& rule) {
    if (!rule.slicing) rule.slicing.emplace();
    if (!rule.slicing->discriminators.empty()) return;
    Discriminator assumed;
    if (rule.name == "extension" || rule.name == "modifierExtension") {
      assumed.text = "url";
      assumed.path = *parseDiscriminator("url", definitions_);
    } else if (rule.path.ends_with("[x]")) {
      assumed.kind = Discriminator::kType;
      assumed.text = "$this";
    } else {
      return;
    }
    rule.slicing->discriminators.push_back(std::move(assumed));
  }

  void compileSlices() {
    for (ElementRule& rule : made_->rules_) {
      if (rule.slices.empty()) continue;
      assumeSlicing(rule);
      rule.checks_slices = !rule.slicing->discriminators.empty();
      for (ElementRule* slice : rule.slices) {
        for (const Discriminator& discriminator : rule.slicing->discriminators) {
          slice->matches.push_back(sliceMatch(*slice, discriminator, profiles_));
        }
        if (std::all_of(slice->matches.begin(), slice->matches.end(),
                        [](const SliceMatch& match) { return match.kind == SliceMatch::kNothing; }))
          problem("PB-1365", slice->path,
                  {slice->slice_name, rule.slicing->discriminators.empty()
                                          ? std::string()
                                          : rule.slicing->discriminators.front().text});
      }
    }
  }

  const Snapshot& snapshot_;
  const Profiles& profiles_;
  const fhir::Definitions& definitions_;
  std::unique_ptr<CompiledProfile> made_;
  std::set<std::pair<std::string, std::string>> said_;
};

const ElementRule* CompiledProfile::ruleOf(std::string_view element_id) const {
  if (element_id.empty()) return &root();
  const std::size_t last = element_id.rfind('.');
  const std::size_t colon = element_id.find(':', last == std::string_view::npos ? 0 : last);
  const std::string_view slice =
      colon == std::string_view::npos ? std::string_view() : element_id.substr(colon + 1);
  std::string path;
  for (const std::string_view part : split(element_id, '.')) {
    if (!path.empty()) path += '.';
    path += part.substr(0, part.find(':'));
  }
  for (const ElementRule& rule : rules_) {
    if (rule.path == path && rule.slice_name == slice) return &rule;
  }
  return nullptr;
}

std::unique_ptr<const CompiledProfile> compileProfile(const Snapshot& snapshot,
                                                      const Profiles& profiles) {
  return ProfileCompiler(snapshot, profiles).compile();
}

}  // namespace planbro::validation
