#include "mapping/executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mapping/primitive_text.h"
#include "mapping/transforms.h"

namespace planbro::mapping {
namespace {

using fhir::Element;
using fhir::Member;
using fhir::TypeId;
using fhir::TypeKind;
using fhirpath::Collection;
using fhirpath::Value;
using fhirpath::ValueKind;
using Content = TargetNode::Content;

constexpr std::size_t kMaxTurns = 5'000'000;
constexpr std::size_t kMaxTargetNodes = 2'000'000;
constexpr int kMaxCalls = 128;

// FHIRPath's conformsTo() for the types that the maps know.
class TypeProfiles final : public fhirpath::Profiles {
 public:
  std::optional<bool> conformsTo(const Element& element, std::string_view url) const override {
    const TypeId type = element.definitions().findTypeByUrl(url);
    if (type == 0) return std::nullopt;
    return element.definitions().isA(element.type(), type);
  }
};

const TypeProfiles kTypeProfiles;

std::string_view systemTypeName(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kBoolean:
      return "boolean";
    case ValueKind::kInteger:
      return "integer";
    case ValueKind::kDecimal:
      return "decimal";
    case ValueKind::kDate:
      return "date";
    case ValueKind::kDateTime:
      return "dateTime";
    case ValueKind::kTime:
      return "time";
    case ValueKind::kQuantity:
      return "Quantity";
    default:
      return "string";
  }
}

// The types that a value of `type` may also be written as, best first.
std::span<const std::string_view> alternatives(std::string_view type) {
  static constexpr std::string_view kTexts[] = {"string", "code",      "markdown", "uri",
                                                "url",    "canonical", "id"};
  static constexpr std::string_view kNumbers[] = {"integer", "positiveInt", "unsignedInt",
                                                  "decimal"};
  static constexpr std::string_view kTimes[] = {"dateTime", "date", "instant"};
  static constexpr std::string_view kDates[] = {"date", "dateTime"};
  if (type == "integer" || type == "positiveInt" || type == "unsignedInt") return kNumbers;
  if (type == "decimal") return std::span(kNumbers).subspan(3);
  if (type == "dateTime" || type == "instant") return kTimes;
  if (type == "date") return kDates;
  if (type == "boolean" || type == "time" || type == "Quantity" || type == "base64Binary")
    return {};
  return kTexts;
}

}  // namespace

Executor::Executor(const CompiledMap& map, const ExecutorParts& parts, const MapInput& input,
                   const TransformOptions& options)
    : map_(map),
      parts_(parts),
      definitions_(*parts.definitions),
      input_(input),
      options_(options),
      environment_(scratch_),
      tree_(*parts.definitions) {
  const json::Node* root = input.root != nullptr ? input.root : &input.document->root();
  const Element whole(root, nullptr, parts.definitions);
  environment_.resource = whole;
  environment_.root_resource = whole;
  environment_.clock = options.clock;
  environment_.terminology = parts.terminology;
  environment_.profiles = &kTypeProfiles;
  where_ = root;
}

fhir::Place Executor::placeOf(const json::Node* node) const {
  if (input_.places != nullptr) return input_.places->placeOf(*input_.document, node);
  fhir::Place place;
  if (node == nullptr) return place;
  place.expression = sourcePath(input_.document->root(), node);
  if (!input_.document->source().empty())
    place.position = input_.document->positionOf(node->offset);
  return place;
}

void Executor::report(std::string_view code, const CompiledRule& rule,
                      std::vector<std::string> arguments) {
  fhir::Issue issue = fhir::makeIssue(code, placeOf(where_), std::move(arguments));
  issue.rule = fmt::format("{}:{} {}", map_.name, rule.line, rule.path);
  issues_.push_back(std::move(issue));
}

bool Executor::fault(std::string_view code, const CompiledRule& rule,
                     std::vector<std::string> arguments) {
  report(code, rule, std::move(arguments));
  return false;
}

