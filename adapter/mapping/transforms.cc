#include "mapping/transforms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ids.h"
#include "base/text.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {

using fhir::Element;
using fhir::Member;
using fhirpath::Value;

namespace {

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
  return executor_.argument(rule_, target_.params[index], frame_, out);
}

bool Transforms::text(std::size_t index, std::string_view& out) {
  out = {};
  if (index >= target_.params.size()) return true;
  const CompiledParam& param = target_.params[index];
  if (param.type != 0) {  // a constant
    out = param.text;
    return true;
  }
  BoundValue value;
  if (!parameter(index, value)) return false;
  return textOf(value, "string", out);
}

bool Transforms::textOf(const BoundValue& value, std::string_view taken, std::string_view& out) {
  out = executor_.textOf(value);
  if (!out.empty() || !executor_.hasParts(value)) return true;
  return executor_.wrongType(rule_, transformName(target_.transform), value, std::string(taken));
}

BoundValue Transforms::string(std::string_view text, fhir::TypeId type) {
  return {Value::string(text), nullptr, type};
}

BoundValue Transforms::computed(std::string_view text, fhir::TypeId type) {
  return string(executor_.tree_.keep(text), type);
}

TargetNode* Transforms::element(fhir::TypeId type) {
  TargetNode* node = executor_.tree_.loose(type);
  node->content = TargetNode::Content::kObject;
  node->rule = &rule_;
  node->origin = executor_.where_;
  return node;
}

void Transforms::set(TargetNode* parent, const TargetElement& name, std::string_view text) {
  if (text.empty()) return;
  const Member* member = executor_.tree_.memberOf(*parent, name, 0);
  if (member == nullptr) return;
  TargetNode* node = executor_.tree_.add(parent, *member);
  TargetTree::setText(node, text);
  node->rule = &rule_;
  node->origin = executor_.where_;
}

void Transforms::push(std::vector<BoundValue>& out, TargetNode* node) {
  out.push_back({{}, node, 0});
}

bool Transforms::joined(std::string& out) {
  out.clear();
  std::string_view part;
  for (std::size_t i = 0; i < target_.params.size(); ++i) {
    if (!text(i, part)) return false;
    out += part;
  }
  return true;
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
  std::string_view whole, length;
  if (!text(0, whole) || !text(1, length)) return false;
  std::size_t count = 0;
  const auto [end, code] = std::from_chars(length.data(), length.data() + length.size(), count);
  if (code != std::errc() || end != length.data() + length.size())
    return executor_.fault("PB-2212", rule_, {rule_.path, "truncate", "integer"});
  if (!whole.empty()) out.push_back(string(firstCharacters(whole, count), executor_.types_.string));
  return true;
}

bool Transforms::escape(std::vector<BoundValue>& out) {
  if (target_.params.size() < 2 || target_.params.size() > 3) return wrongCount("2–3");
  std::string_view source, first, second;
  if (!text(0, source) || !text(1, first) || !text(2, second)) return false;
  std::string value(source);
  const std::string_view from = target_.params.size() == 3 ? first : std::string_view("plain");
  const std::string_view to = target_.params.size() == 3 ? second : first;
  if (!unescapeFrom(from, value) || !escapeTo(to, value))
    return executor_.fault("PB-2212", rule_,
                           {rule_.path, "escape", fmt::format("{}, {}", from, to)});
  if (!value.empty()) out.push_back(computed(value, executor_.types_.string));
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
  std::string_view type;
  if (!text(1, type)) return false;
  std::string_view given;
  if (!textOf(value, "string", given)) return false;
  std::string source(trim(given));
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
    return executor_.fault("PB-2212", rule_, {rule_.path, "cast", std::string(type)});
  out.push_back(computed(source, executor_.definitions_.findType(type)));
  return true;
}

bool Transforms::append(std::vector<BoundValue>& out) {
  if (target_.params.empty()) return wrongCount("1–");
  std::string& whole = executor_.room_.text;
  if (!joined(whole)) return false;
  if (!whole.empty()) out.push_back(computed(whole, executor_.types_.string));
  return true;
}

bool Transforms::reference(std::vector<BoundValue>& out) {
  if (target_.params.size() != 1) return wrongCount("1");
  BoundValue value;
  if (!parameter(0, value)) return false;
  std::string_view type, id, url;
  if (value.node != nullptr && value.node->content != TargetNode::Content::kBorrowed) {
    type = executor_.definitions_.type(value.node->type).name;
    const auto textUnder = [&](TargetNode* parent, const TargetElement& name) -> std::string_view {
      const Member* member = executor_.tree_.memberOf(*parent, name, 0);
      TargetNode* node = member == nullptr ? nullptr : TargetTree::find(*parent, *member);
      return node == nullptr ? std::string_view() : executor_.textOf({{}, node, 0});
    };
    id = textUnder(value.node, executor_.types_.id);
    TargetNode* entry = value.node->parent;
    if (entry != nullptr && value.node->member->path == "Bundle.entry.resource")
      url = textUnder(entry, executor_.types_.full_url);
  } else {
    const Element element = executor_.asValue(value).element();
    if (!element)
      return !value ||
             executor_.wrongType(rule_, transformName(target_.transform), value, "Resource");
    type = element.typeName();
    id = element.textOf("id");
  }
  if (url.empty() && id.empty())
    return executor_.fault("PB-2217", rule_, {rule_.path, std::string(type)});
  if (!url.empty()) {
    out.push_back(string(url, executor_.types_.string));
  } else {
    out.push_back(computed(fmt::format("{}/{}", type, id), executor_.types_.string));
  }
  return true;
}

bool Transforms::dateOp(std::vector<BoundValue>& out) {
  // A third parameter says that the source is known to write another form; every form is read.
  if (target_.params.empty() || target_.params.size() > 3) return wrongCount("1–3");
  std::string_view source, type;
  if (!text(0, source) || !text(1, type)) return false;
  if (trim(source).empty()) return true;
  if (!type.empty() && type != "date" && type != "dateTime" && type != "instant")
    return executor_.fault("PB-2212", rule_, {rule_.path, "dateOp", std::string(type)});
  const auto repaired = readDate(source, type);
  if (!repaired)
    return executor_.fault("PB-2212", rule_,
                           {rule_.path, "dateOp", type.empty() ? "dateTime" : std::string(type)});
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
  out.push_back(computed(repaired->text, executor_.definitions_.findType(result_type)));
  return true;
}

bool Transforms::uuid(std::vector<BoundValue>& out) {
  const fhir::TypeId type = executor_.types_.string;
  if (target_.params.empty() && executor_.options_.ids != nullptr) {
    out.push_back(computed(executor_.options_.ids->next(), type));
    return true;
  }
  std::string& name = executor_.room_.text;
  if (!joined(name)) return false;
  // Without texts: counted from the content, so that the same record always gives the same.
  if (target_.params.empty())
    name = fmt::format("{}\n{}\n{}", executor_.map_.url, executor_.ids_++,
                       executor_.input_.document->source());
  const auto known = executor_.room_.ids.find(name);
  const std::string_view id = known ? *known : executor_.tree_.keep(nameUuid(name));
  if (!known) executor_.room_.ids.put(executor_.tree_.keep(name), id);
  out.push_back(string(id, type));
  return true;
}

}  // namespace planbro::mapping
