// FHIRPath Patch. FHIR R4, fhirpatch.html.
//
// Each operation is evaluated on what the one before it left, so that its path sees the changes.
#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "fhirpath/program.h"
#include "json/edit_tree.h"
#include "json/parser.h"
#include "service/fhirpath_patch_operation.h"
#include "service/patch.h"

namespace planbro::service {
namespace {

using json::EditTree;
using json::Kind;
using Item = EditTree::Item;
using fhir::Element;
using fhir::Member;

// A value to be put into the tree: a primitive may have extensions beside it, or only those.
struct NewValue {
  Item* value = nullptr;
  Item* sibling = nullptr;
};

// Where an element stands: a property of an object, and which of its values.
struct Spot {
  Item* parent = nullptr;  // the object
  std::string property;    // "given", also for a value that is only "_given"
  bool list = false;
  std::size_t index = 0;
};

fhir::Issue refusal(std::string_view code, std::vector<std::string> arguments) {
  return fhir::makeIssue(code, {}, std::move(arguments));
}

// "Patient.contact[0].name" to "Patient.contact[0]" and "name"; nothing where the last step is no
// plain name.
std::optional<std::pair<std::string_view, std::string_view>> lastStep(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view name = path.substr(dot + 1);
  const bool plain = !name.empty() && name.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_") == name.npos;
  if (!plain) return std::nullopt;
  return std::pair{path.substr(0, dot), name};
}

class OneOperation {
 public:
  OneOperation(const FhirpathOperation& operation, const fhir::Resource& patch,
               const fhir::Resource& target)
      : operation_(operation),
        patch_(patch),
        target_(target),
        definitions_(target.definitions()),
        tree_(target.document()) {}

  std::expected<fhir::Resource, fhir::Issue> run() {
    if (auto refused = apply()) return std::unexpected(std::move(*refused));
    if (!tree_.fits()) return std::unexpected(refusal("PB-4045", {kMostOperations}));
    const auto bind = [&](json::DocumentMaker& maker) { fhir::bind(maker, definitions_); };
    return fhir::Resource(tree_.finish(&definitions_.names(), bind), definitions_);
  }

 private:
  using Refused = std::optional<fhir::Issue>;
  static inline const std::string kMostOperations = std::to_string(kMaxPatchOperations);

  Refused apply() {
    std::vector<Element> found;
    if (auto refused = evaluate(operation_.path, &found)) return refused;
    if (operation_.type == "add") return add(found);
    if (operation_.type == "insert") return insert(found);
    if (operation_.type == "delete") return remove(found);
    if (operation_.type == "replace") return replace(found);
    return move(found);
  }

  fhir::Issue refuse(std::string_view code, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{operation_.number, std::string(operation_.path)};
    std::move(more.begin(), more.end(), std::back_inserter(arguments));
    return refusal(code, std::move(arguments));
  }

  Refused evaluate(std::string_view path, std::vector<Element>* found) {
    const auto broken = [&](const std::string& why) {
      return refusal("PB-4049", {operation_.number, std::string(path), why});
    };
    fhirpath::CompileOptions options;
    options.definitions = &definitions_;
    options.root_type = target_.type();
    const auto program = fhirpath::compile(path, options);
    if (!program.has_value()) return broken(program.error().message);
    fhirpath::Scratch scratch;
    const fhirpath::Environment environment(scratch, target_.root());
    const auto values = fhirpath::evaluate(**program, target_.root(), environment);
    if (!values.has_value()) return broken(values.error().message);
    for (const fhirpath::Value& value : *values) {
      // A computed value is no place in the resource.
      if (!value.isElement()) return refuse("PB-4041");
      found->push_back(value.element());
    }
    return std::nullopt;
  }

  Refused oneOf(const std::vector<Element>& found) const {
    if (found.empty()) return refuse("PB-4041");
    if (found.size() > 1) return refuse("PB-4042");
    return std::nullopt;
  }

  // --- places ---

  std::optional<Spot> spotOf(const Element& element) {
    std::vector<Item*> chain;
    Item* item = tree_.find(*element.anyNode(), &chain);
    if (item == nullptr || chain.size() < 2) return std::nullopt;
    Item* holder = chain[chain.size() - 2];
    Spot spot;
    if (holder->kindNow() == Kind::kObject) {
      spot.parent = holder;
      spot.property = item->name;
    } else {
      if (chain.size() < 3) return std::nullopt;
      const auto& items = tree_.itemsOf(*holder);
      spot.list = true;
      spot.index =
          static_cast<std::size_t>(std::find(items.begin(), items.end(), item) - items.begin());
      spot.parent = chain[chain.size() - 3];
      spot.property = holder->name;
    }
    if (element.value() == nullptr && spot.property.starts_with('_')) spot.property.erase(0, 1);
    return spot;
  }