Outcome Executor::run() {
  Outcome outcome;
  const CompiledGroup& first = *map_.groups.front();
  const CompiledRule whole{first.name, first.line, false, {}, {}, {}, {}};
  std::vector<BoundValue> arguments;
  TargetNode* root = nullptr;
  bool good = true;
  for (const CompiledInput& input : first.inputs) {
    BoundValue& argument = arguments.emplace_back();
    if (input.mode == InputMode::kSource) {
      argument.value = Value(environment_.resource);
      continue;
    }
    TypeId type = input.type;
    if (type == 0) {
      // The only target structure the map names.
      for (const ModelStructure& structure : map_.structures) {
        if (structure.mode == "target" && type == 0)
          type = definitions_.findTypeByUrl(structure.url);
      }
    }
    if (type == 0 || root != nullptr) {
      good = fault("PB-2203", whole, {first.name, input.type_name});
      break;
    }
    argument.node = root = tree_.loose(type);
    root->content = Content::kObject;
  }
  if (good && root == nullptr) good = fault("PB-2203", whole, {first.name, ""});
  good = good && runGroup(first, std::move(arguments));
  if (good) outcome.document = tree_.build(*root, input_.document, built_);
  if (outcome.document != nullptr && options_.trace) {
    tree_.walk(*root, [&](const TargetNode& node, const std::string& path) {
      if (node.content == Content::kObject && node.rule == nullptr) return;
      TraceEntry& entry = outcome.trace.emplace_back();
      entry.target = path;
      if (node.rule != nullptr)
        entry.rule = fmt::format("{} (line {})", node.rule->path, node.rule->line);
      if (node.origin != nullptr) entry.source = placeOf(node.origin);
    });
  }
  outcome.issues = std::move(issues_);
  return outcome;
}

bool Executor::runGroup(const CompiledGroup& group, std::vector<BoundValue> arguments) {
  const CompiledRule place{group.name, group.line, false, {}, {}, {}, {}};
  if (++depth_ > kMaxCalls) return fault("PB-2215", place, {group.name});
  bool good = true;
  if (group.extends != nullptr) good = runGroup(*group.extends, arguments);
  Frame frame(group.slots);
  for (std::size_t i = 0; good && i < group.inputs.size() && i < arguments.size(); ++i) {
    if (group.inputs[i].mode == InputMode::kTarget && arguments[i].node == nullptr) {
      good = fault("PB-2213", place, {group.name, group.inputs[i].name});
      break;
    }
    frame[i] = arguments[i];
  }
  for (std::size_t i = 0; good && i < group.constants.size(); ++i) {
    const auto value = evaluate(place, group.constants[i].second, frame, frame[0].value);
    good = value.has_value();
    if (good && !value->empty()) frame[group.constants[i].first].value = value->front();
  }
  for (std::size_t i = 0; good && i < group.rules.size(); ++i)
    good = runRule(group.rules[i], frame, 0);
  --depth_;
  return good;
}

bool Executor::runRule(const CompiledRule& rule, Frame& frame, std::size_t index) {
  if (index == rule.sources.size()) return runBody(rule, frame);
  const CompiledSource& source = rule.sources[index];
  Collection items;
  if (!collect(rule, source, frame, items)) return false;
  const json::Node* outer = where_;
  for (const Value& item : items) {
    if (++turns_ > kMaxTurns) return fault("PB-2214", rule, {rule.path});
    frame[source.variable] = {item, nullptr, 0};
    if (item.isElement()) where_ = item.element().anyNode();
    if (!runRule(rule, frame, index + 1)) return false;
    where_ = outer;
  }
  return true;
}

void Executor::navigate(const Value& context, const CompiledSource& source,
                        Collection& items) const {
  const Element element = context.element();
  if (!element) {
    // A computed value has itself as its value.
    if (context && source.element.text == "value") items.push(context);
    return;
  }
  const ElementName& name = source.element;
  if (name.choice_id != 0) {
    element.forEachChild(name.choice_id, [&](const Element& child) {
      if (child.type() == name.choice_type) items.push(child);
    });
    if (!items.empty()) return;
  }
  if (name.id != 0) {
    element.forEachChild(name.id, [&](const Element& child) { items.push(child); });
  } else {
    element.forEachChild(std::string_view(name.text),
                         [&](const Element& child) { items.push(child); });
  }
  if (items.empty() && name.text == "value" && element.hasValue()) items.push(context);
}

bool Executor::ofType(const Value& value, const CompiledSource& source) const {
  if (source.type == 0 && source.type_name.empty()) return true;
  const Element element = value.element();
  if (!element) return systemTypeName(value) == source.type_name;
  if (element.type() == 0) return true;  // untyped sources fit anything
  return source.type != 0 && definitions_.isA(element.type(), source.type);
}

