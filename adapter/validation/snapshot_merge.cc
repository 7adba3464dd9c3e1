#include "validation/snapshot_merge.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/text.h"
#include "json/parser.h"
#include "validation/element_merge.h"

namespace planbro::validation {
namespace {

using json::DocumentPtr;
using json::Node;

constexpr std::size_t kMaxSnapshotElements = 50'000;
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

class Merge {
 public:
  Merge(const fhir::Resource& definition, SnapshotSource& source, std::vector<fhir::Issue>& issues)
      : definition_(definition), source_(source), issues_(issues) {}

  std::unique_ptr<Branch> run(const fhir::Resource& base) {
    const Node* elements = elementsOf(base);
    if (elements == nullptr) return nullptr;
    root_ = readTree(elements->children(), base.document());
    if (root_ == nullptr) return nullptr;
    elements_ = root_->size();
    merge_.emplace(definition_, source_, *root_);
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
    if (textOf(change, "path").empty()) return;
    const auto segments = segmentsOf(change);
    if (segments.size() > kMaxElementDepth || elements_ > kMaxSnapshotElements) {
      problem("PB-1369", change, textOf(change, "path"));
      return;
    }
    Branch* branch = root_.get();
    bool in_slice = false;
    for (std::size_t i = 1; i < segments.size() && branch != nullptr; ++i) {
      const bool last = i + 1 == segments.size();
      branch = step(*branch, segments[i], in_slice, last ? &change : nullptr);
      in_slice = in_slice || !segments[i].slice.empty();
    }
    if (branch == nullptr) {
      const std::string_view path = textOf(change, "path");
      const bool said = !missing_.empty() && path.starts_with(missing_ + ".");
      if (!said) {
        missing_ = path;
        problem("PB-1363", change, path);
      }
      return;
    }
    if (branch->part("slicing") == nullptr) sliced_here_.insert(branch);
    merge_->merge(*branch, change);
    if (showsItsUrl(*branch, change)) expand(*branch);
  }

  // An extension that is added to a slicing of the base is shown with its children: its url is what
  // tells it apart.
  bool showsItsUrl(const Branch& branch, const Node& change) const {
    return branch.sliced != nullptr && fresh_.contains(&branch) && branch.children.empty() &&
           isExtensionName(branch.name) && !sliced_here_.contains(branch.sliced) &&
           !hasChildren(change);
  }

  static bool isExtensionName(std::string_view name) {
    return name == "extension" || name == "modifierExtension";
  }

  // The child that the segment names, made where walking into a type or a new slice asks for it.
  Branch* step(Branch& parent, const Segment& segment, bool in_slice, const Node* change) {
    if (parent.children.empty()) expand(parent);
    Branch* child = parent.child(segment.name);
    if (child == nullptr) return choiceStep(parent, segment, in_slice, change);
    if (segment.slice.empty() || child->slice_name == segment.slice) return child;
    if (Branch* slice = child->slice(segment.slice)) return slice;
    if (change != nullptr && child->slices.empty() && !child->part("slicing") &&
        namesTheElement(*child, *change)) {
      child->slice_name = segment.slice;
      return child;
    }
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

  // A slice that nothing slices, and the only one: a name for the element itself.
  bool namesTheElement(const Branch& branch, const Node& change) const {
    if (isExtensionName(branch.name)) return false;
    // "valueQuantity" says which type is meant, and so slices by it.
    if (branch.name.ends_with("[x]") &&
        textOf(change, "sliceName").starts_with(branch.name.substr(0, branch.name.size() - 3)))
      return false;
    const std::string_view path = textOf(change, "path");
    return std::all_of(changes_.begin(), changes_.end(), [&](const Node& other) {
      return textOf(other, "path") != path ||
             (other.member("slicing") == nullptr &&
              textOf(other, "sliceName") == textOf(change, "sliceName"));
    });
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
  Branch* addSlice(Branch& sliced, std::string_view name) {
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
    if (isExtensionName(sliced.name) && sliced.part("slicing") == nullptr) {
      sliced.set("slicing", {pieceOf(kByUrl)}, false);
      sliced_here_.insert(&sliced);
    }
    ++elements_;
    fresh_.insert(sliced.slices.back().get());
    return sliced.slices.back().get();
  }

  // Gives a leaf the children of what it is: the sliced element, a content reference, a profile,
  // a type.
  void expand(Branch& branch) {
    fill(branch);
    if (root_->name == "Extension" && branch.sliced != nullptr &&
        branch.sliced == root_->child("extension")) {
      // The parts of an extension of many parts show what theirs would be, unless the differential
      // says what may stand there.
      Branch* nested = branch.child("extension");
      if (nested != nullptr && nested->children.empty() && !isMentioned("Extension.extension") &&
          !isMentioned("Extension.extension:" + branch.slice_name + ".extension"))
        fill(*nested);
    }
    elements_ += branch.size() - 1;
  }

  // Whether the differential speaks of the element of that id itself.
  bool isMentioned(const std::string& id) const {
    return std::any_of(changes_.begin(), changes_.end(), [&](const Node& other) {
      const std::string_view there = textOf(other, "id");
      return there == id || (id.find(':') != std::string::npos && there.starts_with(id + ":"));
    });
  }

  void fill(Branch& branch) {
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
    const Node* elements = elementsOf(snapshot->definition);
    if (elements == nullptr) return;
    if (const auto tree = readTree(elements->children(), document)) branch.cloneChildrenFrom(*tree);
  }

  // `id` is an element's path or id ("Provenance.agent:Author").
  const Branch* find(std::string_view id) const {
    const auto names = split(id, '.');
    const Branch* branch = root_.get();
    for (std::size_t i = 1; i < names.size() && branch != nullptr; ++i) {
      const std::size_t colon = names[i].find(':');
      branch = branch->child(names[i].substr(0, colon));
      if (branch == nullptr || colon == std::string_view::npos) continue;
      const Branch* slice = branch->slice(names[i].substr(colon + 1));
      if (slice != nullptr) branch = slice;
    }
    return branch;
  }

  const fhir::Resource& definition_;
  SnapshotSource& source_;
  std::vector<fhir::Issue>& issues_;
  std::unique_ptr<Branch> root_;
  std::span<const Node> changes_;
  std::vector<std::pair<std::string_view, std::string_view>> open_slices_;  // path, slice name
  std::set<const Branch*> restricted_;
  std::set<const Branch*> fresh_;        // slices that the differential added
  std::set<const Branch*> sliced_here_;  // elements that the base did not slice
  std::optional<ElementMerge> merge_;
  std::string missing_;  // the path last said not to exist
  std::size_t elements_ = 0;
};

}  // namespace

std::unique_ptr<Branch> mergeDifferential(const fhir::Resource& definition,
                                          const fhir::Resource& base, SnapshotSource& source,
                                          std::vector<fhir::Issue>& issues) {
  return Merge(definition, source, issues).run(base);
}

}  // namespace planbro::validation
