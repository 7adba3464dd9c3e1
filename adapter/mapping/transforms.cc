#include "mapping/transforms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/text.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {
namespace {

using fhir::Element;
using fhir::Member;
using fhirpath::Value;

// The first `count` characters of UTF-8 text.
std::string_view firstCharacters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && count > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    --count;
  }
  return text.substr(0, at);
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

constexpr std::pair<std::string_view, std::string_view> kXmlEscapes[] = {
    {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}};
constexpr std::pair<std::string_view, std::string_view> kJsonEscapes[] = {
    {"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}, {"\r", "\\r"}, {"\t", "\\t"}};

bool escapeTo(std::string_view form, std::string& text) {
  if (form == "plain" || form == "text") return true;
  if (form == "xml" || form == "html") {
    for (const auto& [plain, escaped] : kXmlEscapes) replaceAll(text, plain, escaped);
    return true;
  }
  if (form != "json") return false;
  for (const auto& [plain, escaped] : kJsonEscapes) replaceAll(text, plain, escaped);
  return true;
}

bool unescapeFrom(std::string_view form, std::string& text) {
  if (form == "plain" || form == "text") return true;
  if (form == "xml" || form == "html") {
    // The ampersand last, so that &amp;lt; becomes &lt;.
    for (auto it = std::rbegin(kXmlEscapes); it != std::rend(kXmlEscapes); ++it)
      replaceAll(text, it->second, it->first);
    return true;
  }
  if (form != "json") return false;
  for (auto it = std::rbegin(kJsonEscapes); it != std::rend(kJsonEscapes); ++it)
    replaceAll(text, it->second, it->first);
  return true;
}

// A whole number as FHIR writes it: without plus and leading zeros.
std::string plainInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return (negative && text != "0" ? "-" : "") + std::string(text);
}

std::string_view contactSystem(std::string_view value) {
  if (value.find('@') != std::string_view::npos) return "email";
  if (value.starts_with("http:") || value.starts_with("https:")) return "url";
  return "phone";
}

}  // namespace

bool Transforms::run(std::vector<BoundValue>& out) {
  switch (target_.transform) {
    case Transform::kNone:
    case Transform::kCreate:
      return true;
    case Transform::kCopy: {
      if (target_.params.size() != 1) return wrongCount("1");
      BoundValue value;
      if (!parameter(0, value)) return false;
      if (value) out.push_back(value);
      return true;
    }
    case Transform::kTruncate:
      return truncate(out);
    case Transform::kEscape:
      return escape(out);
    case Transform::kCast:
      return cast(out);
    case Transform::kAppend:
      return append(out);
    case Transform::kTranslate:
      return translate(out);
    case Transform::kReference:
    case Transform::kPointer:
      return reference(out);
    case Transform::kDateOp:
      return dateOp(out);
    case Transform::kUuid:
      return uuid(out);
    case Transform::kEvaluate:
      return evaluate(out);
    case Transform::kCc:
      return codeableConcept(out);
    case Transform::kC:
      return coding(out);
    case Transform::kQty:
      return quantity(out);
    case Transform::kId:
      return identifier(out);
    case Transform::kCp:
      return contactPoint(out);
  }
  return true;
}

bool Transforms::wrongCount(std::string_view expected) {
  return executor_.fault("PB-2216", rule_,
                         {rule_.path, std::string(transformName(target_.transform)),
                          std::string(expected), std::to_string(target_.params.size())});
}

bool Transforms::parameter(std::size_t index, BoundValue& out) {
  const CompiledParam& param = target_.params[index];
  const fhir::Definitions& definitions = executor_.definitions_;
  switch (param.kind) {
    case ModelParam::Kind::kVariable:
      out = frame_[param.slot];
      return true;
    case ModelParam::Kind::kExpression: {
      const auto values = executor_.evaluate(rule_, param.expression, frame_,
                                             executor_.currentValue(rule_, frame_));
      if (!values) return false;
      if (!values->empty()) out.value = values->front();
      return true;
    }
    case ModelParam::Kind::kString:
      out.value = Value::string(param.text);
      out.type = definitions.findType("string");
      return true;
    case ModelParam::Kind::kInteger:
      out.value = Value::string(param.text);
      out.type = definitions.findType("integer");
      return true;
    case ModelParam::Kind::kDecimal:
      out.value = Value::string(param.text);
      out.type = definitions.findType("decimal");
      return true;
    case ModelParam::Kind::kBoolean:
      out.value = Value::boolean(param.text == "true");
      return true;
  }
  return true;
}

bool Transforms::text(std::size_t index, std::string& out) {
  out.clear();
  if (index >= target_.params.size()) return true;
  BoundValue value;
  if (!parameter(index, value)) return false;
  out = executor_.textOf(value);
  return true;
}