bool Executor::collect(const CompiledRule& rule, const CompiledSource& source, Frame& frame,
                       Collection& items) {
  const Value context = frame[source.context].value;
  if (source.element.text.empty()) {
    if (context) items.push(context);
  } else {
    navigate(context, source, items);
  }
  const bool filtered = source.type != 0 || !source.type_name.empty() || source.where;
  if (filtered) {
    Collection kept;
    for (const Value& item : items) {
      if (!ofType(item, source)) continue;
      frame[source.variable] = {item, nullptr, 0};
      if (source.where) {
        const auto keep = holds(rule, source.where, frame, item);
        if (!keep) return false;
        if (!*keep) continue;
      }
      kept.push(item);
    }
    items = std::move(kept);
  }
  if (items.empty() && source.default_value) {
    const auto value = evaluate(rule, source.default_value, frame, context);
    if (!value) return false;
    items = *value;
  }
  const auto shown = [&] {
    return source.element.text.empty() ? std::string("(context)") : source.element.text;
  };
  if ((source.min && items.size() < *source.min) || (source.max && items.size() > *source.max))
    return fault("PB-2210", rule, {rule.path, shown(), std::to_string(items.size())});
  for (const Value& item : items) {
    frame[source.variable] = {item, nullptr, 0};
    if (source.check) {
      const auto good = holds(rule, source.check, frame, item);
      if (!good) return false;
      if (!*good) {
        if (item.isElement()) where_ = item.element().anyNode();
        return fault("PB-2211", rule, {rule.path, std::string(sourceOf(*source.check.program))});
      }
    }
    if (source.log && !log(rule, source, frame, item)) return false;
  }
  return applyListMode(rule, source, items);
}

bool Executor::log(const CompiledRule& rule, const CompiledSource& source, Frame& frame,
                   const Value& item) {
  const auto values = evaluate(rule, source.log, frame, item);
  if (!values) return false;
  const json::Node* outer = where_;
  if (item.isElement()) where_ = item.element().anyNode();
  for (const Value& value : *values) {
    const std::string whole = textOf({value, nullptr, 0});
    const std::string_view text = trim(whole);
    if (text.starts_with("warning:")) {
      report("PB-2221", rule, {std::string(trim(text.substr(8)))});
    } else if (text.starts_with("error:")) {
      report("PB-2222", rule, {std::string(trim(text.substr(6)))});
    } else if (!text.empty()) {
      report("PB-2220", rule, {std::string(text)});
    }
  }
  where_ = outer;
  return true;
}

bool Executor::applyListMode(const CompiledRule& rule, const CompiledSource& source,
                             Collection& items) {
  if (source.list_mode == ListMode::kNone || items.empty()) return true;
  Collection kept;
  const std::size_t last = items.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    bool keep = true;
    if (source.list_mode == ListMode::kFirst) keep = i == 0;
    if (source.list_mode == ListMode::kNotFirst) keep = i != 0;
    if (source.list_mode == ListMode::kLast) keep = i == last;
    if (source.list_mode == ListMode::kNotLast) keep = i != last;
    if (keep) kept.push(items[i]);
  }
  if (source.list_mode == ListMode::kOnlyOne && last > 0)
    return fault("PB-2210", rule, {rule.path, source.element.text, std::to_string(items.size())});
  items = std::move(kept);
  return true;
}

bool Executor::runBody(const CompiledRule& rule, Frame& frame) {
  if (tree_.size() > kMaxTargetNodes) return fault("PB-2214", rule, {rule.path});
  if (rule.simple) return runSimple(rule, rule.targets.front(), frame);
  for (const CompiledTarget& target : rule.targets) {
    if (!runTarget(rule, target, frame)) return false;
  }
  for (const CompiledDependent& dependent : rule.dependents) {
    if (!runDependent(rule, dependent, frame)) return false;
  }
  for (const CompiledRule& inner : rule.rules) {
    if (!runRule(inner, frame, 0)) return false;
  }
  return true;
}

bool Executor::runDependent(const CompiledRule& rule, const CompiledDependent& dependent,
                            Frame& frame) {
  std::vector<BoundValue> arguments;
  for (std::size_t i = 0; i < dependent.params.size(); ++i) {
    const CompiledParam& param = dependent.params[i];
    BoundValue& argument = arguments.emplace_back();
    switch (param.kind) {
      case ModelParam::Kind::kVariable:
        argument = frame[param.slot];
        break;
      case ModelParam::Kind::kExpression: {
        const auto value = evaluate(rule, param.expression, frame, currentValue(rule, frame));
        if (!value) return false;
        if (!value->empty()) argument.value = value->front();
        break;
      }
      default:
        argument.value = Value::string(param.text);
    }
  }
  return runGroup(*dependent.group, std::move(arguments));
}

