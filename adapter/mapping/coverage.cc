#include "mapping/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "fhir/element.h"

namespace planbro::mapping {

using fhir::Member;
using fhir::ShapeId;
using fhir::TypeId;
using json::Kind;
using json::Node;

namespace {

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view() : member->text();
}

// One value of a source and how it is reached.
struct SourcePlace {
  const Node* node;
  std::string path;
  bool whole;
};

// One object of a target.
struct TargetPlace {
  const Node* node;
  std::string path;
  ShapeId shape;
  std::vector<std::string_view> profiles;
};

bool hasElement(const Node& object, const fhir::Definitions& definitions, const Member& member) {
  return std::ranges::any_of(object.children(), [&](const Node& child) {
    return child.tag != 0 && definitions.member(child.tag).element == member.element;
  });
}

bool hasElement(const Node& object, const fhir::Definitions& definitions, std::string_view name) {
  return std::ranges::any_of(object.children(), [&](const Node& child) {
    return child.tag != 0 && definitions.member(child.tag).element->text == name;
  });
}

// The shape of an object, and the type's name where it is a resource of its own.
std::pair<ShapeId, std::string_view> shapeOf(const Node& object, const Member& member,
                                             const fhir::Definitions& definitions) {
  if (!member.is(Member::kAnyResource)) return {member.shape, {}};
  const fhir::Type& type = definitions.type(definitions.findType(textOf(object, "resourceType")));
  return {type.shape, type.name};
}

}  // namespace

void Coverage::require(const Node& structure_definition) {
  Profile& profile = profiles_[std::string(textOf(structure_definition, "url"))];
  const Node* part = structure_definition.member("differential");
  const Node* elements = part == nullptr ? nullptr : part->member("element");
  if (elements == nullptr) return;
  for (const Node& element : elements->children()) {
    int min = 0;
    const std::string_view text = textOf(element, "min");
    std::from_chars(text.data(), text.data() + text.size(), min);
    std::string_view path = textOf(element, "path");
    // A slice is part of an element that may have others.
    if (min < 1 || textOf(element, "id").find(':') != std::string_view::npos) continue;
    if (path.ends_with("[x]")) path.remove_suffix(3);
    const std::size_t dot = path.rfind('.');
    if (dot != std::string_view::npos)
      profile.emplace(path.substr(0, dot), std::string(path.substr(dot + 1)));
  }
}

void Coverage::tiedBy(const CsvTable& table) {
  std::vector<std::pair<const CsvTable*, std::string>> todo{{&table, ""}};
  while (!todo.empty()) {
    const auto [one, path] = std::move(todo.back());
    todo.pop_back();
    if (!path.empty()) tied_.insert(below(path, one->parent));
    for (const CsvTable& child : one->children) todo.emplace_back(&child, below(path, child.name));
  }
}

void Coverage::add(const Node& source, const SourceReads& reads, const json::Document& target,
                   const fhir::Definitions& definitions) {
  ++records_;
  addSource(source, reads);
  addTarget(target.root(), definitions);
}

void Coverage::addSource(const Node& source, const SourceReads& reads) {
  std::set<std::string> seen;
  std::set<std::string> read;
  std::vector<SourcePlace> todo{{&source, "", false}};
  while (!todo.empty()) {
    const SourcePlace place = std::move(todo.back());
    todo.pop_back();
    const bool whole = place.whole || reads.whole.contains(place.node);
    if (!place.path.empty() && place.node->kind != Kind::kArray) {
      seen.insert(place.path);
      if (whole || reads.read.contains(place.node)) read.insert(place.path);
    }
    for (const Node& child : place.node->children()) {
      if ((child.flags & fhir::kIsResourceType) != 0) continue;
      std::string_view name = child.name == nullptr ? std::string_view() : child.name->text;
      if ((child.flags & fhir::kIsSibling) != 0) name.remove_prefix(1);
      todo.push_back({&child, name.empty() ? place.path : below(place.path, name), whole});
    }
  }
  for (const std::string& path : seen) {
    Counts& counts = fields_[path];
    ++counts.all;
    if (read.contains(path)) ++counts.met;
  }
}

