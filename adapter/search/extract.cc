// Index rows from the values that a search parameter's expression gives.
// Source: FHIR R4, search.html, 3.1.1.4.6 to 3.1.1.4.13: which data types each kind searches.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "search/folding.h"
#include "search/number_range.h"
#include "search/parameters.h"
#include "search/reference_text.h"
#include "search/time_range.h"
#include "search/words.h"

namespace planbro::search {
namespace {

using fhir::Element;
using fhirpath::Value;
using store::IndexRow;

constexpr int kMaxFamilyParts = 8;

// "Group" of "https://other.example/fhir/Group/9"; "" of an address that names no type.
std::string_view typeInAddress(std::string_view address, const fhir::Definitions& definitions) {
  const std::size_t id = address.rfind('/');
  if (id == std::string_view::npos || id == 0) return {};
  const std::size_t type = address.rfind('/', id - 1);
  if (type == std::string_view::npos) return {};
  const std::string_view name = address.substr(type + 1, id - type - 1);
  const fhir::TypeId known = definitions.findType(name);
  const bool is_resource = known != 0 && definitions.type(known).kind == fhir::TypeKind::kResource;
  return is_resource ? name : std::string_view();
}

class Extractor {
 public:
  // `code`: what the rows stand under.
  Extractor(const Parameter& parameter, std::string_view code, const Element& resource,
            std::string_view base, std::vector<IndexRow>& rows)
      : parameter_(parameter), code_(code), resource_(resource), base_(base), rows_(rows) {}

  void add(const Value& value) {
    switch (parameter_.type) {
      case ParameterType::kToken:
        return token(value);
      case ParameterType::kString:
        return string(value);
      case ParameterType::kReference:
        return reference(value);
      case ParameterType::kDate:
        return date(value);
      case ParameterType::kNumber:
        return number(value);
      case ParameterType::kQuantity:
        return quantity(value);
      case ParameterType::kUri:
        if (const std::string text = value.toString(); !text.empty())
          row(IndexRow::Kind::kUri).value = text;
        return;
      case ParameterType::kSpecial:
        return position(value.element());
      case ParameterType::kComposite:
        return;  // by its components
    }
  }

 private:
  IndexRow& row(IndexRow::Kind kind, std::string_view suffix = {}) {
    IndexRow& out = rows_.emplace_back();
    out.kind = kind;
    out.parameter = code_;
    out.parameter.append(suffix);
    return out;
  }

  void tokenRow(std::string_view system, std::string_view code, std::string_view suffix = {}) {
    if (system.empty() && code.empty()) return;
    IndexRow& out = row(IndexRow::Kind::kToken, suffix);
    out.system = system;
    out.value = code;
  }

  void stringRow(std::string_view text, std::string_view suffix = {}) {
    if (text.empty()) return;
    IndexRow& out = row(IndexRow::Kind::kString, suffix);
    out.value = foldText(text);
    out.exact = text;
  }

  void rangeRow(IndexRow::Kind kind, std::int64_t low, std::int64_t high) {
    if (low > high) return;  // an end before the beginning: validation reports it
    IndexRow& out = row(kind);
    out.low = low;
    out.high = high;
  }

  // Beside it one without case, where that differs (inAnyCase() of a search asks for it).
  void tokenInAnyCase(std::string_view system, std::string_view code) {
    tokenRow(system, code);
    if (const std::string folded = foldCase(code); folded != code) tokenRow(system, folded);
  }

  void coding(const Element& value) {
    const std::string_view system = value.textOf("system");
    if (system == kLanguageSystem) {
      tokenInAnyCase(system, value.textOf("code"));
    } else {
      tokenRow(system, value.textOf("code"));
    }
    stringRow(value.textOf("display"), ":text");
  }

  void token(const Value& value) {
    const Element element = value.element();
    if (!element) {
      tokenRow({}, value.toString());
      return;
    }
    const std::string_view type = element.typeName();
    if (type == "CodeableConcept") {
      element.forEachChild("coding", [&](const Element& one) { coding(one); });
      stringRow(element.textOf("text"), ":text");
    } else if (type == "Coding") {
      coding(element);
    } else if (type == "Identifier") {
      identifier(element);
    } else if (type == "ContactPoint") {
      tokenInAnyCase({}, element.textOf("value"));
    } else if (type == "string" || (type == "code" && element.name() == "language")) {
      tokenInAnyCase({}, element.text());
    } else {
      tokenRow({}, element.text());
    }
  }

