#include "mapping/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/code_bindings.h"
#include "mapping/fml_lexer.h"
#include "mapping/foreign_codes.h"

namespace planbro::mapping {
namespace {

using fhir::Element;
using fhir::TypeId;
using fhirpath::Collection;
using fhirpath::Value;
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

}  // namespace

Executor::Executor(const CompiledMap& map, const ExecutorParts& parts, const MapInput& input,
                   const TransformOptions& options)
    : map_(map),
      parts_(parts),
      types_(*parts.types),
      definitions_(parts.types->definitions()),
      input_(input),
      options_(options),
      room_(*hold_),
      tree_(types_, room_.nodes),
      environment_(tree_.texts()) {
  const json::Node* root = input.root != nullptr ? input.root : &input.document->root();
  const Element whole(root, nullptr, &definitions_);
  environment_.resource = whole;
  environment_.root_resource = whole;
  environment_.clock = options.clock;
  environment_.terminology = parts.terminology;
  environment_.profiles = &kTypeProfiles;
  where_ = root;
  if (options.coverage != nullptr) reads_ = std::make_unique<SourceReads>();
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
  const Frames::Mark mark = room_.frames.mark();
  const Frame frame = room_.frames.take(first.slots);
  TargetNode* root = nullptr;
  bool good = true;
  Frame next = frame;
  for (const CompiledInput& input : first.inputs) {
    BoundValue& argument = *next++;
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
      good = fault("PB-2203", first.place, {first.name, input.type_name});
      break;
    }
    argument.node = root = tree_.loose(type);
    root->content = Content::kObject;
  }
  if (good && root == nullptr) good = fault("PB-2203", first.place, {first.name, ""});
  good = good && runGroup(first, frame);
  room_.frames.release(mark);
  if (good) tellForeignCodes(*root, first);
  if (good && options_.trace) {
    tree_.walk(*root, [&](const TargetNode& node, const std::string& path) {
      if (node.content == Content::kObject && node.rule == nullptr) return;
      TraceEntry& entry = outcome.trace.emplace_back();
      entry.target = path;
      if (node.rule != nullptr)
        entry.rule = fmt::format("{} (line {})", node.rule->path, node.rule->line);
      if (node.origin != nullptr) entry.source = placeOf(node.origin);
    });
  }
  if (good) {
    built_.push_back(input_.document);
    outcome.document = std::move(tree_).finish(*root, built_);
    if (reads_ != nullptr)
      options_.coverage->add(*environment_.resource.value(), *reads_, *outcome.document,
                             definitions_);
  }
  outcome.issues = std::move(issues_);
  return outcome;
}

void Executor::tellForeignCodes(const TargetNode& root, const CompiledGroup& group) {
  for (const ForeignCode& one : foreignCodes(root, *parts_.bindings, types_)) {
    const CompiledRule& rule = one.rule == nullptr ? group.place : *one.rule;
    where_ = one.origin;
    report("PB-2226", rule,
           {rule.path, std::string(one.element),
            withNearest(one.code, one.codes->nearest(one.code)), one.codes->value_set});
  }
}

bool Executor::runGroup(const CompiledGroup& group, Frame frame) {
  if (++depth_ > kMaxCalls) return fault("PB-2215", group.place, {group.name});
  if (group.extends != nullptr && !runExtended(*group.extends, group, frame)) return false;
  for (std::size_t i = 0; i < group.inputs.size(); ++i) {
    if (group.inputs[i].mode == InputMode::kTarget && frame[i].node == nullptr)
      return fault("PB-2213", group.place, {group.name, group.inputs[i].name});
  }
  for (const auto& [slot, expression] : group.constants) {
    const auto value = evaluate(group.place, expression, frame, frame[0].value);
    if (!value) return false;
    if (!value->empty()) frame[slot].value = value->front();
  }
  for (const CompiledRule& rule : group.rules) {
    if (!runRule(rule, frame, 0)) return false;
  }
  --depth_;
  return true;
}

bool Executor::runExtended(const CompiledGroup& group, const CompiledGroup& by, Frame frame) {
  const Frames::Mark mark = room_.frames.mark();
  const Frame own = room_.frames.take(group.slots);
  for (std::size_t i = 0; i < group.inputs.size() && i < by.inputs.size(); ++i) own[i] = frame[i];
  const bool good = runGroup(group, own);
  room_.frames.release(mark);
  return good;
}

bool Executor::runRule(const CompiledRule& rule, Frame frame, std::size_t index) {
  if (index == rule.sources.size()) return runBody(rule, frame);
  const CompiledSource& source = rule.sources[index];
  bool good = true;
  if (source.direct) {
    const Value context = asValue(frame[source.context]);
    const bool known = visit(context, source, [&](const Value& item) {
      if (!good) return;
      const auto taken = admits(rule, source, frame, item);
      good = taken.has_value() && (!*taken || runItem(rule, frame, index, item));
    });
    return known ? good : noElements(rule, source, context);
  }
  Collection items;
  if (!collect(rule, source, frame, items)) return false;
  for (const Value& item : items) {
    if (!runItem(rule, frame, index, item)) return false;
  }
  return true;
}

