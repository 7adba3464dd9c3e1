// What a CodeSystem says of itself must fit together: properties and their values, content and
// concepts, supplements and what they supplement.
// Source: FHIR R4, codesystem.html (properties 4.8.8, supplements 4.8.9); concept-properties.
#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fhirpath/decimal.h"
#include "terminology/code_system.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;
using fhir::Severity;

namespace {

constexpr std::string_view kProperties = "http://hl7.org/fhir/concept-properties#";

struct StandardProperty {
  std::string_view code;
  std::string_view type;
  bool names_concept = false;  // its value is a code of the same system
};

// http://hl7.org/fhir/concept-properties, with those added to it after R4.
constexpr std::array kStandard = {
    StandardProperty{"inactive", "boolean"},        StandardProperty{"deprecated", "dateTime"},
    StandardProperty{"notSelectable", "boolean"},   StandardProperty{"parent", "code", true},
    StandardProperty{"child", "code", true},        StandardProperty{"partOf", "code", true},
    StandardProperty{"synonym", "code", true},      StandardProperty{"status", "code"},
    StandardProperty{"effectiveDate", "dateTime"},  StandardProperty{"deprecationDate", "dateTime"},
    StandardProperty{"retirementDate", "dateTime"}, StandardProperty{"comment", "string"},
    StandardProperty{"itemWeight", "decimal"},
};

const StandardProperty* standardProperty(std::string_view code) {
  const auto* found = std::find_if(kStandard.begin(), kStandard.end(),
                                   [&](const StandardProperty& p) { return p.code == code; });
  return found == kStandard.end() ? nullptr : &*found;
}

struct Declared {
  std::string_view type;
  bool names_concept = false;
};

class CodeSystemCheck {
 public:
  explicit CodeSystemCheck(const RuleContext& context)
      : context_(context), content_(context.resource.textOf("content")) {}

  void run() {
    checkProperties();
    collectCodes(context_.resource);
    checkConcepts(context_.resource, context_.link);
    checkContent();
    checkSupplement();
    checkValueSet();
  }

 private:
  void checkProperties();
  void collectCodes(const Element& holder);
  void checkConcepts(const Element& holder, const PathLink& link);
  void checkConceptProperty(const Element& property, const PathLink& link);
  void checkContent();
  void checkSupplement();
  void checkValueSet();