  fhir::ShapeId shapeOf(const Element& element) const {
    const Member* member = element.member();
    if (member != nullptr && !member->is(Member::kAnyResource) && !member->is(Member::kRoot) &&
        member->shape != 0)
      return member->shape;
    return element.type() == 0 ? fhir::ShapeId{0} : definitions_.type(element.type()).shape;
  }

  // The property of `shape` for an element name and, in a choice, the type of the value.
  const Member* memberOf(fhir::ShapeId shape, std::string_view name, const Element& value) const {
    const Member* only = nullptr;
    for (const Member& member : definitions_.membersOf(shape)) {
      if (member.property->text == name) return &member;
      if (member.element->text != name) continue;
      if (!member.is(Member::kChoice)) return &member;
      if (value && member.type == value.type()) only = &member;
    }
    return only;
  }

  // --- values ---

  // What a parameter or part carries; for an anonymous type the object its parts make.
  std::expected<NewValue, fhir::Issue> valueOf(const Element& part, const Member& member) {
    if (const Element value = part.child("value")) return borrowed(value);
    if (const Element resource = part.child("resource")) return borrowed(resource);
    NewValue made{tree_.container(Kind::kObject), nullptr};
    Refused wrong;
    // Depth is bounded by the parsers.
    part.forEachChild("part", [&](const Element& inner) {
      if (wrong.has_value()) return;
      const std::string_view name = inner.textOf("name");
      const Member* child = memberOf(member.shape, name, inner.child("value"));
      if (child == nullptr) {
        wrong = refuse("PB-4048", {std::string(name)});
        return;
      }
      auto value = valueOf(inner, *child);
      if (!value.has_value()) {
        wrong = std::move(value.error());
        return;
      }
      wrong = append(*made.value, *child, *value);
    });
    if (wrong.has_value()) return std::unexpected(std::move(*wrong));
    if (made.value->items.empty())
      return std::unexpected(refusal("PB-4040", {"operation " + operation_.number, "a value"}));
    return made;
  }

  NewValue borrowed(const Element& element) {
    NewValue value;
    if (element.value() != nullptr) value.value = tree_.value(*element.value(), patch_.document());
    if (element.sibling() != nullptr)
      value.sibling = tree_.value(*element.sibling(), patch_.document());
    return value;
  }

  // The element the value is of, for choosing among the types of value[x].
  Element typedValue() const { return operation_.value.child("value"); }

  Refused append(Item& parent, const Member& member, const NewValue& value) {
    const std::string_view property = member.property->text;
    Item* there = tree_.member(parent, property);
    Item* sibling = tree_.member(parent, "_" + std::string(property));
    if (!member.is(Member::kList)) {
      if (there != nullptr || sibling != nullptr || otherChoice(parent, member))
        return refuse("PB-4046", {std::string(member.element->text)});
      setOnce(parent, property, value);
      return std::nullopt;
    }
    insertInto(parent, property, lengthOf(there, sibling), value);
    return std::nullopt;
  }

  // Whether the choice already has a value, of whatever type.
  bool otherChoice(Item& parent, const Member& member) {
    if (!member.is(Member::kChoice)) return false;
    const auto members = definitions_.members();
    const auto twinAt = [&](std::size_t i) {
      return i < members.size() && members[i].path == member.path;
    };
    // The types of one choice stand next to each other.
    std::size_t i = definitions_.indexOf(member);
    while (i > 0 && twinAt(i - 1)) --i;
    for (; twinAt(i); ++i) {
      const std::string property(members[i].property->text);
      if (tree_.member(parent, property) != nullptr ||
          tree_.member(parent, "_" + property) != nullptr)
        return true;
    }
    return false;
  }

  std::size_t lengthOf(Item* values, Item* siblings) {
    const std::size_t a = values == nullptr ? 0 : tree_.itemsOf(*values).size();
    const std::size_t b = siblings == nullptr ? 0 : tree_.itemsOf(*siblings).size();
    return std::max(a, b);
  }

  void setOnce(Item& parent, std::string_view property, const NewValue& value) {
    if (value.value != nullptr) tree_.setMember(parent, property, value.value);
    if (value.sibling != nullptr)
      tree_.setMember(parent, "_" + std::string(property), value.sibling);
  }