  void identifier(const Element& value) {
    tokenRow(value.textOf("system"), value.textOf("value"));
    const Element type = value.child("type");
    if (!type) return;
    stringRow(type.textOf("text"), ":text");
    type.forEachChild("coding", [&](const Element& one) {
      std::string typed(one.textOf("code"));
      typed += '|';
      typed += value.textOf("value");
      tokenRow(one.textOf("system"), typed, ":of-type");
    });
  }

  void string(const Value& value) {
    const Element element = value.element();
    if (!element) {
      stringRow(value.toString());
      return;
    }
    const std::string_view type = element.typeName();
    if (type == "HumanName") {
      parts(element, {"text", "family", "given", "prefix", "suffix"});
      wholeName(element);
    } else if (type == "Address") {
      parts(element, {"text", "line", "city", "district", "state", "postalCode", "country"});
    } else if (element.name() == "family") {
      family(element.text());
    } else {
      stringRow(element.text());
    }
  }

  // Also from each further word on. That is not what was written, nor what is sorted by: no row of
  // it has an exact text.
  void family(std::string_view text) {
    if (text.empty()) return;
    stringRow(text);
    const std::string folded = rows_.back().value;
    std::size_t blank = folded.find(' ');
    for (int part = 1; part < kMaxFamilyParts && blank != std::string::npos; ++part) {
      row(IndexRow::Kind::kString).value = folded.substr(blank + 1);
      blank = folded.find(' ', blank + 1);
    }
  }

  void parts(const Element& element, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
      element.forEachChild(name, [&](const Element& part) {
        if (name == "family") {
          family(part.text());
        } else {
          stringRow(part.text());
        }
      });
  }

  // "Ola Nordmann" is asked for as one string although it is stored in parts.
  void wholeName(const Element& name) {
    std::string whole;
    name.forEachChild("given", [&](const Element& given) {
      whole += given.text();
      whole += ' ';
    });
    if (whole.empty() || !name.child("family")) return;
    whole += name.textOf("family");
    stringRow(whole);
  }

  void reference(const Value& value) {
    const Element element = value.element();
    if (!element) return referenceRow(readReference(value.toString(), base_));
    const std::string_view type = element.typeName();
    if (isResource(element)) return inner(element);
    if (type != "Reference") return canonical(element.text());
    const std::string_view text = element.textOf("reference");
    const ReferenceText read = readReference(text, base_);
    const std::string_view target = targetType(element, text, read);
    if (!target.empty() && !isTarget(target)) return;
    const Element known = element.child("identifier");
    referenceRow(read);
    if (known) tokenRow(known.textOf("system"), known.textOf("value"), ":identifier");
    if (text.starts_with('#') || (text.empty() && !known && element.child("display"))) present();
  }

  // That a reference is there although nobody can ask for what it names: for :missing. No value of
  // a search begins so.
  void present() { row(IndexRow::Kind::kReference).exact = "#"; }

  static bool isResource(const Element& element) {
    const fhir::TypeId type = element.type();
    return type != 0 && element.definitions().type(type).kind == fhir::TypeKind::kResource;
  }

  // A resource inside this one, as the composition of a document: by its type and id.
  void inner(const Element& resource) {
    if (!isTarget(resource.typeName())) return;
    const std::string_view id = resource.textOf("id");
    if (id.empty()) return present();
    IndexRow& out = row(IndexRow::Kind::kReference);
    out.system = resource.typeName();
    out.value = id;
  }

  // "" where nothing tells the type.
  std::string_view targetType(const Element& reference, std::string_view text,
                              const ReferenceText& read) const {
    std::string_view type = read.type;
    if (text.starts_with('#')) type = containedType(text.substr(1));
    if (!read.absolute.empty()) type = typeInAddress(read.absolute, reference.definitions());
    if (!type.empty()) return type;
    const std::string_view told = reference.textOf("type");
    return told.substr(told.rfind('/') + 1);
  }

  std::string_view containedType(std::string_view id) const {
    std::string_view type = id.empty() ? resource_.typeName() : std::string_view();
    resource_.forEachChild("contained", [&](const Element& contained) {
      if (contained.textOf("id") == id) type = contained.typeName();
    });
    return type;
  }

  bool isTarget(std::string_view type) const {
    const std::vector<std::string>& targets = parameter_.targets;
    return targets.empty() || std::find(targets.begin(), targets.end(), type) != targets.end();
  }