bool Executor::runItem(const CompiledRule& rule, Frame frame, std::size_t index,
                       const Value& item) {
  if (++turns_ > kMaxTurns) return fault("PB-2214", rule, {rule.path});
  const json::Node* outer = where_;
  frame[rule.sources[index].variable] = {item, nullptr, 0};
  if (item.isElement()) where_ = item.element().anyNode();
  const bool good = runRule(rule, frame, index + 1);
  where_ = outer;
  return good;
}

template <typename Take>
bool Executor::visit(const Value& context, const CompiledSource& source, const Take& take) const {
  const ElementName& name = source.element;
  if (name.text.empty()) {
    if (context) take(context);
    return true;
  }
  const Element element = context.element();
  if (!element) {
    // A computed value has itself as its value.
    if (context && name.text == "value") take(context);
    return true;
  }
  bool any = false;
  const auto child = [&](const Element& one) {
    any = true;
    noteRead(one);
    take(Value(one));
  };
  if (name.choice_id != 0) {
    element.forEachChild(name.choice_id, [&](const Element& one) {
      if (one.type() == name.choice_type) child(one);
    });
    if (any) return true;
  }
  if (name.id != 0) {
    element.forEachChild(name.id, child);
  } else {
    element.forEachChild(std::string_view(name.text), child);
  }
  if (any) return true;
  if (name.text != "value") return !isWithoutElements(element);
  if (element.hasValue()) take(context);
  return true;
}

bool Executor::ofType(const Value& value, const CompiledSource& source) const {
  if (source.type == 0 && source.type_name.empty()) return true;
  const Element element = value.element();
  if (!element) return definitions_.type(types_.typeOf(value)).name == source.type_name;
  if (element.type() == 0) return true;  // untyped sources fit anything
  return source.type != 0 && definitions_.isA(element.type(), source.type);
}

std::optional<bool> Executor::admits(const CompiledRule& rule, const CompiledSource& source,
                                     Frame frame, const Value& item) {
  if (!ofType(item, source)) return false;
  if (!source.where) return true;
  frame[source.variable] = {item, nullptr, 0};
  if (source.match.known && reads_ == nullptr) {
    if (const auto answer = matches(source.match, frame, item)) return answer;
  }
  return holds(rule, source.where, frame, item);
}

std::optional<bool> Executor::matches(const CompiledMatch& match, Frame frame, const Value& item) {
  Value left = match.left == kNoSlot ? item : frame[match.left].value;
  if (!match.child.text.empty()) {
    const Element element = left.element();
    if (!element || (match.named != 0 && definitions_.isA(element.type(), match.named)))
      return std::nullopt;
    std::size_t count = 0;
    const auto take = [&](const Element& child) {
      if (++count == 1) left = Value(child);
    };
    if (match.child.id != 0) {
      element.forEachChild(match.child.id, take);
    } else {
      element.forEachChild(std::string_view(match.child.text), take);
    }
    if (count == 0) return false;
    if (count > 1) return std::nullopt;
  }
  const auto text = plainText(left);
  if (!text) return std::nullopt;
  if (match.right == kNoSlot) return *text == match.text;
  const auto other = plainText(frame[match.right].value);
  if (!other) return std::nullopt;
  return *text == *other;
}

bool Executor::collect(const CompiledRule& rule, const CompiledSource& source, Frame frame,
                       Collection& items) {
  const Value context = asValue(frame[source.context]);
  bool good = true;
  const bool known = visit(context, source, [&](const Value& item) {
    if (!good) return;
    const auto taken = admits(rule, source, frame, item);
    good = taken.has_value();
    if (good && *taken) items.push(item);
  });
  if (!known) return noElements(rule, source, context);
  if (!good) return false;
  if (items.empty() && source.default_value) {
    const auto value = evaluate(rule, source.default_value, frame, context);
    if (!value) return false;
    items = *value;
  }
  if ((source.min && items.size() < *source.min) || (source.max && items.size() > *source.max)) {
    const std::string& shown = source.element.text;
    return fault("PB-2210", rule,
                 {rule.path, shown.empty() ? "(context)" : shown, std::to_string(items.size())});
  }
  for (const Value& item : items) {
    frame[source.variable] = {item, nullptr, 0};
    if (source.check && !check(rule, source, frame, item)) return false;
    if (source.log && !log(rule, source, frame, item)) return false;
  }
  return applyListMode(rule, source, items);
}

