#include "validation/snapshot_merge.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/text.h"
#include "json/parser.h"

namespace planbro::validation {
namespace {

using json::DocumentPtr;
using json::Node;

constexpr std::string_view kTypes = "http://hl7.org/fhir/StructureDefinition/";

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

// Values that merging adds by itself.
const DocumentPtr& constant(std::string_view text) {
  static std::map<std::string_view, DocumentPtr> made;  // addresses stay
  static std::mutex lock;
  const std::lock_guard held(lock);
  DocumentPtr& document = made[text];
  if (document == nullptr) document = *json::parse(std::string(text));
  return document;
}

constexpr std::string_view kZero = "0";
constexpr std::string_view kByUrl =
    R"({"discriminator":[{"type":"value","path":"url"}],"ordered":false,"rules":"open"})";
constexpr std::string_view kByTypeOpen =
    R"({"discriminator":[{"type":"type","path":"$this"}],"ordered":false,"rules":"open"})";
constexpr std::string_view kByTypeClosed =
    R"({"discriminator":[{"type":"type","path":"$this"}],"ordered":false,"rules":"closed"})";

Piece pieceOf(std::string_view constant_text) {
  const DocumentPtr& document = constant(constant_text);
  return {&document->root(), &document};
}

// One step of an element id: "component:SystolicBP".
struct Segment {
  std::string_view name;
  std::string_view slice;
};

std::string capitalized(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
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

class Merge {
 public:
  Merge(const fhir::Resource& definition, SnapshotSource& source, std::vector<fhir::Issue>& issues)
      : definition_(definition), source_(source), issues_(issues) {}

  std::unique_ptr<Branch> run(const fhir::Resource& base) {
    const Node& base_root = base.document()->root();
    const Node* snapshot = base_root.member("snapshot");
    const Node* elements = snapshot == nullptr ? nullptr : snapshot->member("element");
    if (elements == nullptr) return nullptr;
    root_ = readTree(elements->children(), base.document());
    if (root_ == nullptr) return nullptr;
    const Node* differential = definition_.document()->root().member("differential");
    const Node* changes = differential == nullptr ? nullptr : differential->member("element");
    if (changes == nullptr) return std::move(root_);
    if (root_->name != typeOf(changes->children())) root_->name = typeOf(changes->children());
    changes_ = changes->children();
    for (const Node& change : changes_) apply(change);
    return std::move(root_);
  }

 private:
  // A type based on another one (Age on Quantity) names its elements anew.
  std::string_view typeOf(std::span<const Node> changes) const {
    const std::string_view path = changes.empty() ? std::string_view{} : textOf(changes[0], "path");
    return path.empty() ? std::string_view(root_->name) : path.substr(0, path.find('.'));
  }

  void problem(std::string_view code, const Node& change, std::string_view argument) {
    fhir::Place place;
    place.expression = textOf(change, "path");
    place.position = definition_.document()->positionOf(change.offset);
    issues_.push_back(fhir::makeIssue(
        code, std::move(place),
        {std::string(textOf(definition_.document()->root(), "url")), std::string(argument)}));
  }

  // The steps to the element: from its id where that agrees with the path, else from the path and
  // the slices named by the elements before it.
  std::vector<Segment> segmentsOf(const Node& change) {
    const std::string_view path = textOf(change, "path");
    const std::string_view id = textOf(change, "id");
    const auto names = split(path, '.');
    const auto ids = split(id, '.');
    std::vector<Segment> segments;
    if (ids.size() == names.size()) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::size_t colon = ids[i].find(':');
        const std::string_view name = ids[i].substr(0, colon);
        const std::string_view slice =
            colon == std::string_view::npos ? std::string_view{} : ids[i].substr(colon + 1);
        if (i > 0 && name != names[i] && !name.ends_with("[x]") && !names[i].ends_with("[x]")) {
          segments.clear();
          break;
        }
        segments.push_back({name.ends_with("[x]") ? name : names[i], slice});
      }
    }
    if (segments.empty()) segments = segmentsByOrder(path, names);
    const std::string_view slice = textOf(change, "sliceName");
    if (!slice.empty()) segments.back().slice = slice;
    std::erase_if(open_slices_, [path](const auto& open) {
      return path != open.first && !path.starts_with(std::string(open.first) + ".");
    });
    std::erase_if(open_slices_, [path](const auto& open) { return open.first == path; });
    if (!slice.empty()) open_slices_.emplace_back(path, slice);
    return segments;
  }

  std::vector<Segment> segmentsByOrder(std::string_view path,
                                       const std::vector<std::string_view>& names) const {
    std::vector<Segment> segments;
    std::size_t end = 0;
    for (const std::string_view name : names) {
      end += (end == 0 ? 0 : 1) + name.size();
      Segment segment{name, {}};
      for (const auto& [open_path, slice] : open_slices_) {
        if (open_path == path.substr(0, end) && open_path != path) segment.slice = slice;
      }
      segments.push_back(segment);
    }
    return segments;
  }