  const RuleContext& context_;
  std::string_view content_;
  std::unordered_map<std::string_view, Declared> declared_;
  std::unordered_set<std::string_view> codes_;
  std::size_t count_ = 0;
};

void CodeSystemCheck::checkProperties() {
  std::unordered_set<std::string_view> uris;
  forEachAt(context_.resource, context_.link, "property",
            [&](const Element& property, const PathLink& at) {
              const std::string_view code = property.textOf("code");
              const std::string_view uri = property.textOf("uri");
              const std::string_view type = property.textOf("type");
              const auto report = [&](std::string_view issue, std::vector<std::string> arguments) {
                context_.report(issue, at, property, std::move(arguments));
              };
              if (code.empty()) return;
              const bool standard_uri = uri.starts_with(kProperties);
              const StandardProperty* meant =
                  standardProperty(standard_uri ? uri.substr(kProperties.size()) : code);
              if (!declared_.emplace(code, Declared{type, meant != nullptr && meant->names_concept})
                       .second)
                report("PB-1801", {std::string(code)});
              if (!uri.empty() && !uris.insert(uri).second) report("PB-1802", {std::string(uri)});
              if (meant == nullptr) return;
              if (standard_uri) {
                if (type != meant->type)
                  report("PB-1803",
                         {std::string(uri), std::string(meant->type), std::string(type)});
                // Another standard name would be misread; one of the author's own is only unusual.
                if (code != meant->code && standardProperty(code) != nullptr)
                  report("PB-1804", {std::string(uri), std::string(code)});
              } else if (uri.empty()) {
                report("PB-1805", {std::string(code)});
              }
            });
}

// Depth is bounded by that of the document.
void CodeSystemCheck::collectCodes(const Element& holder) {
  holder.forEachChild("concept", [&](const Element& entry) {
    ++count_;
    codes_.insert(entry.textOf("code"));
    collectCodes(entry);
  });
}

void CodeSystemCheck::checkConcepts(const Element& holder, const PathLink& link) {
  forEachAt(holder, link, "concept", [&](const Element& entry, const PathLink& at) {
    forEachAt(entry, at, "property", [&](const Element& property, const PathLink& property_link) {
      checkConceptProperty(property, property_link);
    });
    checkConcepts(entry, at);
  });
}

void CodeSystemCheck::checkConceptProperty(const Element& property, const PathLink& link) {
  const std::string_view code = property.textOf("code");
  const Element value = property.child("value");
  if (code.empty() || !value) return;
  const auto found = declared_.find(code);
  Declared declared;
  if (found != declared_.end()) {
    declared = found->second;
  } else if (const StandardProperty* standard = standardProperty(code)) {
    declared = {standard->type, standard->names_concept};
  } else {
    return context_.report("PB-1808", link, property, {std::string(code)});
  }
  const std::string_view type = value.typeName();
  if (!declared.type.empty() && type != declared.type) {
    context_.report("PB-1807", link, property,
                    {std::string(code), std::string(declared.type), std::string(type)});
  } else if (declared.names_concept && content_ == "complete" && !codes_.contains(value.text())) {
    const PathLink at{&link, "value", -1, type};
    context_.report("PB-1809", at, value, {std::string(value.text())});
  }
}

void CodeSystemCheck::checkContent() {
  const Element concepts = context_.resource.child("concept");
  if (content_ == "not-present" && concepts) {
    const PathLink at{&context_.link, "concept", 0, {}};
    context_.report("PB-1810", at, concepts);
  }
  const Element stated = context_.resource.child("count");
  const auto number = fhirpath::Decimal::parse(stated ? stated.text() : std::string_view{});
  if (!number) return;
  const auto found = fhirpath::Decimal(static_cast<std::int64_t>(count_));
  const bool wrong = content_ == "complete"
                         ? found != *number
                         : (content_ == "fragment" || content_ == "example") && found > *number;
  const PathLink at{&context_.link, "count", -1, {}};
  if (wrong)
    context_.report(content_ == "complete" ? Severity::kError : Severity::kWarning, "PB-1811", at,
                    stated, {std::string(stated.text()), std::to_string(count_)});
}

void CodeSystemCheck::checkSupplement() {
  const Element supplements = context_.resource.child("supplements");
  const Element content = context_.resource.child("content");
  const PathLink content_link{&context_.link, "content", -1, {}};
  if (!supplements.hasValue()) {
    if (content_ == "supplement") context_.report("PB-1813", content_link, content);
    return;
  }
  if (content.hasValue() && content_ != "supplement")
    context_.report("PB-1812", content_link, content, {std::string(content_)});
  for (const std::string_view name : {"caseSensitive", "hierarchyMeaning"}) {
    const Element element = context_.resource.child(name);
    const PathLink at{&context_.link, name, -1, {}};
    if (element) context_.report("PB-1814", at, element, {std::string(name)});
  }
  const std::string_view url = supplements.text();
  const terminology::CodeSystem* base =
      context_.profiles.terminology().codeSystem(url.substr(0, url.find('|')));
  if (base == nullptr || base->content() != terminology::CodeSystem::Content::kComplete) return;
  forEachAt(context_.resource, context_.link, "concept",
            [&](const Element& entry, const PathLink& at) {
              const std::string_view code = entry.textOf("code");
              if (!code.empty() && base->find(code) == nullptr)
                context_.report("PB-1815", at, entry, {std::string(code), std::string(url)});
            });
}

// The value set of all codes includes this system and nothing else.
void CodeSystemCheck::checkValueSet() {
  const Element canonical = context_.resource.child("valueSet");
  if (!canonical.hasValue()) return;
  const Element set = context_.find(canonical.text(), "ValueSet");
  if (!set) return;
  std::size_t includes = 0;
  bool whole = true;
  set.child("compose").forEachChild("include", [&](const Element& include) {
    ++includes;
    whole = whole && include.textOf("system") == context_.resource.textOf("url") &&
            !include.child("concept") && !include.child("filter") && !include.child("valueSet");
  });
  const PathLink at{&context_.link, "valueSet", -1, {}};
  if (includes != 1 || !whole)
    context_.report("PB-1816", at, canonical, {std::string(canonical.text())});
}

}  // namespace

void checkCodeSystem(const RuleContext& context) { CodeSystemCheck(context).run(); }

}  // namespace planbro::validation