BoundValue Transforms::string(std::string_view text, std::string_view type) {
  return {Value::string(executor_.scratch_.copy(text)), nullptr,
          executor_.definitions_.findType(type)};
}

TargetNode* Transforms::element(std::string_view type) {
  TargetNode* node = executor_.tree_.loose(executor_.definitions_.findType(type));
  node->content = TargetNode::Content::kObject;
  node->rule = &rule_;
  node->origin = executor_.where_;
  return node;
}

void Transforms::set(TargetNode* parent, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  const Member* member = executor_.tree_.memberOf(*parent, name, 0, 0);
  if (member == nullptr) return;
  TargetNode* node = executor_.tree_.add(parent, *member);
  executor_.tree_.setText(node, text);
  node->rule = &rule_;
  node->origin = executor_.where_;
}

void Transforms::push(std::vector<BoundValue>& out, TargetNode* node) {
  out.push_back({{}, node, 0});
}

bool Transforms::evaluate(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 2) return wrongCount("1–2");
  const CompiledExpression& expression = target_.params.back().expression;
  Value context = executor_.currentValue(rule_, frame_);
  if (count == 2) {
    BoundValue base;
    if (!parameter(0, base)) return false;
    context = executor_.asValue(base);
  }
  if (!expression) {  // a plain value in parentheses' place
    BoundValue value;
    if (!parameter(count - 1, value)) return false;
    if (value) out.push_back(value);
    return true;
  }
  const auto values = executor_.evaluate(rule_, expression, frame_, context);
  if (!values) return false;
  for (const Value& value : *values) out.push_back({value, nullptr, 0});
  return true;
}

bool Transforms::truncate(std::vector<BoundValue>& out) {
  if (target_.params.size() != 2) return wrongCount("2");
  std::string whole, length;
  if (!text(0, whole) || !text(1, length)) return false;
  std::size_t count = 0;
  const auto [end, code] = std::from_chars(length.data(), length.data() + length.size(), count);
  if (code != std::errc() || end != length.data() + length.size())
    return executor_.fault("PB-2212", rule_, {rule_.path, "truncate", "integer"});
  if (!whole.empty()) out.push_back(string(firstCharacters(whole, count)));
  return true;
}

bool Transforms::escape(std::vector<BoundValue>& out) {
  if (target_.params.size() < 2 || target_.params.size() > 3) return wrongCount("2–3");
  std::string value, first, second;
  if (!text(0, value) || !text(1, first) || !text(2, second)) return false;
  const std::string from = target_.params.size() == 3 ? first : "plain";
  const std::string to = target_.params.size() == 3 ? second : first;
  if (!unescapeFrom(from, value) || !escapeTo(to, value))
    return executor_.fault("PB-2212", rule_, {rule_.path, "escape", from + ", " + to});
  if (!value.empty()) out.push_back(string(value));
  return true;
}

bool Transforms::cast(std::vector<BoundValue>& out) {
  if (target_.params.empty() || target_.params.size() > 2) return wrongCount("1–2");
  BoundValue value;
  if (!parameter(0, value)) return false;
  if (target_.params.size() == 1) {
    if (value) out.push_back(value);
    return true;
  }
  std::string type;
  if (!text(1, type)) return false;
  std::string source(trim(executor_.textOf(value)));
  if (source.empty()) return true;
  if (type == "integer" || type == "positiveInt" || type == "unsignedInt") {
    source = plainInteger(source);
  } else if (type == "decimal") {
    std::replace(source.begin(), source.end(), ',', '.');
  } else if (type == "boolean") {
    const std::string lower = toLowerAscii(source);
    if (lower == "1" || lower == "t" || lower == "yes" || lower == "y") source = "true";
    if (lower == "0" || lower == "f" || lower == "no" || lower == "n") source = "false";
    if (lower == "true" || lower == "false") source = lower;
  } else if (type == "date" && isPrimitiveText("dateTime", source)) {
    source = source.substr(0, 10);
  }
  if (!isPrimitiveText(type, source))
    return executor_.fault("PB-2212", rule_, {rule_.path, "cast", type});
  out.push_back(string(source, type));
  return true;
}

bool Transforms::append(std::vector<BoundValue>& out) {
  if (target_.params.empty()) return wrongCount("1–");
  std::string whole, part;
  for (std::size_t i = 0; i < target_.params.size(); ++i) {
    if (!text(i, part)) return false;
    whole += part;
  }
  if (!whole.empty()) out.push_back(string(whole));
  return true;
}