  void apply(const Node& change) {
    const auto segments = segmentsOf(change);
    if (textOf(change, "path").empty()) return;
    Branch* branch = root_.get();
    bool in_slice = false;
    for (std::size_t i = 1; i < segments.size() && branch != nullptr; ++i) {
      const bool last = i + 1 == segments.size();
      branch = step(*branch, segments[i], in_slice, last ? &change : nullptr);
      in_slice = in_slice || !segments[i].slice.empty();
    }
    if (branch == nullptr) {
      problem("PB-1363", change, textOf(change, "path"));
      return;
    }
    mergeInto(*branch, change);
  }

  // The child that the segment names, made where walking into a type or a new slice asks for it.
  Branch* step(Branch& parent, const Segment& segment, bool in_slice, const Node* change) {
    if (parent.children.empty()) expand(parent);
    Branch* child = parent.child(segment.name);
    if (child == nullptr) return choiceStep(parent, segment, in_slice, change);
    if (segment.slice.empty()) return child;
    if (Branch* slice = child->slice(segment.slice)) return slice;
    if (child->name.ends_with("[x]") && !child->part("slicing"))
      child->set("slicing", {pieceOf(kByTypeOpen)}, false);
    return addSlice(*child, segment.slice);
  }

  // "valueQuantity" where the base has value[x]: a slice by type, or in the simplest case the
  // element itself, restricted.
  Branch* choiceStep(Branch& parent, const Segment& segment, bool in_slice, const Node* change) {
    for (const auto& child : parent.children) {
      if (!child->name.ends_with("[x]")) continue;
      const std::string_view stem(child->name.data(), child->name.size() - 3);
      if (!segment.name.starts_with(stem)) continue;
      const Part* types = child->part("type");
      if (types == nullptr) continue;
      for (const Piece& type : types->pieces) {
        if (capitalized(textOf(*type.node, "code")) != segment.name.substr(stem.size())) continue;
        if (Branch* slice = child->slice(segment.name)) return slice;
        const std::vector<Piece> only = {type};
        child->set("type", only, true);
        if (restricted_.contains(child.get())) return child.get();
        if (in_slice && change != nullptr && hasChildren(*change)) {
          restricted_.insert(child.get());
          return child.get();
        }
        if (child->part("slicing") == nullptr)
          child->set("slicing", {pieceOf(kByTypeClosed)}, false);
        return addSlice(*child, segment.name);
      }
    }
    return nullptr;
  }

  bool hasChildren(const Node& change) const {
    const std::string prefix = std::string(textOf(change, "id")) + ".";
    const std::string path_prefix = std::string(textOf(change, "path")) + ".";
    return std::any_of(changes_.begin(), changes_.end(), [&](const Node& other) {
      const std::string_view id = textOf(other, "id");
      return id.empty() ? textOf(other, "path").starts_with(path_prefix) : id.starts_with(prefix);
    });
  }

  // A new slice starts as the element it slices, without its slicing and its obligations.
  static Branch* addSlice(Branch& sliced, std::string_view name) {
    const std::size_t slash = name.rfind('/');
    Branch* from = slash == std::string_view::npos ? nullptr : sliced.slice(name.substr(0, slash));
    auto slice = std::make_unique<Branch>();
    slice->name = sliced.name;
    slice->slice_name = name;
    slice->sliced = from != nullptr ? from : &sliced;
    slice->parts = slice->sliced->parts;
    std::erase_if(slice->parts, [](const Part& part) { return part.name == "slicing"; });
    slice->set("min", {pieceOf(kZero)}, false);
    sliced.slices.push_back(std::move(slice));
    if ((sliced.name == "extension" || sliced.name == "modifierExtension") &&
        sliced.part("slicing") == nullptr)
      sliced.set("slicing", {pieceOf(kByUrl)}, false);
    return sliced.slices.back().get();
  }

  // Gives a leaf the children of what it is: the sliced element, a content reference, a profile,
  // a type.
  void expand(Branch& branch) {
    if (branch.sliced != nullptr && !branch.sliced->children.empty()) {
      branch.cloneChildrenFrom(*branch.sliced);
      return;
    }
    if (const std::string_view reference = branch.text("contentReference"); !reference.empty()) {
      const Branch* target = find(reference.substr(reference.find('#') + 1));
      if (target != nullptr) {
        if (const Part* type = target->part("type")) branch.set("type", type->pieces, true);
        std::erase_if(branch.parts, [](const Part& p) { return p.name == "contentReference"; });
        branch.cloneChildrenFrom(*target);
      }
      return;
    }
    const Part* types = branch.part("type");
    if (types == nullptr || types->pieces.empty()) return;
    const Node& type = *types->pieces[0].node;
    const Node* profiles = type.member("profile");
    std::string url(kTypes);
    url += types->pieces.size() == 1 ? textOf(type, "code") : "Element";
    const Snapshot* snapshot = nullptr;
    if (types->pieces.size() == 1 && profiles != nullptr && profiles->size == 1)
      snapshot = source_.find(profiles->children()[0].text());
    if (snapshot == nullptr) snapshot = source_.find(url);
    if (snapshot == nullptr) return;
    const DocumentPtr& document = snapshot->definition.document();
    const Node* elements = document->root().member("snapshot");
    if (elements != nullptr) elements = elements->member("element");
    if (elements == nullptr) return;
    if (const auto tree = readTree(elements->children(), document)) branch.cloneChildrenFrom(*tree);
  }

