#include <fmt/format.h>

#include <vector>

#include "mapping/source.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

struct Step {
  const Node* node;
  std::size_t child = 0;
};

// The nodes from `root` to `wanted`; empty if it does not lie below.
std::vector<const Node*> wayTo(const Node& root, const Node* wanted) {
  std::vector<Step> open{{&root}};
  while (!open.empty()) {
    Step& top = open.back();
    if (top.node == wanted) {
      std::vector<const Node*> way;
      for (const Step& step : open) way.push_back(step.node);
      return way;
    }
    const auto children = top.node->children();
    if (top.child >= children.size()) {
      open.pop_back();
    } else {
      const Node* next = &children[top.child++];
      open.push_back({next});
    }
  }
  return {};
}

}  // namespace

std::string sourcePath(const Node& root, const Node* node) {
  std::string path;
  if (node == nullptr) return path;
  const std::vector<const Node*> way = wayTo(root, node);
  for (std::size_t i = 1; i < way.size(); ++i) {
    const Node& parent = *way[i - 1];
    if (parent.kind == Kind::kArray) {
      path += fmt::format("[{}]", way[i] - parent.children().data() + 1);
    } else if (way[i]->name != nullptr) {
      if (!path.empty()) path += '/';
      path += way[i]->name->text;
    }
  }
  return path;
}

fhir::Place SourcePlaces::placeOf(const json::Document& document, std::uint32_t offset) const {
  fhir::Place place;
  const Segment* segment = nullptr;
  for (const Segment& one : segments_) {
    if (one.begin <= offset) segment = &one;
  }
  if (segment == nullptr) return place;
  const std::string_view text = document.source();
  std::uint32_t line = segment->first_line;
  std::uint32_t column = 1;
  bool quoted = false;
  for (std::uint32_t at = segment->begin; at < offset && at < text.size(); ++at) {
    const char c = text[at];
    if (segment->rows) {
      if (c == '"') quoted = !quoted;
      if (!quoted && c == segment->separator) ++column;
    } else {
      ++column;
    }
    if (c == '\n' && !quoted) {
      ++line;
      column = 1;
    }
  }
  place.source = segment->file;
  place.position = {line, column};
  return place;
}

fhir::Place SourcePlaces::placeOf(const json::Document& document, const Node* node) const {
  if (node == nullptr) return {};
  fhir::Place place = placeOf(document, node->offset);
  place.expression = sourcePath(document.root(), node);
  return place;
}

}  // namespace planbro::mapping