bool Transforms::reference(std::vector<BoundValue>& out) {
  if (target_.params.size() != 1) return wrongCount("1");
  BoundValue value;
  if (!parameter(0, value)) return false;
  std::string type, id, url;
  if (value.node != nullptr && value.node->content != TargetNode::Content::kBorrowed) {
    type = executor_.definitions_.type(value.node->type).name;
    const auto textUnder = [&](TargetNode* parent, std::string_view name) -> std::string {
      const Member* member = executor_.tree_.memberOf(*parent, name, 0, 0);
      TargetNode* node = member == nullptr ? nullptr : TargetTree::find(*parent, *member);
      return node == nullptr ? std::string() : executor_.textOf({{}, node, 0});
    };
    id = textUnder(value.node, "id");
    TargetNode* entry = value.node->parent;
    if (entry != nullptr && value.node->member->path == "Bundle.entry.resource")
      url = textUnder(entry, "fullUrl");
  } else {
    const Element element = executor_.asValue(value).element();
    if (!element) return true;
    type = element.typeName();
    id = element.textOf("id");
  }
  if (url.empty() && id.empty()) return executor_.fault("PB-2217", rule_, {rule_.path, type});
  out.push_back(string(url.empty() ? type + "/" + id : url));
  return true;
}

bool Transforms::dateOp(std::vector<BoundValue>& out) {
  // A third parameter says that the source is known to write another form; every form is read.
  if (target_.params.empty() || target_.params.size() > 3) return wrongCount("1–3");
  std::string source, type;
  if (!text(0, source) || !text(1, type)) return false;
  if (trim(source).empty()) return true;
  if (!type.empty() && type != "date" && type != "dateTime" && type != "instant")
    return executor_.fault("PB-2212", rule_, {rule_.path, "dateOp", type});
  const auto repaired = readDate(source, type);
  if (!repaired)
    return executor_.fault("PB-2212", rule_,
                           {rule_.path, "dateOp", type.empty() ? "dateTime" : type});
  BoundValue value;
  if (!parameter(0, value)) return false;
  const json::Node* outer = executor_.where_;
  if (value.value.isElement()) executor_.where_ = value.value.element().anyNode();
  if (repaired->zone_assumed && target_.params.size() < 3) {
    executor_.report("PB-2224", rule_, {});
  } else if (repaired->changed && target_.params.size() < 3) {
    executor_.report("PB-2223", rule_, {});
  }
  executor_.where_ = outer;
  std::string_view result_type = type;
  if (type.empty()) result_type = repaired->text.size() <= 10 ? "date" : "dateTime";
  out.push_back(string(repaired->text, result_type));
  return true;
}

bool Transforms::uuid(std::vector<BoundValue>& out) {
  if (target_.params.empty() && executor_.options_.ids != nullptr) {
    out.push_back(string(executor_.options_.ids->next()));
    return true;
  }
  std::string name, part;
  for (std::size_t i = 0; i < target_.params.size(); ++i) {
    if (!text(i, part)) return false;
    name += part;
  }
  // Without texts: counted from the content, so that the same record always gives the same.
  if (target_.params.empty())
    name = fmt::format("{}\n{}\n{}", executor_.map_.url, executor_.ids_++,
                       executor_.input_.document->source());
  out.push_back(string(nameUuid(name)));
  return true;
}

TargetNode* Transforms::codingOf(std::string_view system, std::string_view code,
                                 std::string_view display) {
  TargetNode* node = element("Coding");
  set(node, "system", system);
  set(node, "code", code);
  set(node, "display", display);
  return node;
}

bool Transforms::codeableConcept(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 3) return wrongCount("1–3");
  std::string first, second, third;
  if (!text(0, first) || !text(1, second) || !text(2, third)) return false;
  if (first.empty() || (count > 1 && second.empty())) return true;
  TargetNode* node = element("CodeableConcept");
  if (count == 1) {
    set(node, "text", first);
  } else {
    const Member* member = executor_.tree_.memberOf(*node, "coding", 0, 0);
    executor_.tree_.attach(node, *member, codingOf(first, second, third));
  }
  push(out, node);
  return true;
}

bool Transforms::coding(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count < 2 || count > 3) return wrongCount("2–3");
  std::string system, code, display;
  if (!text(0, system) || !text(1, code) || !text(2, display)) return false;
  if (!code.empty()) push(out, codingOf(system, code, display));
  return true;
}

