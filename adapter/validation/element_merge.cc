#include "validation/element_merge.h"

#include <algorithm>
#include <string>

#include "fhir/element.h"

namespace planbro::validation {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

bool sameJson(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.size != b.size) return false;
  if (!a.isContainer()) return a.text() == b.text();
  for (std::uint32_t i = 0; i < a.size; ++i) {
    const Node& x = a.children()[i];
    const Node& y = b.children()[i];
    if (x.name != nullptr && y.name != nullptr && x.name->text != y.name->text) return false;
    if (!sameJson(x, y)) return false;
  }
  return true;
}

void appendNew(Branch& branch, std::string_view name, const std::vector<Piece>& added) {
  std::vector<Piece> all;
  if (const Part* there = branch.part(name)) all = there->pieces;
  for (const Piece& piece : added) {
    if (std::none_of(all.begin(), all.end(),
                     [&piece](const Piece& old) { return sameJson(*old.node, *piece.node); }))
      all.push_back(piece);
  }
  branch.set(name, std::move(all), true);
}

std::vector<Piece> piecesOf(const Node& list, const json::DocumentPtr& document) {
  std::vector<Piece> pieces;
  for (const Node& item : list.children()) pieces.push_back({&item, &document});
  return pieces;
}

bool isExtension(const Branch& branch) {
  const Part* types = branch.part("type");
  return types != nullptr && types->pieces.size() == 1 &&
         textOf(*types->pieces[0].node, "code") == "Extension";
}

bool grows(std::string_view name) {
  return name == "mapping" || name == "condition" || name == "alias" || name == "example" ||
         name == "code";
}

// Texts that may begin with "..." to say that they go on where the base ends.
bool isProse(std::string_view name) {
  return name == "definition" || name == "comment" || name == "requirements" ||
         name == "meaningWhenMissing";
}

}  // namespace

const Node* elementsOf(const fhir::Resource& definition) {
  const Node* snapshot = definition.document()->root().member("snapshot");
  const Node* elements = snapshot == nullptr ? nullptr : snapshot->member("element");
  return elements == nullptr || elements->size == 0 ? nullptr : elements;
}

ElementMerge::ElementMerge(const fhir::Resource& definition, SnapshotSource& source, Branch& tree)
    : definition_(definition),
      source_(source),
      tree_(tree),
      url_(textOf(definition.document()->root(), "url")) {}

void ElementMerge::merge(Branch& branch, const Node& change) {
  mergeProfileRoot(branch, change);
  const json::DocumentPtr& document = definition_.document();
  for (const Node& member : change.children()) {
    const std::string_view name = member.name->text;
    if (name == "id" || name == "path" || name == "sliceName" || name == "base") continue;
    const Part* there = branch.part(name);
    if (name == "constraint") {
      mergeConstraints(branch, piecesOf(member, document), true);
    } else if (grows(name)) {
      appendNew(branch, name, piecesOf(member, document));
    } else if (name == "type") {
      std::erase_if(branch.parts, [](const Part& p) { return p.name == "contentReference"; });
      branch.set(name, piecesOf(member, document), true);
    } else if (member.kind == json::Kind::kArray) {
      branch.set(name, piecesOf(member, document), true);
    } else if (name == "isModifier" && branch.text(name) == "true") {
      // A modifier stays one in everything derived.
    } else if (name == "binding" && isExtension(branch)) {
      // Has no meaning there.
    } else if (name == "contentReference" && branch.part("type") != nullptr) {
      // Was walked into already.
    } else if ((name == "slicing" || name == "binding") && there != nullptr) {
      branch.set(name, {mergedObject(there->pieces[0], member)}, false);
    } else if (isProse(name) && there != nullptr && member.text().starts_with("...")) {
      branch.set(name, {appendedText(branch.text(name), member.text().substr(3))}, false);
    } else {
      branch.set(name, {{&member, &document}}, false);
    }
  }
}

