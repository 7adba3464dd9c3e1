#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/text.h"
#include "mapping/code_bindings.h"
#include "mapping/executor.h"
#include "mapping/primitive_text.h"
#include "mapping/transforms.h"

namespace planbro::mapping {

using fhir::Element;
using fhir::Member;
using fhir::TypeId;
using fhirpath::Value;
using fhirpath::ValueKind;
using Content = TargetNode::Content;

namespace {

bool isBlank(std::string_view text) {
  return text.empty() || (text.front() <= ' ' && trim(text).empty());
}

}  // namespace

bool Executor::runSimple(const CompiledRule& rule, const CompiledTarget& target, Frame frame) {
  TargetNode* parent = frame[target.context].node;
  const BoundValue value{currentValue(rule, frame), nullptr, 0};
  const Element element = value.value.element();
  const TypeId source_type = element ? element.type() : 0;
  const Member* member = chooseMember(target, *parent, value);
  const CompiledGroup* group =
      member == nullptr ? nullptr : map_.defaultGroup(source_type, member->type);
  TargetNode* node = nullptr;
  if (group != nullptr) {
    node = tree_.add(parent, *member);
  } else if (const CompiledGroup* by_source = map_.defaultGroup(source_type)) {
    // It says the type where the target leaves it open.
    if (fits(target, *parent, by_source->inputs[1].type)) {
      group = by_source;
      node = create(rule, target, parent, group->inputs[1].type);
      if (node == nullptr) return false;
    }
  }
  if (group != nullptr) return runDefault(*group, rule, value, node);
  bool nothing = false;
  return assign(rule, target, parent, value, nothing) != nullptr || nothing;
}

bool Executor::runDefault(const CompiledGroup& group, const CompiledRule& rule,
                          const BoundValue& value, TargetNode* node) {
  node->rule = &rule;
  node->origin = where_;
  const Frames::Mark mark = room_.frames.mark();
  const Frame own = room_.frames.take(group.slots);
  own[0] = value;
  own[1] = {{}, node, 0};
  const bool good = runGroup(group, own);
  room_.frames.release(mark);
  return good;
}

bool Executor::runTarget(const CompiledRule& rule, const CompiledTarget& target, Frame frame) {
  TargetNode* parent = target.context == kNoSlot ? nullptr : frame[target.context].node;
  BoundValue result;
  if (target.context != kNoSlot && parent == nullptr)
    return fault("PB-2213", rule, {rule.path, target.element.text});
  const bool creates = target.transform == Transform::kCreate;
  if (target.transform == Transform::kNone || (creates && parent != nullptr)) {
    result.node = parent;
    if (!target.element.text.empty()) {
      result.node = creates && target.create_type != 0
                        ? create(rule, target, parent, target.create_type)
                        : make(rule, target, parent);
      if (result.node == nullptr) return false;
    }
  } else if (creates) {
    if (target.create_type == 0) return fault("PB-2107", rule, {rule.path, ""});
    result.node = tree_.loose(target.create_type);
    result.node->rule = &rule;
    result.node->origin = where_;
  } else if (!runTransform(rule, target, frame, parent, result)) {
    return false;
  }
  // The variable of a value that was not there must not keep an older turn's.
  if (target.variable != kNoSlot) frame[target.variable] = result;
  return true;
}

bool Executor::runTransform(const CompiledRule& rule, const CompiledTarget& target, Frame frame,
                            TargetNode* parent, BoundValue& result) {
  bool nothing = false;
  if (target.transform == Transform::kCopy && target.params.size() == 1) {
    BoundValue value;
    if (!argument(rule, target.params.front(), frame, value)) return false;
    if (parent == nullptr) {
      result = value;
      return true;
    }
    if (!value) return true;
    result.node = assign(rule, target, parent, value, nothing);
    return result.node != nullptr || nothing;
  }
  std::vector<BoundValue>& values = room_.values;
  values.clear();
  if (!Transforms(*this, rule, target, frame).run(values)) return false;
  if (parent == nullptr) {
    if (!values.empty()) result = values.front();
    return true;
  }
  for (const BoundValue& value : values) {
    result.node = assign(rule, target, parent, value, nothing);
    if (result.node == nullptr && !nothing) return false;
  }
  return true;
}

TargetNode* Executor::wrongElement(const CompiledRule& rule, const CompiledTarget& target,
                                   const TargetNode& parent, std::string given) {
  const std::string& name = target.element.text;
  if (!tree_.hasElement(parent, target.element)) {
    fault("PB-2204", rule, {rule.path, name, std::string(definitions_.type(parent.type).name)});
  } else if (given.empty()) {
    fault("PB-2227", rule, {rule.path, name, typesOf(parent, target.element)});
  } else {
    fault("PB-2205", rule, {rule.path, name, std::move(given), typesOf(parent, target.element)});
  }
  return nullptr;
}

std::string Executor::typesOf(const TargetNode& parent, const TargetElement& element) const {
  constexpr std::size_t kMostShown = 12;
  std::vector<std::string_view> names;
  for (const Member& member : definitions_.membersOf(parent.shape)) {
    if (member.element->id != element.id && member.property->id != element.id) continue;
    names.push_back(names.size() < kMostShown ? definitions_.type(member.type).name : "…");
    if (names.size() > kMostShown) break;
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

bool Executor::wrongType(const CompiledRule& rule, std::string_view name, const BoundValue& value,
                         std::string taken) {
  const json::Node* outer = where_;
  if (value.value.isElement() && built_.empty()) where_ = value.value.element().anyNode();
  fault("PB-2205", rule, {rule.path, std::string(name), typeName(value), std::move(taken)});
  where_ = outer;
  return false;
}

bool Executor::placeInList(const CompiledRule& rule, const CompiledTarget& target,
                           const TargetNode& parent, const Member& member, std::int8_t& rank) {
  rank = 0;
  if (!member.is(Member::kList)) return true;
  if (target.list_mode == ListMode::kFirst) rank = -1;
  if (target.list_mode == ListMode::kLast) rank = 1;
  for (const TargetNode* child = parent.first; rank != 0 && child != nullptr; child = child->next) {
    if (child->member == &member && child->rank == rank && child->rule != &rule)
      return fault("PB-3040", rule,
                   {rule.path, target.element.text, rank < 0 ? "first" : "last",
                    child->rule == nullptr ? std::string() : child->rule->path});
  }
  return true;
}

TargetNode* Executor::toCollate(const CompiledTarget& target, const TargetNode& parent,
                                const Member& member) {
  if (target.list_mode != ListMode::kCollate || !member.is(Member::kList)) return nullptr;
  return TargetTree::find(parent, member);
}

TargetNode* Executor::make(const CompiledRule& rule, const CompiledTarget& target,
                           TargetNode* parent) {
  const Member* member = tree_.memberFor(*parent, target.element, 0);
  if (member == nullptr) return wrongElement(rule, target, *parent, "");
  if (target.share) {
    TargetNode*& known = shared_[{parent, member, target.share_name}];
    if (known == nullptr) known = tree_.add(parent, *member);
    return known;
  }
  if (parent->content == Content::kBorrowed) tree_.expand(parent);
  TargetNode* node = toCollate(target, *parent, *member);
  if (node == nullptr && !member->is(Member::kList)) node = TargetTree::find(*parent, *member);
  if (node == nullptr) {
    std::int8_t rank = 0;
    if (!placeInList(rule, target, *parent, *member, rank)) return nullptr;
    node = tree_.addNew(parent, *member, rank);
  }
  if (node->rule == nullptr) {
    node->rule = &rule;
    node->origin = where_;
  }
  return node;
}

const Member* Executor::fits(const CompiledTarget& target, const TargetNode& parent,
                             TypeId type) const {
  const Member* member = tree_.memberFor(parent, target.element, type);
  if (member == nullptr) return nullptr;
  return member->type == type || definitions_.isA(type, member->type) ? member : nullptr;
}

TargetNode* Executor::create(const CompiledRule& rule, const CompiledTarget& target,
                             TargetNode* parent, TypeId type) {
  const Member* member = fits(target, *parent, type);
  if (member == nullptr)
    return wrongElement(rule, target, *parent, std::string(definitions_.type(type).name));
  if (parent->content == Content::kBorrowed) tree_.expand(parent);
  if (TargetNode* known = toCollate(target, *parent, *member);
      known != nullptr && known->type == type)
    return known;
  std::int8_t rank = 0;
  if (!placeInList(rule, target, *parent, *member, rank)) return nullptr;
  TargetNode* node = tree_.loose(type);
  node->rank = rank;
  if (member->shape != 0 && !member->is(Member::kAnyResource)) node->shape = member->shape;
  node->rule = &rule;
  node->origin = where_;
  tree_.attach(parent, *member, node);
  return node;
}

const Member* Executor::chooseMember(const CompiledTarget& target, const TargetNode& parent,
                                     const BoundValue& value) const {
  if (target.element.choices.empty()) return tree_.memberOf(parent, target.element, value.type);
  return tree_.memberFor(parent, target.element, typeOf(value));
}

TargetNode* Executor::assign(const CompiledRule& rule, const CompiledTarget& target,
                             TargetNode* parent, const BoundValue& value, bool& nothing) {
  nothing = false;
  const bool itself =
      target.element.text.empty() || (target.element.is_value && types_.isPrimitive(parent->type));
  if (itself) return fill(rule, parent, value, false, textOf(value)) ? parent : nullptr;
  const Member* member = chooseMember(target, *parent, value);
  if (member == nullptr) return wrongElement(rule, target, *parent, typeName(value));
  const bool primitive = types_.isPrimitive(member->type);
  std::string_view text;
  if (primitive) {
    text = textOf(value);
    const bool extended = value.value.isElement() && value.value.element().sibling() != nullptr;
    if (!extended && isBlank(text)) {
      nothing = !hasParts(value);
      if (!nothing) wrongType(rule, target.element.text, value, typesOf(*parent, target.element));
      return nullptr;
    }
  }
  const bool coded = member->type == types_.code || member->type == types_.coding;
  if (coded && !mayBe(rule, *member, value, primitive ? text : codeOf(value))) return nullptr;
  // A built or created element that hangs nowhere yet is taken as it is.
  if (value.node != nullptr && value.node->parent == nullptr && value.node->member == nullptr &&
      !primitive) {
    if (!definitions_.isA(value.node->type, member->type) && value.node->type != member->type) {
      wrongType(rule, target.element.text, value, typesOf(*parent, target.element));
      return nullptr;
    }
    std::int8_t rank = 0;
    if (!placeInList(rule, target, *parent, *member, rank)) return nullptr;
    value.node->rank = rank;
    if (value.node->rule == nullptr) {
      value.node->rule = &rule;
      value.node->origin = where_;
    }
    tree_.attach(parent, *member, value.node);
    return value.node;
  }
  if (parent->content == Content::kBorrowed) tree_.expand(parent);
  TargetNode* known = member->is(Member::kList) ? toCollate(target, *parent, *member)
                                                : TargetTree::find(*parent, *member);
  TargetNode* node = known;
  if (node == nullptr) {
    std::int8_t rank = 0;
    if (!placeInList(rule, target, *parent, *member, rank)) return nullptr;
    node = tree_.addNew(parent, *member, rank);
    node->rule = &rule;
  }
  return fill(rule, node, value, known == nullptr, text) ? node : nullptr;
}

std::string_view Executor::codeOf(const BoundValue& value) const {
  if (value.node == nullptr)
    return value.value.isElement() ? value.value.element().child("code").text()
                                   : std::string_view();
  const TargetNode& node = *value.node;
  if (node.content == Content::kBorrowed) return node.borrowed.child("code").text();
  const Member* member = tree_.memberOf(node, types_.code_element, 0);
  const TargetNode* code = member == nullptr ? nullptr : TargetTree::find(node, *member);
  return code == nullptr ? std::string_view() : code->text;
}

bool Executor::mayBe(const CompiledRule& rule, const Member& member, const BoundValue& value,
                     std::string_view code) {
  const CodeBindings::Codes* codes = parts_.bindings->of(member);
  if (codes == nullptr || code.empty() || codes->has(code)) return true;
  const json::Node* outer = where_;
  if (value.value.isElement()) where_ = value.value.element().anyNode();
  fault("PB-2225", rule,
        {rule.path, std::string(member.element->text), withNearest(code, codes->nearest(code)),
         codes->value_set});
  where_ = outer;
  return false;
}

bool Executor::fill(const CompiledRule& rule, TargetNode* node, const BoundValue& value, bool fresh,
                    std::string_view text) {
  const bool good = types_.isPrimitive(node->type) ? fillPrimitive(rule, node, value, fresh, text)
                                                   : fillComplex(rule, node, value);
  if (!good) return false;
  node->rule = &rule;
  node->origin = where_;
  if (value.value.isElement() && built_.empty()) node->origin = value.value.element().anyNode();
  return true;
}

bool Executor::fillPrimitive(const CompiledRule& rule, TargetNode* node, const BoundValue& value,
                             bool fresh, std::string_view text) {
  const auto name = [&] {
    return std::string(node->member == nullptr ? definitions_.type(node->type).name
                                               : node->member->element->text);
  };
  const Element element = value.value.element();
  const bool extended = element && element.sibling() != nullptr;
  if (text.empty() && !extended) {
    const std::string_view type = definitions_.type(node->type).name;
    return !hasParts(value) || wrongType(rule, name(), value, std::string(type));
  }
  if (!text.empty() && !isPrimitiveText(types_.form(node->type), text))
    return fault("PB-2206", rule,
                 {rule.path, name(), std::string(definitions_.type(node->type).name)});
  if (!fresh && node->content == Content::kPrimitive && node->text != text)
    report("PB-2207", rule, {rule.path, name()});
  if (extended) {
    noteWhole(element);
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
    return wrongType(rule, name, value, std::string(definitions_.type(node->type).name));
  };
  Value source = value.value;
  if (value.node != nullptr) source = asValue(value);
  if (source.kind() == ValueKind::kQuantity) {
    if (!definitions_.isA(node->type, types_.quantity)) return wrong();
    fillQuantity(node, source);
    return true;
  }
  const Element element = source.element();
  if (!element || element.value() == nullptr || !element.value()->isContainer()) return wrong();
  const Member* from = element.member();
  const bool same_type =
      element.type() == node->type || definitions_.isA(element.type(), node->type);
  // Elements with parts of their own fit only where they are defined.
  const bool nested = from != nullptr && node->member != nullptr && from->shape != node->shape &&
                      !from->is(Member::kAnyResource) && !from->is(Member::kRoot) &&
                      (from->shape != definitions_.type(element.type()).shape ||
                       node->shape != definitions_.type(node->type).shape);
  if (element.type() == 0 || !same_type || nested) return wrong();
  node->first = node->last = nullptr;
  node->type = element.type();
  node->shape = from == nullptr || from->is(Member::kAnyResource) || from->is(Member::kRoot)
                    ? definitions_.type(node->type).shape
                    : from->shape;
  node->content = Content::kBorrowed;
  node->borrowed = element;
  noteWhole(element);
  return true;
}

void Executor::fillQuantity(TargetNode* node, const Value& quantity) {
  const auto put = [&](const TargetElement& child, std::string_view text) {
    const Member* member = tree_.memberOf(*node, child, 0);
    if (member != nullptr) TargetTree::setText(tree_.add(node, *member), text);
  };
  put(types_.value, tree_.keep(quantity.asDecimal().toString()));
  put(types_.unit, quantity.text());
  if (quantity.isCalendarUnit()) return;
  put(types_.system, "http://unitsofmeasure.org");
  put(types_.code_element, quantity.text());
}

}  // namespace planbro::mapping