bool Transforms::quantity(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 4) return wrongCount("1–4");
  std::string value, unit, system, code;
  if (!text(0, value) || !text(1, unit) || !text(2, system) || !text(3, code)) return false;
  if (value.empty()) return true;
  TargetNode* node = element("Quantity");
  if (count == 1) {
    const std::string whole(trim(value));
    std::size_t begin = whole.find_first_of("<>=") == 0 ? whole.find_first_not_of("<>=") : 0;
    if (begin == std::string::npos) begin = whole.size();
    set(node, "comparator", whole.substr(0, begin));
    const std::size_t end = whole.find_first_not_of("0123456789.,-+ ", begin);
    value = trim(whole.substr(begin, end == std::string::npos ? end : end - begin));
    if (end != std::string::npos) unit = trim(whole.substr(end));
  }
  std::replace(value.begin(), value.end(), ',', '.');
  if (!isPrimitiveText("decimal", value))
    return executor_.fault("PB-2212", rule_, {rule_.path, "qty", "decimal"});
  set(node, "value", value);
  set(node, "unit", unit);
  set(node, "system", system);
  set(node, "code", code);
  push(out, node);
  return true;
}

bool Transforms::identifier(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count < 2 || count > 3) return wrongCount("2–3");
  std::string system, value, type;
  if (!text(0, system) || !text(1, value) || !text(2, type)) return false;
  if (value.empty()) return true;
  TargetNode* node = element("Identifier");
  set(node, "system", system);
  set(node, "value", value);
  if (!type.empty()) {
    TargetNode* concept_node = element("CodeableConcept");
    const Member* coding = executor_.tree_.memberOf(*concept_node, "coding", 0, 0);
    executor_.tree_.attach(concept_node, *coding,
                           codingOf("http://terminology.hl7.org/CodeSystem/v2-0203", type, {}));
    const Member* member = executor_.tree_.memberOf(*node, "type", 0, 0);
    executor_.tree_.attach(node, *member, concept_node);
  }
  push(out, node);
  return true;
}

bool Transforms::contactPoint(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 2) return wrongCount("1–2");
  std::string first, second;
  if (!text(0, first) || !text(1, second)) return false;
  const std::string& value = count == 2 ? second : first;
  if (value.empty()) return true;
  TargetNode* node = element("ContactPoint");
  set(node, "system", count == 2 ? std::string_view(first) : contactSystem(value));
  set(node, "value", value);
  push(out, node);
  return true;
}

bool Transforms::translate(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count < 2 || count > 3) return wrongCount("2–3");
  BoundValue source;
  std::string url, kind;
  if (!parameter(0, source) || !text(1, url) || !text(2, kind)) return false;
  const Element element =
      source.node == nullptr ? source.value.element() : executor_.asValue(source).element();
  std::vector<std::pair<std::string, std::string>> codes;
  if (element && element.typeName() == "CodeableConcept") {
    element.forEachChild("coding", [&](const Element& one) {
      codes.emplace_back(one.textOf("system"), one.textOf("code"));
    });
  } else if (element && (element.typeName() == "Coding" || element.child("code"))) {
    codes.emplace_back(element.textOf("system"), element.textOf("code"));
  } else {
    codes.emplace_back("", trim(executor_.textOf(source)));
  }
  std::erase_if(codes, [](const auto& one) { return one.second.empty(); });
  if (codes.empty()) return true;

  const ConceptMaps* maps = &executor_.map_.concept_maps;
  const ConceptMap* map = nullptr;
  for (const CompiledMap* one : executor_.map_.imported) {
    maps = &one->concept_maps;
    map = maps->find(url);
    if (map != nullptr) break;
  }
  if (map == nullptr) {
    maps = executor_.parts_.concept_maps;
    map = maps->find(url);
  }
  if (map == nullptr) return executor_.fault("PB-2218", rule_, {rule_.path, url});
  std::optional<TranslatedCode> found;
  for (const auto& [from, value] : codes) {
    if (auto result = maps->translate(*map, from, value)) {
      found = std::move(*result);
      break;
    }
  }
  if (!found) {
    const json::Node* outer = executor_.where_;
    if (element) executor_.where_ = element.anyNode();
    executor_.fault("PB-2219", rule_, {rule_.path, codes.front().second, url});
    executor_.where_ = outer;
    return false;
  }
  if (kind.empty()) kind = "Coding";
  if (kind == "code") {
    out.push_back(string(found->code, "code"));
  } else if (kind == "system") {
    out.push_back(string(found->system, "uri"));
  } else if (kind == "display") {
    if (!found->display.empty()) out.push_back(string(found->display));
  } else if (kind == "Coding") {
    push(out, codingOf(found->system, found->code, found->display));
  } else if (kind == "CodeableConcept") {
    TargetNode* node = this->element("CodeableConcept");
    const Member* member = executor_.tree_.memberOf(*node, "coding", 0, 0);
    executor_.tree_.attach(node, *member, codingOf(found->system, found->code, found->display));
    push(out, node);
  } else {
    return executor_.fault("PB-2212", rule_, {rule_.path, "translate", kind});
  }
  return true;
}

}  // namespace planbro::mapping
