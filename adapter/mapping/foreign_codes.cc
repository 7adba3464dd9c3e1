#include "mapping/foreign_codes.h"

#include "fhir/element.h"

namespace planbro::mapping {

using fhir::Element;
using Content = TargetNode::Content;

namespace {

// Looks for one binding. Goes as deep as its path is long.
class Search {
 public:
  Search(const CodeBindings::Extensible& binding, const TypeTable& types,
         std::vector<ForeignCode>& found)
      : binding_(binding), types_(types), found_(found) {}

  void run(const TargetNode& node, const CompiledRule* rule) {
    for (const TargetNode* child = node.first; child != nullptr; child = child->next) {
      const std::string_view path = child->member->path;
      if (!binding_.path.starts_with(path)) continue;
      const std::string_view rest = std::string_view(binding_.path).substr(path.size());
      const CompiledRule* made_by = child->rule != nullptr ? child->rule : rule;
      if (!rest.empty() && rest.front() != '.') continue;
      if (child->content == Content::kBorrowed) {
        run(child->borrowed, rest, made_by);
      } else if (rest.empty()) {
        builtConcept(*child);
        tell(child->member->element->text, made_by);
      } else {
        run(*child, made_by);
      }
    }
  }

 private:
  struct Coding {
    std::string_view system, code;
    const json::Node* origin = nullptr;
  };

  // `rest` is what the path says below the element: ".role".
  void run(const Element& element, std::string_view rest, const CompiledRule* rule) {
    if (rest.empty()) {
      if (element.type() == types_.coding) coding(element);
      element.forEachChild("coding", [this](const Element& one) { coding(one); });
      tell(element.name(), rule);
      return;
    }
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find('.'));
    element.forEachChild(name,
                         [&](const Element& child) { run(child, rest.substr(name.size()), rule); });
  }

  void builtConcept(const TargetNode& node) {
    if (node.type == types_.coding) return coding(node);
    for (const TargetNode* child = node.first; child != nullptr; child = child->next) {
      if (child->member->element->text == "coding") coding(*child);
    }
  }

  void coding(const Element& one) {
    const Element code = one.child("code");
    codings_.push_back({one.textOf("system"), code.text(), code ? code.anyNode() : one.anyNode()});
  }

  void coding(const TargetNode& node) {
    if (node.content == Content::kBorrowed) return coding(node.borrowed);
    Coding& made = codings_.emplace_back();
    made.origin = node.origin;
    for (const TargetNode* part = node.first; part != nullptr; part = part->next) {
      const std::string_view name = part->member->element->text;
      const std::string_view text =
          part->content == Content::kBorrowed ? part->borrowed.text() : part->text;
      if (name == "system") made.system = text;
      if (name != "code") continue;
      made.code = text;
      if (part->origin != nullptr) made.origin = part->origin;
    }
  }

  // What the codings of one element come to.
  void tell(std::string_view element, const CompiledRule* rule) {
    ForeignCode foreign;
    bool known = false;
    for (const Coding& one : codings_) {
      const auto system = binding_.systems.find(one.system);
      if (system == binding_.systems.end() || one.code.empty()) continue;
      known = known || system->second.has(one.code);
      if (foreign.codes == nullptr)
        foreign = {&system->second, element, one.code, rule, one.origin};
    }
    if (!known && foreign.codes != nullptr) found_.push_back(foreign);
    codings_.clear();
  }

  const CodeBindings::Extensible& binding_;
  const TypeTable& types_;
  std::vector<ForeignCode>& found_;
  std::vector<Coding> codings_;  // of the element in hand
};

}  // namespace

std::vector<ForeignCode> foreignCodes(const TargetNode& root, const CodeBindings& bindings,
                                      const TypeTable& types) {
  std::vector<ForeignCode> found;
  for (const CodeBindings::Extensible& binding : bindings.extensible())
    Search(binding, types, found).run(root, nullptr);
  return found;
}

}  // namespace planbro::mapping