  Item* null() {
    static const json::DocumentPtr document = *json::parse("null");
    return tree_.value(document->root(), document);
  }

  // Both lists of a primitive keep their items side by side.
  void insertOne(Item& parent, const std::string& property, std::size_t at, Item* item) {
    Item* list = tree_.member(parent, property);
    if (list == nullptr) {
      if (item == nullptr) return;
      list = tree_.container(Kind::kArray);
      tree_.setMember(parent, property, list);
    }
    auto& items = tree_.itemsOf(*list);
    if (item == nullptr && at >= items.size()) return;
    while (items.size() < at) tree_.insert(*list, items.size(), null());
    tree_.insert(*list, at, item != nullptr ? item : null());
  }

  void insertInto(Item& parent, std::string_view property, std::size_t at, const NewValue& value) {
    insertOne(parent, std::string(property), at, value.value);
    insertOne(parent, "_" + std::string(property), at, value.sibling);
  }

  // Takes the value out of its list or object, and the list out of its object when it was the last.
  NewValue takeOut(const Spot& spot) {
    return {takeOne(spot, spot.property), takeOne(spot, "_" + spot.property)};
  }

  Item* takeOne(const Spot& spot, const std::string& property) {
    Item* item = tree_.member(*spot.parent, property);
    if (item == nullptr) return nullptr;
    if (spot.list) {
      Item* list = item;
      auto& items = tree_.itemsOf(*list);
      if (spot.index >= items.size()) return nullptr;
      item = items[spot.index];
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(spot.index));
      const bool left = std::any_of(items.begin(), items.end(),
                                    [](const Item* one) { return one->kindNow() != Kind::kNull; });
      if (!left) tree_.removeMember(*spot.parent, property);
    } else {
      tree_.removeMember(*spot.parent, property);
    }
    return item->kindNow() == Kind::kNull ? nullptr : item;
  }

  // --- operations ---

  Refused add(const std::vector<Element>& found) {
    if (auto refused = oneOf(found)) return refused;
    const Element& parent = found.front();
    return addTo(parent, operation_.name, std::nullopt);
  }

  // Adds the operation's value below `parent`; at the front of an empty list for an insertion.
  Refused addTo(const Element& parent, std::string_view name, std::optional<std::size_t> index) {
    const Member* member = memberOf(shapeOf(parent), name, typedValue());
    if (member == nullptr) return refuse("PB-4048", {std::string(name)});
    if (index.has_value() && !member->is(Member::kList)) return refuse("PB-4041");
    if (index.value_or(0) != 0)
      return refusal("PB-4047", {operation_.number, std::to_string(*index), "0"});
    // A primitive's extensions hang on its sibling, which an extension alone must first make.
    std::vector<Item*> chain;
    Item* object = parent.value() != nullptr && !parent.value()->isContainer()
                       ? siblingObject(parent)
                       : tree_.find(*parent.anyNode(), &chain);
    if (object == nullptr) return refuse("PB-4041");
    auto value = valueOf(operation_.value, *member);
    if (!value.has_value()) return std::move(value.error());
    return append(*object, *member, *value);
  }

  // The object with id and extensions of a primitive that has a value.
  Item* siblingObject(const Element& primitive) {
    const auto spot = spotOf(primitive);
    if (!spot.has_value()) return nullptr;
    const std::string property = "_" + spot->property;
    Item* there = tree_.member(*spot->parent, property);
    if (!spot->list) {
      if (there == nullptr) {
        there = tree_.container(Kind::kObject);
        tree_.setMember(*spot->parent, property, there);
      }
      return there;
    }
    if (there == nullptr) {
      there = tree_.container(Kind::kArray);
      tree_.setMember(*spot->parent, property, there);
    }
    auto& items = tree_.itemsOf(*there);
    while (items.size() <= spot->index) tree_.insert(*there, items.size(), null());
    if (items[spot->index]->kindNow() == Kind::kNull)
      items[spot->index] = tree_.container(Kind::kObject);
    return items[spot->index];
  }

  // The list that the path's values stand in: all values of one property, in order.
  std::expected<std::vector<Spot>, fhir::Issue> listOf(const std::vector<Element>& found) {
    std::vector<Spot> spots;
    for (const Element& element : found) {
      auto spot = spotOf(element);
      if (!spot.has_value() || !spot->list) return std::unexpected(refuse("PB-4041"));
      if (!spots.empty() &&
          (spot->parent != spots.front().parent || spot->property != spots.front().property))
        return std::unexpected(refuse("PB-4042"));
      spots.push_back(std::move(*spot));
    }
    return spots;
  }