  void referenceRow(const ReferenceText& read) {
    if (read.isLocal()) {
      if (!isTarget(read.type)) return;
      IndexRow& out = row(IndexRow::Kind::kReference);
      out.system = read.type;
      out.value = read.id;
      if (!read.version.empty()) out.exact = versionedText(read);
    } else if (!read.absolute.empty()) {
      row(IndexRow::Kind::kReference).exact = read.absolute;
    }
  }

  void canonical(std::string_view url) {
    if (url.empty()) return;
    row(IndexRow::Kind::kReference).exact = url;
    const std::size_t bar = url.find('|');
    if (bar == std::string_view::npos) return;
    row(IndexRow::Kind::kReference).exact = url.substr(0, bar);
    row(IndexRow::Kind::kUri, ":below").value = url;  // its version has parts
  }

  void date(const Value& value) {
    const Element element = value.element();
    if (!element) {
      moment(value.toString());
      return;
    }
    const std::string_view type = element.typeName();
    if (type == "Period") {
      if (const auto range = rangeOf(element))
        rangeRow(IndexRow::Kind::kDate, range->low, range->high);
    } else if (type == "Timing") {
      timing(element);
    } else {
      moment(element.text());
    }
  }

  void moment(std::string_view text) {
    if (const auto range = timeRangeOf(text))
      rangeRow(IndexRow::Kind::kDate, range->low, range->high);
  }

  static std::optional<TimeRange> rangeOf(const Element& period) {
    const auto start = timeRangeOf(period.textOf("start"));
    const auto end = timeRangeOf(period.textOf("end"));
    if (!start && !end) return std::nullopt;
    const TimeRange open;
    return TimeRange{start ? start->low : open.low, end ? end->high : open.high};
  }

  // Only its outer limits matter; one that has none is open.
  void timing(const Element& element) {
    std::optional<TimeRange> limits;
    const auto widen = [&](const std::optional<TimeRange>& range) {
      if (!range || range->low > range->high) return;
      if (!limits) limits = range;
      limits->low = std::min(limits->low, range->low);
      limits->high = std::max(limits->high, range->high);
    };
    element.forEachChild("event", [&](const Element& event) { widen(timeRangeOf(event.text())); });
    const Element bounds = element.child("repeat").child("bounds");
    if (bounds && bounds.typeName() == "Period") widen(rangeOf(bounds));
    const TimeRange row = limits.value_or(TimeRange());
    rangeRow(IndexRow::Kind::kDate, row.low, row.high);
  }

  void number(const Value& value) {
    const Element element = value.element();
    if (element && element.typeName() == "Range") {
      const auto low = numberRangeOf(element.child("low").textOf("value"));
      const auto high = numberRangeOf(element.child("high").textOf("value"));
      const TimeRange open;
      if (low || high)
        rangeRow(IndexRow::Kind::kNumber, low ? orderedNumber(low->value) : open.low,
                 high ? orderedNumber(high->value) : open.high);
    } else if (const auto range = numberRangeOf(value.toString())) {
      const std::int64_t point = orderedNumber(range->value);
      rangeRow(IndexRow::Kind::kNumber, point, point);
    }
  }

  void quantity(const Value& value) {
    const Element element = value.element();
    if (!element) return number(value);
    const std::string_view type = element.typeName();
    if (type == "Range") {
      const auto low = numberRangeOf(element.child("low").textOf("value"));
      const auto high = numberRangeOf(element.child("high").textOf("value"));
      const Element unit = low ? element.child("low") : element.child("high");
      if (low || high) amount(unit, low, high);
      canonicalAmount(element.child("low"), element.child("high"));
      return;
    }
    const auto exact = numberRangeOf(element.textOf("value"));
    if (!exact) return;
    if (type == "Money") {
      const std::int64_t point = orderedNumber(exact->value);
      rangeRow(IndexRow::Kind::kQuantity, point, point);
      rows_.back().system = "urn:iso:std:iso:4217";
      rows_.back().value = element.textOf("currency");
      return;
    }
    const std::string_view comparator = element.textOf("comparator");
    const bool below = comparator.starts_with('<');
    const bool above = comparator.starts_with('>');
    amount(element, below ? std::nullopt : exact, above ? std::nullopt : exact);
    canonicalAmount(below ? Element() : element, above ? Element() : element);
  }

