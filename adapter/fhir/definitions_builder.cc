#include "fhir/definitions_builder.h"

#include <fmt/format.h>

#include <cstring>
#include <map>

namespace planbro::fhir {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

bool flagOf(const Node& node, std::string_view name) { return textOf(node, name) == "true"; }

constexpr std::string_view kSystemType = "http://hl7.org/fhirpath/System.";
constexpr std::string_view kFhirTypeExtension =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";

// The FHIR type of ElementDefinition.type: id, url and value carry a FHIRPath type instead, with
// the FHIR one in an extension.
std::string_view typeName(const Node& type) {
  const std::string_view code = textOf(type, "code");
  if (!code.starts_with(kSystemType)) return code.substr(code.rfind('/') + 1);
  if (const Node* extensions = type.member("extension")) {
    for (const Node& extension : extensions->children()) {
      if (textOf(extension, "url") == kFhirTypeExtension) {
        const std::string_view url = textOf(extension, "valueUrl");
        return url.empty() ? textOf(extension, "valueUri") : url;
      }
    }
  }
  return "string";
}

std::string capitalized(std::string_view name) {
  std::string result(name);
  if (!result.empty() && result[0] >= 'a' && result[0] <= 'z')
    result[0] = static_cast<char>(result[0] - 'a' + 'A');
  return result;
}

bool hasXmlAttribute(const Node& element) {
  const Node* representation = element.member("representation");
  if (representation == nullptr) return false;
  for (const Node& item : representation->children()) {
    if (item.text() == "xmlAttr") return true;
  }
  return false;
}

TypeKind kindOf(std::string_view kind) {
  if (kind == "primitive-type") return TypeKind::kPrimitive;
  if (kind == "complex-type") return TypeKind::kComplex;
  if (kind == "resource") return TypeKind::kResource;
  if (kind == "logical") return TypeKind::kLogical;
  return TypeKind::kNone;
}

constexpr std::uint32_t kFormat = 0x31544250;  // "PBT1"

class Output {
 public:
  template <typename T>
  void put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint16_t>(text.size()));
    bytes_ += text;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T get() {
    T value{};
    if (bytes_.size() < sizeof value) {
      good_ = false;
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string_view text() {
    const auto size = get<std::uint16_t>();
    if (bytes_.size() < size) {
      good_ = false;
      return {};
    }
    const std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }
  bool good() const { return good_; }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace

DefinitionsBuilder::DefinitionsBuilder() : made_(new Definitions()) {
  made_->types_.emplace_back();
  made_->shapes_.emplace_back();
  shape_members_.emplace_back();
}

DefinitionsBuilder::DefinitionsBuilder(const Definitions& base) : DefinitionsBuilder() {
  // The compiled form is the copy: every view then points into the new object.
  auto copy = deserialize(serialize(base));
  made_.reset(const_cast<Definitions*>(copy->release()));
  shape_members_.clear();
  for (ShapeId shape = 0, end = static_cast<ShapeId>(made_->shapes_.size()); shape < end; ++shape) {
    const auto members = made_->membersOf(shape);
    shape_members_.emplace_back(members.begin(), members.end());
  }
}

TypeId DefinitionsBuilder::typeNamed(std::string_view name) {
  if (const auto found = made_->types_by_name_.find(name); found != made_->types_by_name_.end())
    return found->second;
  const auto id = static_cast<TypeId>(made_->types_.size());
  Type& type = made_->types_.emplace_back();
  type.name = made_->keep(name);
  made_->types_by_name_[type.name] = id;
  return id;
}

ShapeId DefinitionsBuilder::addShape(std::string_view path, TypeId type) {
  Shape& shape = made_->shapes_.emplace_back();
  shape.path = made_->keep(path);
  shape.type = type;
  shape_members_.emplace_back();
  return static_cast<ShapeId>(made_->shapes_.size() - 1);
}

Status DefinitionsBuilder::add(const Node& definition) {
  const std::string_view url = textOf(definition, "url");
  const TypeKind kind = kindOf(textOf(definition, "kind"));
  const Node* snapshot = definition.member("snapshot");
  const Node* elements = snapshot == nullptr ? nullptr : snapshot->member("element");
  if (kind == TypeKind::kNone || elements == nullptr || elements->size == 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("StructureDefinition '{}' has no kind or no snapshot", url));

  const std::string_view root_path = textOf(elements->children()[0], "path");
  const TypeId id = typeNamed(root_path);
  if (made_->types_[id].shape != 0)
    return fail(ErrorCode::kConflict, fmt::format("the type '{}' is defined twice", root_path));
  const std::string_view base = textOf(definition, "baseDefinition");
  const TypeId base_type = base.empty() ? TypeId{0} : typeNamed(base.substr(base.rfind('/') + 1));
  const ShapeId root_shape = addShape(root_path, id);
  {
    Type& type = made_->types_[id];
    type.url = made_->keep(url);
    type.kind = kind;
    type.abstract = flagOf(definition, "abstract");
    type.base = base_type;
    type.shape = root_shape;
  }

  // A nested element is one that another element's path goes through.
  std::map<std::string_view, ShapeId> shapes{{root_path, root_shape}};
  const auto all = elements->children();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const std::string_view path = textOf(all[i], "path");
    const std::size_t dot = path.rfind('.');
    const auto parent = shapes.find(path.substr(0, dot));
    if (dot == std::string_view::npos || parent == shapes.end())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' in StructureDefinition '{}' has no parent", path, url));
    const std::string_view name = path.substr(dot + 1);
    const bool choice = name.ends_with("[x]");
    const std::string_view element_name = choice ? name.substr(0, name.size() - 3) : name;
    auto& members = shape_members_[parent->second];

    Member member;
    member.path = made_->keep(path);
    member.element = made_->names_.intern(element_name);
    member.order = static_cast<std::uint16_t>(members.empty() ? 0 : members.back().order + 1);
    if (textOf(all[i], "max") != "1" && textOf(all[i], "max") != "0") member.flags |= Member::kList;
    if (choice) member.flags |= Member::kChoice;
    if (flagOf(all[i], "isSummary")) member.flags |= Member::kSummary;
    if (flagOf(all[i], "isModifier")) member.flags |= Member::kModifier;
    if (textOf(all[i], "min") != "0") member.flags |= Member::kRequired;
    if (hasXmlAttribute(all[i])) member.flags |= Member::kXmlAttribute;

    const bool nested =
        i + 1 < all.size() && textOf(all[i + 1], "path").starts_with(std::string(path) + ".");
    const Node* types = all[i].member("type");
    if (const std::string_view reference = textOf(all[i], "contentReference"); !reference.empty()) {
      member.property = member.element;
      members.push_back(member);
      content_references_.push_back({{parent->second, members.size() - 1},
                                     std::string(reference.substr(reference.find('#') + 1))});
    } else if (types == nullptr || types->size == 0) {
      // Only the root of Element-less types and System values have none.
      member.property = member.element;
      members.push_back(member);
    } else {
      for (const Node& type : types->children()) {
        if (kind == TypeKind::kPrimitive && element_name == "value") continue;  // the value itself
        const std::string_view type_name = typeName(type);
        Member one = member;
        one.type = typeNamed(type_name);
        one.property =
            choice ? made_->names_.intern(std::string(element_name) + capitalized(type_name))
                   : member.element;
        if (type_name == "Resource" || type_name == "DomainResource")
          one.flags |= Member::kAnyResource;
        shape_members_[parent->second].push_back(one);
        if (!choice) break;  // several types without choice are several targets of one type
      }
    }
    if (nested) {
      const TypeId element_type = shape_members_[parent->second].back().type;
      const ShapeId shape = addShape(path, element_type);
      shape_members_[parent->second].back().shape = shape;
      shapes[made_->shapes_[shape].path] = shape;
    }
  }
  return {};
}

Result<std::unique_ptr<const Definitions>> DefinitionsBuilder::finish() && {
  Definitions& made = *made_;
  constexpr std::size_t kMost = 0xFFFF;  // what ShapeId and TypeId can count
  if (made.shapes_.size() > kMost || made.types_.size() > kMost)
    return fail(ErrorCode::kLimitExceeded, "more than 65,535 types or nested elements are defined");
  const auto shapes_end = static_cast<ShapeId>(made.shapes_.size());
  const auto types_end = static_cast<TypeId>(made.types_.size());
  std::map<std::string_view, ShapeId> by_path;
  for (ShapeId shape = 1; shape < shapes_end; ++shape) by_path[made.shapes_[shape].path] = shape;
  for (const auto& [where, path] : content_references_) {
    const auto found = by_path.find(path);
    if (found == by_path.end())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the content reference '#{}' leads nowhere", path));
    Member& member = shape_members_[where.first][where.second];
    member.shape = found->second;
    member.type = made.shapes_[found->second].type;
  }

  // Member 0 is none; then one root a type; then the members, shape by shape.
  made.members_.assign(1, Member{});
  for (TypeId id = 1; id < types_end; ++id) {
    Type& type = made.types_[id];
    type.root = static_cast<std::uint32_t>(made.members_.size());
    Member& root = made.members_.emplace_back();
    root.element = root.property = made.names_.intern(type.name);
    root.path = type.name;
    root.type = id;
    root.shape = type.shape;
    root.flags = Member::kRoot;
  }
  for (ShapeId shape = 1; shape < shapes_end; ++shape) {
    made.shapes_[shape].first = static_cast<std::uint32_t>(made.members_.size());
    made.shapes_[shape].count = static_cast<std::uint16_t>(shape_members_[shape].size());
    for (Member& member : shape_members_[shape]) {
      if (member.shape == 0 && member.type != 0) member.shape = made.types_[member.type].shape;
      made.members_.push_back(member);
    }
  }
  made.index();
  return std::unique_ptr<const Definitions>(std::move(made_));
}

std::string DefinitionsBuilder::serialize(const Definitions& definitions) {
  Output out;
  out.put(kFormat);
  out.put(static_cast<std::uint32_t>(definitions.names_.size()));
  for (std::size_t id = 1; id <= definitions.names_.size(); ++id)
    out.put(definitions.names_.at(static_cast<std::uint16_t>(id)).text);
  out.put(static_cast<std::uint32_t>(definitions.types_.size()));
  for (const Type& type : definitions.types_) {
    out.put(type.name);
    out.put(type.url);
    out.put(type.kind);
    out.put(type.abstract);
    out.put(type.base);
    out.put(type.shape);
    out.put(type.root);
  }
  out.put(static_cast<std::uint32_t>(definitions.shapes_.size()));
  for (const Shape& shape : definitions.shapes_) {
    out.put(shape.path);
    out.put(shape.first);
    out.put(shape.count);
    out.put(shape.type);
  }
  out.put(static_cast<std::uint32_t>(definitions.members_.size()));
  for (const Member& member : definitions.members_) {
    out.put(member.element == nullptr ? std::uint16_t{0} : member.element->id);
    out.put(member.property == nullptr ? std::uint16_t{0} : member.property->id);
    out.put(member.path);
    out.put(member.type);
    out.put(member.shape);
    out.put(member.order);
    out.put(member.flags);
  }
  return out.take();
}

Result<std::unique_ptr<const Definitions>> DefinitionsBuilder::deserialize(std::string_view bytes) {
  std::unique_ptr<Definitions> made(new Definitions());
  // One copy of the bytes holds every text.
  Input in(made->texts_.emplace_back(bytes));
  if (in.get<std::uint32_t>() != kFormat)
    return fail(ErrorCode::kCorrupt, "the definition tables have an unknown format");
  const auto names = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < names && in.good(); ++i) made->names_.intern(in.text());
  const auto name = [&](std::uint16_t id) {
    return id == 0 || id > made->names_.size() ? nullptr : &made->names_.at(id);
  };
  const auto types = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < types && in.good(); ++i) {
    Type& type = made->types_.emplace_back();
    type.name = in.text();
    type.url = in.text();
    type.kind = in.get<TypeKind>();
    type.abstract = in.get<bool>();
    type.base = in.get<TypeId>();
    type.shape = in.get<ShapeId>();
    type.root = in.get<std::uint32_t>();
  }
  const auto shapes = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < shapes && in.good(); ++i) {
    Shape& shape = made->shapes_.emplace_back();
    shape.path = in.text();
    shape.first = in.get<std::uint32_t>();
    shape.count = in.get<std::uint16_t>();
    shape.type = in.get<TypeId>();
  }
  const auto members = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < members && in.good(); ++i) {
    Member& member = made->members_.emplace_back();
    member.element = name(in.get<std::uint16_t>());
    member.property = name(in.get<std::uint16_t>());
    member.path = in.text();
    member.type = in.get<TypeId>();
    member.shape = in.get<ShapeId>();
    member.order = in.get<std::uint16_t>();
    member.flags = in.get<std::uint8_t>();
  }
  if (!in.good()) return fail(ErrorCode::kCorrupt, "the definition tables end too early");
  made->index();
  return std::unique_ptr<const Definitions>(std::move(made));
}

}  // namespace planbro::fhir