Value Executor::currentValue(const CompiledRule& rule, const Frame& frame) const {
  return rule.sources.empty() ? Value() : frame[rule.sources.front().variable].value;
}

Value Executor::asValue(const BoundValue& bound) {
  if (bound.node == nullptr) return bound.value;
  const TargetNode& node = *bound.node;
  if (node.content == Content::kBorrowed) return Value(node.borrowed);
  if (node.content == Content::kEmpty && node.first == nullptr) return {};
  if (definitions_.type(node.type).kind == TypeKind::kPrimitive) {
    return Value::string(scratch_.copy(node.text));
  }
  built_.push_back(tree_.build(node, input_.document, built_));
  return Value(Element::root(*built_.back(), definitions_));
}

std::optional<Collection> Executor::evaluate(const CompiledRule& rule,
                                             const CompiledExpression& expression, Frame& frame,
                                             const Value& context) {
  auto& variables = environment_.variables;
  variables.resize(expression.variables.size());
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const CompiledExpression::Variable& variable = expression.variables[i];
    variables[i].first = variable.name;
    variables[i].second.clear();
    if (const Value value = asValue(frame[variable.slot])) variables[i].second.push(value);
  }
  auto result = context ? fhirpath::evaluate(*expression.program, context, environment_)
                        : fhirpath::evaluate(*expression.program, Collection(), environment_);
  if (result) return std::move(*result);
  fault("PB-2201", rule,
        {rule.path, std::string(sourceOf(*expression.program)), result.error().message});
  return std::nullopt;
}

std::optional<bool> Executor::holds(const CompiledRule& rule, const CompiledExpression& expression,
                                    Frame& frame, const Value& context) {
  const auto result = evaluate(rule, expression, frame, context);
  if (!result) return std::nullopt;
  if (result->empty()) return false;
  const Value value = result->front().toSystem();
  if (result->size() == 1 && value.kind() == ValueKind::kBoolean) return value.asBoolean();
  return true;
}

std::string Executor::textOf(const BoundValue& bound) const {
  if (bound.node != nullptr) {
    return std::string(bound.node->content == Content::kBorrowed ? bound.node->borrowed.text()
                                                                 : bound.node->text);
  }
  const Element element = bound.value.element();
  if (!element) return bound.value ? bound.value.toString() : std::string();
  if (element.hasValue()) return std::string(element.text());
  // An XML element with attributes and text.
  if (element.type() == 0) return std::string(element.textOf("value"));
  return {};
}

bool Executor::runSimple(const CompiledRule& rule, const CompiledTarget& target, Frame& frame) {
  TargetNode* parent = frame[target.context].node;
  const BoundValue value{currentValue(rule, frame), nullptr, 0};
  const Element element = value.value.element();
  const TypeId source_type = element ? element.type() : 0;
  const Member* member = chooseMember(target, *parent, value);
  if (member != nullptr) {
    if (const CompiledGroup* group = map_.defaultGroup(definitions_, source_type, member->type)) {
      TargetNode* node = tree_.add(parent, *member);
      node->rule = &rule;
      node->origin = where_;
      return runGroup(*group, {value, {{}, node, 0}});
    }
  }
  bool nothing = false;
  return assign(rule, target, parent, value, nothing) != nullptr || nothing;
}

bool Executor::runTarget(const CompiledRule& rule, const CompiledTarget& target, Frame& frame) {
  TargetNode* parent = target.context == kNoSlot ? nullptr : frame[target.context].node;
  BoundValue result;
  if (target.context != kNoSlot && parent == nullptr)
    return fault("PB-2213", rule, {rule.path, target.element});
  const bool creates = target.transform == Transform::kCreate;
  if (target.transform == Transform::kNone || (creates && parent != nullptr)) {
    result.node = parent;
    if (!target.element.empty()) {
      result.node = creates && target.create_type != 0 ? create(rule, target, parent)
                                                       : make(rule, target, parent);
      if (result.node == nullptr) return false;
    }
  } else if (creates) {
    if (target.create_type == 0) return fault("PB-2107", rule, {rule.path, ""});
    result.node = tree_.loose(target.create_type);
    result.node->rule = &rule;
    result.node->origin = where_;
  } else {
    std::vector<BoundValue> values;
    if (!Transforms(*this, rule, target, frame).run(values)) return false;
    if (parent == nullptr) {
      if (!values.empty()) result = values.front();
    } else {
      for (const BoundValue& value : values) {
        bool nothing = false;
        result.node = assign(rule, target, parent, value, nothing);
        if (result.node == nullptr && !nothing) return false;
      }
    }
    // The variable of a value that was not there must not keep an older turn's.
  }
  if (target.variable != kNoSlot) frame[target.variable] = result;
  return true;
}