  // In base units, where UCUM knows the units: what is asked for in another one is found. An empty
  // end is open.
  void canonicalAmount(const Element& low, const Element& high) {
    const auto canonical = [](const Element& end) -> std::optional<CanonicalQuantity> {
      if (!end || end.textOf("system") != kUcumSystem) return std::nullopt;
      return canonicalQuantityOf(end.textOf("value"), end.textOf("code"));
    };
    const auto first = canonical(low);
    const auto last = canonical(high);
    if ((low && !first) || (high && !last) || (!first && !last)) return;
    if (first && last && first->unit != last->unit) return;
    const TimeRange open;
    const std::int64_t begin = first ? orderedNumber(first->range.value) : open.low;
    const std::int64_t end = last ? orderedNumber(last->range.value) : open.high;
    if (begin > end) return;
    IndexRow& out = row(IndexRow::Kind::kQuantity, ":ucum");
    out.low = begin;
    out.high = end;
    out.value = first ? first->unit : last->unit;
  }

  void position(const Element& element) {
    const auto latitude = numberRangeOf(element.textOf("latitude"));
    const auto longitude = numberRangeOf(element.textOf("longitude"));
    if (!latitude || !longitude) return;
    for (const auto& [suffix, degrees] :
         {std::pair{":latitude", latitude->value}, std::pair{":longitude", longitude->value}}) {
      IndexRow& out = row(IndexRow::Kind::kNumber, suffix);
      out.low = out.high = orderedNumber(degrees);
    }
  }

  // Found by the unit's code in its system, and by the unit as written.
  void amount(const Element& unit, const std::optional<NumberRange>& low,
              const std::optional<NumberRange>& high) {
    const TimeRange open;
    const std::int64_t first = low ? orderedNumber(low->value) : open.low;
    const std::int64_t last = high ? orderedNumber(high->value) : open.high;
    if (first > last) return;
    const std::string_view code = unit.textOf("code");
    const std::string_view written = unit.textOf("unit");
    rangeRow(IndexRow::Kind::kQuantity, first, last);
    rows_.back().system = unit.textOf("system");
    rows_.back().value = code.empty() ? written : code;
    if (!code.empty() && !written.empty() && written != code) {
      rangeRow(IndexRow::Kind::kQuantity, first, last);
      rows_.back().value = written;
    }
  }

  const Parameter& parameter_;
  std::string_view code_;
  const Element& resource_;
  std::string_view base_;
  std::vector<IndexRow>& rows_;
};

// The rows of each element that has a value for every component.
void extractComposite(const Parameter& parameter, const fhirpath::Collection& elements,
                      const fhirpath::Environment& environment, std::string_view base,
                      std::vector<IndexRow>& rows) {
  std::size_t number = 0;
  for (const Value& value : elements) {
    const Element element = value.element();
    if (!element) continue;
    const std::size_t begin = rows.size();
    bool whole = true;
    for (const Parameter& component : parameter.components) {
      const auto values = fhirpath::evaluate(*component.program, element, environment);
      const std::size_t before = rows.size();
      const std::string code = componentCode(component, number);
      Extractor extractor(component, code, environment.resource, base, rows);
      if (values) {
        for (const Value& one : *values) extractor.add(one);
      }
      whole = whole && rows.size() > before;
    }
    if (whole) {
      ++number;
    } else {
      rows.resize(begin);
    }
  }
}

}  // namespace

std::vector<IndexRow> Parameters::extract(const Element& resource, std::string_view base) const {
  std::vector<IndexRow> rows;
  for (const Parameter& parameter : of(resource.typeName()))
    extract(parameter, resource, base, rows);
  if (options_.words) extractWords(resource, rows);
  return rows;
}

void Parameters::extract(const Parameter& parameter, const Element& resource, std::string_view base,
                         std::vector<IndexRow>& rows) {
  if (parameter.program == nullptr) return;
  fhirpath::Scratch scratch;
  const fhirpath::Environment environment(scratch, resource);
  const auto values = fhirpath::evaluate(*parameter.program, resource, environment);
  if (!values) return;  // an expression that does not fit these data finds nothing in them
  if (parameter.type == ParameterType::kComposite) {
    extractComposite(parameter, *values, environment, base, rows);
    return;
  }
  Extractor extractor(parameter, parameter.code, resource, base, rows);
  for (const Value& value : *values) extractor.add(value);
}

}  // namespace planbro::search