  const Branch* find(std::string_view path) const {
    const auto names = split(path, '.');
    const Branch* branch = root_.get();
    for (std::size_t i = 1; i < names.size() && branch != nullptr; ++i)
      branch = branch->child(names[i]);
    return branch;
  }

  void mergeInto(Branch& branch, const Node& change) {
    if (!branch.slice_name.empty() && change.member("type") != nullptr)
      mergeProfileRoot(branch, change);
    for (const Node& member : change.children()) {
      const std::string_view name = member.name->text;
      if (name == "id" || name == "path" || name == "sliceName" || name == "base") continue;
      const DocumentPtr& document = definition_.document();
      // A modifier stays one in everything derived.
      if (name == "isModifier" && branch.text(name) == "true") continue;
      if (name == "binding" && isExtension(branch)) continue;
      if (member.kind != json::Kind::kArray) {
        if (name == "contentReference" && branch.part("type") != nullptr) continue;
        branch.set(name, {{&member, &document}}, false);
        continue;
      }
      std::vector<Piece> pieces;
      for (const Node& item : member.children()) pieces.push_back({&item, &document});
      if (name == "constraint") {
        mergeConstraints(branch, pieces);
      } else if (name == "mapping" || name == "condition" || name == "alias" || name == "example" ||
                 name == "code") {
        appendNew(branch, name, pieces);
      } else {
        if (name == "type")
          std::erase_if(branch.parts, [](const Part& p) { return p.name == "contentReference"; });
        branch.set(name, std::move(pieces), true);
      }
    }
  }

  static bool isExtension(const Branch& branch) {
    const Part* types = branch.part("type");
    return types != nullptr && types->pieces.size() == 1 &&
           textOf(*types->pieces[0].node, "code") == "Extension";
  }

  // An element with a profile of its own takes over what the profile's root says of it.
  void mergeProfileRoot(Branch& branch, const Node& change) {
    const Node* types = change.member("type");
    if (types == nullptr || types->size != 1) return;
    const Node* profiles = types->children()[0].member("profile");
    if (profiles == nullptr || profiles->size != 1 ||
        textOf(types->children()[0], "code") != "Extension")
      return;
    const Snapshot* snapshot = source_.find(profiles->children()[0].text());
    const Node* elements =
        snapshot == nullptr ? nullptr : snapshot->definition.document()->root().member("snapshot");
    if (elements != nullptr) elements = elements->member("element");
    if (elements == nullptr || elements->size == 0) return;
    const DocumentPtr& document = snapshot->definition.document();
    for (const Node& member : elements->children()[0].children()) {
      const std::string_view name = member.name->text;
      if (name == "short" || name == "definition" || name == "comment" || name == "isModifier" ||
          name == "isModifierReason")
        branch.set(name, {{&member, &document}}, false);
    }
  }

  static void mergeConstraints(Branch& branch, const std::vector<Piece>& added) {
    std::vector<Piece> all;
    if (const Part* there = branch.part("constraint")) all = there->pieces;
    for (const Piece& piece : added) {
      const std::string_view key = textOf(*piece.node, "key");
      std::erase_if(all, [key](const Piece& old) { return textOf(*old.node, "key") == key; });
      all.push_back(piece);
    }
    branch.set("constraint", std::move(all), true);
  }

  static void appendNew(Branch& branch, std::string_view name, const std::vector<Piece>& added) {
    std::vector<Piece> all;
    if (const Part* there = branch.part(name)) all = there->pieces;
    for (const Piece& piece : added) {
      if (std::none_of(all.begin(), all.end(),
                       [&piece](const Piece& old) { return sameJson(*old.node, *piece.node); }))
        all.push_back(piece);
    }
    branch.set(name, std::move(all), true);
  }

  const fhir::Resource& definition_;
  SnapshotSource& source_;
  std::vector<fhir::Issue>& issues_;
  std::unique_ptr<Branch> root_;
  std::span<const Node> changes_;
  std::vector<std::pair<std::string_view, std::string_view>> open_slices_;  // path, slice name
  std::set<const Branch*> restricted_;
};

}  // namespace

std::unique_ptr<Branch> mergeDifferential(const fhir::Resource& definition,
                                          const fhir::Resource& base, SnapshotSource& source,
                                          std::vector<fhir::Issue>& issues) {
  return Merge(definition, source, issues).run(base);
}

}  // namespace planbro::validation