TargetNode* Executor::make(const CompiledRule& rule, const CompiledTarget& target,
                           TargetNode* parent) {
  const Member* member = tree_.memberOf(*parent, target.element, target.element_id, 0);
  if (member == nullptr) {
    const bool choice = tree_.hasElement(*parent, target.element, target.element_id);
    fault(choice ? "PB-2205" : "PB-2204", rule,
          {rule.path, target.element, std::string(definitions_.type(parent->type).name)});
    return nullptr;
  }
  if (target.share) {
    TargetNode*& known = shared_[{parent, member, target.share_name}];
    if (known == nullptr) known = tree_.add(parent, *member);
    return known;
  }
  TargetNode* node = tree_.add(parent, *member);
  if (node->rule == nullptr) {
    node->rule = &rule;
    node->origin = where_;
  }
  return node;
}

TargetNode* Executor::create(const CompiledRule& rule, const CompiledTarget& target,
                             TargetNode* parent) {
  const TypeId type = target.create_type;
  const Member* member = tree_.memberOf(*parent, target.element, target.element_id, type);
  if (member == nullptr || (member->type != type && !definitions_.isA(type, member->type))) {
    fault(tree_.hasElement(*parent, target.element, target.element_id) ? "PB-2205" : "PB-2204",
          rule, {rule.path, target.element, std::string(definitions_.type(type).name)});
    return nullptr;
  }
  TargetNode* node = tree_.loose(type);
  if (member->shape != 0 && !member->is(Member::kAnyResource)) node->shape = member->shape;
  node->rule = &rule;
  node->origin = where_;
  tree_.attach(parent, *member, node);
  return node;
}

const Member* Executor::chooseMember(const CompiledTarget& target, const TargetNode& parent,
                                     const BoundValue& value) const {
  TypeId type = value.type;
  if (type == 0 && value.node != nullptr) type = value.node->type;
  if (type == 0 && value.value.isElement()) type = value.value.element().type();
  std::string_view name = definitions_.type(type).name;
  if (type == 0) {
    name = "string";
    if (!value.value.isElement()) {
      name = systemTypeName(value.value);
    } else if (const json::Node* node = value.value.element().value(); node != nullptr) {
      if (node->isBoolean()) name = "boolean";
      if (node->kind == json::Kind::kNumber)
        name = node->text().find_first_of(".eE") == std::string_view::npos ? "integer" : "decimal";
    }
    type = definitions_.findType(name);
  }
  if (const Member* member = tree_.memberOf(parent, target.element, target.element_id, type))
    return member;
  for (const std::string_view other : alternatives(name)) {
    if (const Member* member =
            tree_.memberOf(parent, target.element, target.element_id, definitions_.findType(other)))
      return member;
  }
  return nullptr;
}

TargetNode* Executor::assign(const CompiledRule& rule, const CompiledTarget& target,
                             TargetNode* parent, const BoundValue& value, bool& nothing) {
  nothing = false;
  const bool itself =
      target.element.empty() ||
      (target.element == "value" && definitions_.type(parent->type).kind == TypeKind::kPrimitive);
  if (itself) return fill(rule, parent, value, false) ? parent : nullptr;
  const Member* member = chooseMember(target, *parent, value);
  if (member == nullptr) {
    fault(tree_.hasElement(*parent, target.element, target.element_id) ? "PB-2205" : "PB-2204",
          rule, {rule.path, target.element, std::string(definitions_.type(parent->type).name)});
    return nullptr;
  }
  const bool primitive = definitions_.type(member->type).kind == TypeKind::kPrimitive;
  const bool has_sibling = value.value.isElement() && value.value.element().sibling() != nullptr;
  if (primitive && !has_sibling && trim(textOf(value)).empty()) {
    nothing = true;
    return nullptr;
  }
  // A built or created element that hangs nowhere yet is taken as it is.
  if (value.node != nullptr && value.node->parent == nullptr && value.node->member == nullptr &&
      !primitive) {
    if (!definitions_.isA(value.node->type, member->type) && value.node->type != member->type) {
      fault("PB-2205", rule,
            {rule.path, target.element, std::string(definitions_.type(value.node->type).name)});
      return nullptr;
    }
    if (value.node->rule == nullptr) {
      value.node->rule = &rule;
      value.node->origin = where_;
    }
    tree_.attach(parent, *member, value.node);
    return value.node;
  }
  const bool fresh = member->is(Member::kList) || TargetTree::find(*parent, *member) == nullptr;
  TargetNode* node = tree_.add(parent, *member);
  return fill(rule, node, value, fresh) ? node : nullptr;
}

