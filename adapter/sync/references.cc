#include "sync/references.h"

#include <algorithm>

#include "base/text.h"

namespace planbro::sync {
namespace {

bool isReference(const fhir::Element& element) {
  return element.value() != nullptr && element.value()->kind == json::Kind::kObject &&
         element.typeName() == "Reference";
}

class PeerWriter {
 public:
  PeerWriter(const fhir::Resource& resource, const AddressOf& address, json::Builder& builder)
      : document_(resource.document()),
        definitions_(resource.definitions()),
        address_(address),
        builder_(builder) {}

  void writeResource(const json::Node& root) {
    builder_.beginObject();
    for (const json::Node& member : root.children()) {
      if (nameOf(member) == "id" || nameOf(member) == "_id") continue;
      if (nameOf(member) == "meta") {
        writeMeta(member);
      } else {
        writeMember(member);
      }
    }
    builder_.endObject();
  }

 private:
  static std::string_view nameOf(const json::Node& node) {
    return node.name != nullptr ? node.name->text : std::string_view();
  }

  void writeMeta(const json::Node& meta) {
    const auto ours = [](const json::Node& member) {
      const auto name = nameOf(member);
      return name != "versionId" && name != "lastUpdated" && name != "_versionId" &&
             name != "_lastUpdated";
    };
    const auto members = meta.children();
    if (std::none_of(members.begin(), members.end(), ours)) return;
    builder_.key("meta").beginObject();
    for (const json::Node& member : members) {
      if (ours(member)) writeMember(member);
    }
    builder_.endObject();
  }

  void writeMember(const json::Node& member) {
    builder_.key(nameOf(member));
    writeValue(member);
  }

  // As deep as the parser let the document be.
  void writeValue(const json::Node& node) {
    if (node.kind == json::Kind::kArray) {
      builder_.beginArray();
      for (const json::Node& item : node.children()) writeValue(item);
      builder_.endArray();
    } else if (node.kind == json::Kind::kObject) {
      const fhir::Element element(&node, nullptr, &definitions_);
      const auto local =
          isReference(element) ? localId(element.textOf("reference"), definitions_) : std::nullopt;
      builder_.beginObject();
      if (local) {
        writeReference(node, address_(*local));
      } else {
        for (const json::Node& member : node.children()) writeMember(member);
      }
      builder_.endObject();
    } else {
      builder_.copy(node, document_);
    }
  }

  void writeReference(const json::Node& node, const std::optional<std::string>& address) {
    if (address) builder_.key("reference").string(*address);
    for (const json::Node& member : node.children()) {
      const auto name = nameOf(member);
      if (name != "reference" && name != "_reference") writeMember(member);
    }
  }

  const json::DocumentPtr& document_;
  const fhir::Definitions& definitions_;
  const AddressOf& address_;
  json::Builder& builder_;
};

}  // namespace

std::optional<LocalId> localId(std::string_view reference, const fhir::Definitions& definitions) {
  const auto parts = split(reference, '/');
  const bool versioned = parts.size() == 4 && parts[2] == "_history";
  if ((parts.size() != 2 && !versioned) || parts[1].empty() ||
      parts[0].find_first_of(":?#") != std::string_view::npos ||
      parts[1].find_first_of(":?#") != std::string_view::npos ||
      definitions.findType(parts[0]) == 0)
    return std::nullopt;
  return LocalId{std::string(parts[0]), std::string(parts[1])};
}

std::vector<LocalId> localReferences(const fhir::Element& element) {
  std::vector<LocalId> found;
  std::vector<fhir::Element> open{element};
  while (!open.empty()) {
    const fhir::Element next = open.back();
    open.pop_back();
    if (isReference(next)) {
      auto local = localId(next.textOf("reference"), next.definitions());
      if (local && std::find(found.begin(), found.end(), *local) == found.end())
        found.push_back(std::move(*local));
    }
    const std::size_t first = open.size();
    next.forEachChild([&](const fhir::Element& child) { open.push_back(child); });
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(first), open.end());
  }
  return found;
}

void writeForPeer(const fhir::Resource& resource, const AddressOf& address,
                  json::Builder& builder) {
  PeerWriter(resource, address, builder).writeResource(resource.document()->root());
}

}  // namespace planbro::sync