bool Executor::check(const CompiledRule& rule, const CompiledSource& source, Frame frame,
                     const Value& item) {
  const auto good = holds(rule, source.check, frame, item);
  if (!good) return false;
  if (*good) return true;
  if (item.isElement()) where_ = item.element().anyNode();
  return fault("PB-2211", rule, {rule.path, std::string(sourceOf(*source.check.program))});
}

bool Executor::log(const CompiledRule& rule, const CompiledSource& source, Frame frame,
                   const Value& item) {
  const auto values = evaluate(rule, source.log, frame, item);
  if (!values) return false;
  const json::Node* outer = where_;
  if (item.isElement()) where_ = item.element().anyNode();
  for (const Value& value : *values) {
    const std::string_view text = trim(textOf({value, nullptr, 0}));
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

bool Executor::runBody(const CompiledRule& rule, Frame frame) {
  if (tree_.size() > kMaxTargetNodes) return fault("PB-2214", rule, {rule.path});
  if (rule.simple) {
    // Before it stands the way to its element.
    for (std::size_t i = 0; i + 1 < rule.targets.size(); ++i) {
      if (!runTarget(rule, rule.targets[i], frame)) return false;
    }
    return runSimple(rule, rule.targets.back(), frame);
  }
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
                            Frame frame) {
  const CompiledGroup& group = *dependent.group;
  const Frames::Mark mark = room_.frames.mark();
  const Frame own = room_.frames.take(group.slots);
  bool good = true;
  for (std::size_t i = 0; good && i < dependent.params.size(); ++i)
    good = argument(rule, dependent.params[i], frame, own[i]);
  good = good && runGroup(group, own);
  room_.frames.release(mark);
  return good;
}

bool Executor::argument(const CompiledRule& rule, const CompiledParam& param, Frame frame,
                        BoundValue& out) {
  switch (param.kind) {
    case ModelParam::Kind::kVariable:
      out = frame[param.slot];
      return true;
    case ModelParam::Kind::kExpression: {
      const auto values = evaluate(rule, param.expression, frame, currentValue(rule, frame));
      if (!values) return false;
      if (!values->empty()) out.value = values->front();
      return true;
    }
    case ModelParam::Kind::kBoolean:
      out.value = Value::boolean(param.text == "true");
      return true;
    default:
      out.value = Value::string(param.text);
      out.type = param.type;
      return true;
  }
}

void Executor::give(const CompiledExpression& expression, Frame frame) {
  std::vector<fhirpath::NamedValue>& named = room_.named;
  named.clear();
  for (const CompiledExpression::Variable& variable : expression.variables)
    named.push_back({variable.name, asValue(frame[variable.slot])});
  environment_.values = named;
}

std::optional<Collection> Executor::evaluate(const CompiledRule& rule,
                                             const CompiledExpression& expression, Frame frame,
                                             const Value& context) {
  give(expression, frame);
  if (reads_ != nullptr) noteExpression(expression, frame, context);
  auto result = context ? fhirpath::evaluate(*expression.program, context, environment_)
                        : fhirpath::evaluate(*expression.program, Collection(), environment_);
  if (result) return std::move(*result);
  fault("PB-2201", rule,
        {rule.path, std::string(sourceOf(*expression.program)), result.error().message});
  return std::nullopt;
}

std::optional<bool> Executor::holds(const CompiledRule& rule, const CompiledExpression& expression,
                                    Frame frame, const Value& context) {
  give(expression, frame);
  if (reads_ != nullptr) noteExpression(expression, frame, context);
  const auto result = fhirpath::holds(*expression.program, context, environment_);
  if (result) return *result;
  fault("PB-2201", rule,
        {rule.path, std::string(sourceOf(*expression.program)), result.error().message});
  return std::nullopt;
}

void Executor::noteRead(const Element& element) const {
  if (reads_ == nullptr) return;
  if (element.value() != nullptr) reads_->read.insert(element.value());
  if (element.sibling() != nullptr) reads_->read.insert(element.sibling());
}

void Executor::noteWhole(const Element& element) const {
  if (reads_ == nullptr) return;
  if (element.value() != nullptr) reads_->whole.insert(element.value());
  if (element.sibling() != nullptr) reads_->whole.insert(element.sibling());
}

void Executor::noteExpression(const CompiledExpression& expression, Frame frame,
                              const Value& context) {
  const auto tokens = lexFml(sourceOf(*expression.program));
  if (!tokens) return;
  std::vector<Element> todo{context.element()};
  for (const CompiledExpression::Variable& variable : expression.variables)
    todo.push_back(frame[variable.slot].value.element());
  while (!todo.empty()) {
    const Element element = todo.back();
    todo.pop_back();
    if (!element) continue;
    noteRead(element);
    for (const Token& token : *tokens) {
      if (token.kind != Token::Kind::kIdentifier) continue;
      element.forEachChild(std::string_view(token.text),
                           [&](const Element& child) { todo.push_back(child); });
    }
  }
}

}  // namespace planbro::mapping