bool Executor::fill(const CompiledRule& rule, TargetNode* node, const BoundValue& value,
                    bool fresh) {
  const bool good = definitions_.type(node->type).kind == TypeKind::kPrimitive
                        ? fillPrimitive(rule, node, value, fresh)
                        : fillComplex(rule, node, value);
  if (!good) return false;
  node->rule = &rule;
  node->origin = where_;
  if (value.value.isElement() && built_.empty()) node->origin = value.value.element().anyNode();
  return true;
}

bool Executor::fillPrimitive(const CompiledRule& rule, TargetNode* node, const BoundValue& value,
                             bool fresh) {
  const std::string text = textOf(value);
  const std::string_view type = definitions_.type(node->type).name;
  const std::string_view name = node->member == nullptr ? type : node->member->element->text;
  const Element element = value.value.element();
  const bool extended = element && element.sibling() != nullptr;
  if (text.empty() && !extended) return true;
  if (!text.empty() && !isPrimitiveText(type, text))
    return fault("PB-2206", rule, {rule.path, std::string(name), std::string(type)});
  if (!fresh && node->content == Content::kPrimitive && node->text != text)
    report("PB-2207", rule, {rule.path, std::string(name)});
  if (extended) {
    node->content = Content::kBorrowed;
    node->borrowed = element;
    return true;
  }
  node->borrowed = {};
  tree_.setText(node, text);
  return true;
}

bool Executor::fillComplex(const CompiledRule& rule, TargetNode* node, const BoundValue& value) {
  const std::string_view name =
      node->member == nullptr ? std::string_view("") : node->member->element->text;
  const auto wrong = [&] {
    std::string_view given = "text";
    if (value.node != nullptr) {
      given = definitions_.type(value.node->type).name;
    } else if (value.value.isElement() && value.value.element().type() != 0) {
      given = value.value.element().typeName();
    } else if (value.value.isElement() && value.value.element().value()->isContainer()) {
      given = "object";
    }
    return fault("PB-2205", rule, {rule.path, std::string(name), std::string(given)});
  };
  Value source = value.value;
  if (value.node != nullptr) source = asValue(value);
  if (source.kind() == ValueKind::kQuantity) {
    const auto put = [&](std::string_view child, const std::string& text) {
      const Member* member = tree_.memberOf(*node, child, 0, 0);
      if (member != nullptr) tree_.setText(tree_.add(node, *member), text);
    };
    put("value", source.asDecimal().toString());
    put("unit", std::string(source.text()));
    if (!source.isCalendarUnit()) {
      put("system", "http://unitsofmeasure.org");
      put("code", std::string(source.text()));
    }
    return true;
  }
  const Element element = source.element();
  if (!element || element.value() == nullptr || !element.value()->isContainer()) return wrong();
  const Member* from = element.member();
  const bool same_type =
      element.type() == node->type || definitions_.isA(element.type(), node->type);
  const bool nested = from != nullptr && node->member != nullptr && from->shape != node->shape &&
                      !from->is(Member::kAnyResource) && !from->is(Member::kRoot);
  if (element.type() == 0 || !same_type || nested) return wrong();
  node->first = node->last = nullptr;
  node->type = element.type();
  node->shape = from == nullptr || from->is(Member::kAnyResource) || from->is(Member::kRoot)
                    ? definitions_.type(node->type).shape
                    : from->shape;
  node->content = Content::kBorrowed;
  node->borrowed = element;
  return true;
}

}  // namespace planbro::mapping