  Refused insert(const std::vector<Element>& found) {
    if (found.empty()) {
      // An empty list has no items to find it by, but its parent and its name.
      const auto step = lastStep(operation_.path);
      if (!step.has_value()) return refuse("PB-4041");
      std::vector<Element> parents;
      if (auto refused = evaluate(step->first, &parents)) return refused;
      if (auto refused = oneOf(parents)) return refused;
      return addTo(parents.front(), step->second, operation_.index);
    }
    auto spots = listOf(found);
    if (!spots.has_value()) return std::move(spots.error());
    const std::size_t index = *operation_.index;
    if (index > spots->size())
      return refusal("PB-4047",
                     {operation_.number, std::to_string(index), std::to_string(spots->size())});
    const Member* member = found.front().member();
    if (member == nullptr) return refuse("PB-4041");
    auto value = valueOf(operation_.value, *member);
    if (!value.has_value()) return std::move(value.error());
    const Spot& front = spots->front();
    const std::size_t at = index == spots->size() ? spots->back().index + 1 : (*spots)[index].index;
    insertInto(*front.parent, front.property, at, *value);
    return std::nullopt;
  }

  Refused remove(const std::vector<Element>& found) {
    // Nothing there is what was wanted.
    if (found.empty()) return std::nullopt;
    if (auto refused = oneOf(found)) return refused;
    const auto spot = spotOf(found.front());
    if (!spot.has_value()) return refuse("PB-4044");
    takeOut(*spot);
    return std::nullopt;
  }

  Refused replace(const std::vector<Element>& found) {
    if (auto refused = oneOf(found)) return refused;
    const auto spot = spotOf(found.front());
    if (!spot.has_value()) return refuse("PB-4044");
    const Member* member = found.front().member();
    if (member == nullptr) return refuse("PB-4041");
    auto value = valueOf(operation_.value, *member);
    if (!value.has_value()) return std::move(value.error());
    if (spot->list) {
      takeOut(*spot);
      insertInto(*spot->parent, spot->property, spot->index, *value);
      return std::nullopt;
    }
    // A choice may get another type, and with it another property in the same place.
    std::string property = spot->property;
    if (member->is(Member::kChoice)) {
      const std::string_view type = definitions_.type(typedValue().type()).name;
      if (!type.empty() && typedValue().type() != member->type) {
        property = std::string(member->element->text) + std::string(type);
        property[member->element->text.size()] =
            static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
      }
    }
    auto& members = tree_.itemsOf(*spot->parent);
    const auto place = std::find_if(members.begin(), members.end(), [&](const Item* item) {
      return item->name == spot->property || item->name == "_" + spot->property;
    });
    std::size_t at = static_cast<std::size_t>(place - members.begin());
    takeOut(*spot);
    if (value->value != nullptr) tree_.insertMember(*spot->parent, at++, property, value->value);
    if (value->sibling != nullptr)
      tree_.insertMember(*spot->parent, at, "_" + property, value->sibling);
    return std::nullopt;
  }

  Refused move(const std::vector<Element>& found) {
    if (found.empty()) return refuse("PB-4041");
    auto spots = listOf(found);
    if (!spots.has_value()) return std::move(spots.error());
    const std::size_t from = *operation_.source;
    const std::size_t to = *operation_.destination;
    for (const std::size_t index : {from, to}) {
      if (index >= spots->size())
        return refusal("PB-4047",
                       {operation_.number, std::to_string(index), std::to_string(spots->size())});
    }
    if (from == to) return std::nullopt;
    const std::size_t at = (*spots)[to].index;
    Spot moved = (*spots)[from];
    NewValue value = takeOut(moved);
    insertInto(*moved.parent, moved.property, at, value);
    return std::nullopt;
  }

  const FhirpathOperation& operation_;
  const fhir::Resource& patch_;
  const fhir::Resource& target_;
  const fhir::Definitions& definitions_;
  EditTree tree_;
};

}  // namespace

std::expected<fhir::Resource, fhir::Issue> applyFhirpathPatch(const fhir::Resource& parameters,
                                                              const fhir::Resource& target) {
  auto operations = readFhirpathOperations(parameters);
  if (!operations.has_value()) return std::unexpected(std::move(operations.error()));
  fhir::Resource changed = target;
  for (const FhirpathOperation& operation : *operations) {
    auto next = OneOperation(operation, parameters, changed).run();
    if (!next.has_value()) return next;
    changed = std::move(*next);
  }
  return changed;
}

}  // namespace planbro::service