// Source: elementdefinition.html, "type.profile": the element must conform to the profile, so its
// root speaks of the element too.
void ElementMerge::mergeProfileRoot(Branch& branch, const Node& change) {
  const Node* types = change.member("type");
  if (types == nullptr || types->size != 1) return;
  const Node& type = types->children()[0];
  const Node* profiles = type.member("profile");
  const std::string_view code = textOf(type, "code");
  if (profiles == nullptr || profiles->size != 1 || code == "Reference") return;
  const Snapshot* snapshot = source_.find(profiles->children()[0].text());
  const Node* elements = snapshot == nullptr ? nullptr : elementsOf(snapshot->definition);
  if (elements == nullptr) return;
  const json::DocumentPtr& document = snapshot->definition.document();
  for (const Node& member : elements->children()[0].children()) {
    const std::string_view name = member.name->text;
    if (name == "constraint") {
      mergeConstraints(branch, piecesOf(member, document), false);
    } else if (code != "Extension") {
      continue;
    } else if (name == "short" || name == "definition" || name == "comment" ||
               name == "isModifier" || name == "isModifierReason") {
      branch.set(name, {{&member, &document}}, false);
    }
  }
}

void ElementMerge::mergeConstraints(Branch& branch, const std::vector<Piece>& added, bool own) {
  std::vector<Piece> all;
  if (const Part* there = branch.part("constraint")) all = there->pieces;
  for (const Piece& piece : added) {
    const std::string_view key = textOf(*piece.node, "key");
    const auto found = std::find_if(all.begin(), all.end(), [key](const Piece& old) {
      return textOf(*old.node, "key") == key;
    });
    if (!own && found != all.end()) continue;
    if (found != all.end()) all.erase(found);
    all.push_back(own && piece.node->member("source") == nullptr ? withSource(*piece.node) : piece);
  }
  branch.set("constraint", std::move(all), true);
}

// Where a constraint comes from is known only here.
Piece ElementMerge::withSource(const Node& constraint) {
  json::Builder out(&definition_.definitions().names());
  out.beginObject();
  for (const Node& member : constraint.children())
    out.key(member.name->text).copy(member, definition_.document());
  out.key("source").string(url_);
  out.endObject();
  return keep(std::move(out));
}

Piece ElementMerge::mergedObject(const Piece& base, const Node& change) {
  json::Builder out(&definition_.definitions().names());
  const json::DocumentPtr& document = definition_.document();
  const bool is_binding = change.name->text == "binding";
  out.beginObject();
  for (const Node& old : base.node->children()) {
    const std::string_view name = old.name->text;
    const Node* fresh = change.member(name);
    if (fresh == nullptr) {
      // A description, an extension speak of the value set they stand with.
      if (!is_binding || name == "strength" || name == "valueSet")
        out.key(name).copy(old, *base.document);
    } else if (name == "discriminator") {
      out.key(name).beginArray();
      for (const Node& item : old.children()) out.copy(item, *base.document);
      for (const Node& item : fresh->children()) {
        const auto known = old.children();
        if (std::none_of(known.begin(), known.end(),
                         [&item](const Node& other) { return sameJson(item, other); }))
          out.copy(item, document);
      }
      out.endArray();
    } else {
      out.key(name).copy(*fresh, document);
    }
  }
  for (const Node& member : change.children()) {
    if (base.node->member(member.name->text) == nullptr)
      out.key(member.name->text).copy(member, document);
  }
  out.endObject();
  return keep(std::move(out));
}

Piece ElementMerge::appendedText(std::string_view base, std::string_view more) {
  json::Builder out(&definition_.definitions().names());
  out.string(std::string(base).append("\n").append(more));
  return keep(std::move(out));
}

Piece ElementMerge::keep(json::Builder&& made) {
  const json::DocumentPtr& document = tree_.made.emplace_back(std::move(made).finish());
  return {&document->root(), &document};
}

}  // namespace planbro::validation
