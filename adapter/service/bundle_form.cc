#include "service/bundle_form.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "validation/primitives.h"
#include "validation/report.h"

namespace planbro::service {
namespace {

using fhir::Member;
using json::Kind;
using json::Node;
using validation::PathLink;
using validation::PrimitiveKind;

// By json::Kind.
constexpr std::array<std::string_view, 7> kKindNames = {"null",   "boolean", "boolean", "number",
                                                        "string", "array",   "object"};

std::string nameOf(const Node& node) { return std::string(node.name->text.substr(0, 64)); }

std::string nameOf(PrimitiveKind kind) {
  if (kind == PrimitiveKind::kString) return "string";
  return kind == PrimitiveKind::kNumber ? "number" : "boolean";
}

// Descends as deep as the tree goes, which the parsers have bounded.
class BundleForm {
 public:
  explicit BundleForm(const fhir::Resource& bundle)
      : definitions_(bundle.definitions()), reporter_(options_, *bundle.document()) {
    checkMembers(bundle.document()->root(), {nullptr, "Bundle", -1, {}});
  }

  std::vector<fhir::Issue> take() && { return std::move(reporter_).take(); }

 private:
  void checkMembers(const Node& object, const PathLink& path) {
    for (const Node& node : object.children()) {
      if ((node.flags & fhir::kIsResourceType) != 0) continue;
      if (node.tag != 0) {
        checkMember(node, definitions_.member(node.tag), path);
      } else {
        reporter_.add("PB-1001", {&path, node.name->text, -1, {}}, &node, {nameOf(node)});
      }
    }
  }

  void checkMember(const Node& node, const Member& member, const PathLink& path) {
    const bool list = member.is(Member::kList);
    const bool choice = member.is(Member::kChoice);
    PathLink link{&path, member.element->text, -1,
                  choice ? definitions_.type(member.type).name : std::string_view{}};
    if (list != (node.kind == Kind::kArray)) {
      reporter_.add(list ? "PB-1005" : "PB-1006", link, &node, {nameOf(node)});
    } else if (!list) {
      checkValue(node, member, link);
    } else {
      for (const Node& item : node.children()) {
        ++link.index;
        checkValue(item, member, link);
      }
    }
  }

  void checkValue(const Node& value, const Member& member, const PathLink& link) {
    const fhir::Type& type = definitions_.type(member.type);
    const bool primitive = type.kind == fhir::TypeKind::kPrimitive;
    const bool object = !primitive || (value.flags & fhir::kIsSibling) != 0;
    if (value.kind == Kind::kNull) {
      // In a list of primitives it stands for "only a value" or "only extensions".
      if (!primitive || link.index < 0)
        reporter_.add("PB-1004", link, &value, {std::string(link.name)});
    } else if (object != (value.kind == Kind::kObject) || value.kind == Kind::kArray) {
      const std::string wanted =
          object ? "object" : nameOf(validation::kindOf(validation::primitiveOf(type.name)));
      reporter_.add("PB-1002", link, &value,
                    {wanted, std::string(kKindNames[static_cast<std::size_t>(value.kind)])});
    } else if (object && !member.is(Member::kAnyResource)) {
      checkMembers(value, link);
    }
  }

  const fhir::Definitions& definitions_;
  const validation::Options options_;
  validation::Reporter reporter_;
};

}  // namespace

std::vector<fhir::Issue> bundleFaults(const fhir::Resource& bundle) {
  return BundleForm(bundle).take();
}

}  // namespace planbro::service