std::vector<std::string_view> Coverage::profilesOf(const Node& resource) const {
  std::vector<std::string_view> known;
  const Node* meta = resource.member("meta");
  const Node* list = meta == nullptr ? nullptr : meta->member("profile");
  if (list == nullptr) return known;
  for (const Node& url : list->children()) {
    if (profiles_.contains(url.text())) known.push_back(url.text());
  }
  return known;
}

void Coverage::addTarget(const Node& root, const fhir::Definitions& definitions) {
  const auto count = [&](const std::string& path, std::string_view profile, bool there) {
    Counts& counts = required_[{path, std::string(profile)}];
    ++counts.all;
    if (there) ++counts.met;
  };
  const TypeId type = fhir::Element(&root, nullptr, &definitions).type();
  std::vector<TargetPlace> todo{{&root, std::string(definitions.type(type).name),
                                 definitions.type(type).shape, profilesOf(root)}};
  while (!todo.empty()) {
    const TargetPlace place = std::move(todo.back());
    todo.pop_back();
    const json::Name* last = nullptr;
    for (const Member& member : definitions.membersOf(place.shape)) {
      if (!member.is(Member::kRequired) || member.element == last) continue;
      last = member.element;
      count(below(place.path, member.element->text), "",
            hasElement(*place.node, definitions, member));
    }
    for (const std::string_view profile : place.profiles) {
      const auto [from, to] = profiles_.find(profile)->second.equal_range(place.path);
      for (auto it = from; it != to; ++it)
        count(below(place.path, it->second), profile,
              hasElement(*place.node, definitions, it->second));
    }
    const auto visit = [&](const Node& object, const Member& member) {
      if (object.kind != Kind::kObject) return;
      const auto [shape, resource] = shapeOf(object, member, definitions);
      if (shape == 0) return;
      if (!resource.empty()) {
        todo.push_back({&object, std::string(resource), shape, profilesOf(object)});
      } else {
        todo.push_back({&object, below(place.path, member.element->text), shape, place.profiles});
      }
    };
    for (const Node& child : place.node->children()) {
      if (child.tag == 0 || (child.flags & fhir::kIsSibling) != 0) continue;
      const Member& member = definitions.member(child.tag);
      visit(child, member);
      if (child.kind != Kind::kArray) continue;
      for (const Node& item : child.children()) visit(item, member);
    }
  }
}

void Coverage::merge(const Coverage& other) {
  records_ += other.records_;
  for (const auto& [path, counts] : other.fields_) {
    fields_[path].all += counts.all;
    fields_[path].met += counts.met;
  }
  for (const auto& [key, counts] : other.required_) {
    required_[key].all += counts.all;
    required_[key].met += counts.met;
  }
  tied_.insert(other.tied_.begin(), other.tied_.end());
  profiles_.insert(other.profiles_.begin(), other.profiles_.end());
}

Coverage::Report Coverage::report() const {
  Report report;
  report.records = records_;
  report.fields = fields_.size();
  for (const auto& [path, counts] : fields_) {
    const std::string inside = path + ".";
    bool inner_read = false;
    for (auto it = fields_.lower_bound(inside);
         it != fields_.end() && it->first.starts_with(inside); ++it)
      inner_read = inner_read || it->second.met > 0;
    const bool outer_listed = std::ranges::any_of(report.unread, [&](const SourceField& outer) {
      return path.starts_with(outer.path + ".");
    });
    if (counts.met == 0 && !inner_read && !outer_listed && !tied_.contains(path))
      report.unread.push_back({path, counts.all, counts.met});
  }
  for (const auto& [key, counts] : required_) {
    const std::uint64_t missing = counts.all - counts.met;
    if (missing == 0) continue;
    (counts.met == 0 ? report.unwritten : report.sometimes)
        .push_back({key.first, key.second, counts.all, missing});
  }
  return report;
}

}  // namespace planbro::mapping
