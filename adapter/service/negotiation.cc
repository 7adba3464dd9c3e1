#include "service/negotiation.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace planbro::service {
namespace {

// One element of a list header: "application/fhir+json;q=0.8".
struct Choice {
  std::string name;  // lower case
  int quality = 1000;
  std::vector<std::pair<std::string, std::string>> parameters;  // lower case, unquoted
};

int qualityOf(std::string_view text) {
  double value = 1.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0.0 || value > 1.0) return 0;
  return static_cast<int>(value * 1000);
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

Choice parseChoice(std::string_view text) {
  Choice choice;
  bool first = true;
  for (const std::string_view part : split(text, ';')) {
    if (first) {
      choice.name = toLowerAscii(trim(part));
      first = false;
      continue;
    }
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name = toLowerAscii(trim(part.substr(0, equals)));
    const std::string value = toLowerAscii(unquoted(trim(part.substr(equals + 1))));
    if (name == "q") {
      choice.quality = qualityOf(value);
    } else {
      choice.parameters.emplace_back(name, value);
    }
  }
  return choice;
}

// Best first; those with quality 0, which are refused, stand last.
std::vector<Choice> rankedChoices(std::string_view header) {
  std::vector<Choice> choices;
  for (const std::string_view part : split(header, ',')) {
    if (!trim(part).empty()) choices.push_back(parseChoice(part));
  }
  std::stable_sort(choices.begin(), choices.end(),
                   [](const Choice& a, const Choice& b) { return a.quality > b.quality; });
  return choices;
}

// Without those that are refused.
std::vector<Choice> parseChoices(std::string_view header) {
  std::vector<Choice> choices = rankedChoices(header);
  std::erase_if(choices, [](const Choice& choice) { return choice.quality == 0; });
  return choices;
}

std::optional<fhir::Format> formatOf(std::string_view media_type) {
  if (media_type == "application/fhir+json" || media_type == "application/json" ||
      media_type == "text/json" || media_type == "json")
    return fhir::Format::kJson;
  if (media_type == "application/fhir+xml" || media_type == "application/xml" ||
      media_type == "text/xml" || media_type == "xml")
    return fhir::Format::kXml;
  return std::nullopt;
}

bool namesNdjson(std::string_view media_type) {
  return media_type == "application/fhir+ndjson" || media_type == "application/ndjson" ||
         media_type == "application/x-ndjson" || media_type == "ndjson";
}

bool isR4(const Choice& choice) {
  return std::all_of(choice.parameters.begin(), choice.parameters.end(), [](const auto& parameter) {
    return parameter.first != "fhirversion" || parameter.second == "4.0" ||
           parameter.second == "4.0.1";
  });
}

bool isUtf8(const Choice& choice) {
  return std::all_of(choice.parameters.begin(), choice.parameters.end(), [](const auto& parameter) {
    return parameter.first != "charset" || parameter.second == "utf-8" ||
           parameter.second == "utf8" || parameter.second == "us-ascii";
  });
}

// "application/fhir+json" from a query, where a raw + has become a space.
Choice choiceOfParameter(std::string_view value) {
  Choice choice = parseChoice(value);
  std::replace(choice.name.begin(), choice.name.end(), ' ', '+');
  return choice;
}

std::optional<fhir::Format> acceptedFormat(std::string_view accept) {
  const std::vector<Choice> choices = rankedChoices(accept);
  // What is named counts before a wildcard (RFC 9110, section 12.5.1): also where it is refused.
  const auto isRefused = [&](fhir::Format format) {
    return std::any_of(choices.begin(), choices.end(), [&](const Choice& choice) {
      return choice.quality == 0 && formatOf(choice.name) == format;
    });
  };
  for (const Choice& choice : choices) {
    if (choice.quality == 0) break;
    if (!isR4(choice)) continue;
    if (const auto format = formatOf(choice.name)) return format;
    // A browser asks for text/html first and takes anything: it gets JSON.
    const bool any = choice.name == "*/*" || choice.name == "application/*" || choice.name == "*" ||
                     choice.name == "text/html" || choice.name == "text/*";
    if (!any) continue;
    for (const fhir::Format format : {fhir::Format::kJson, fhir::Format::kXml}) {
      if (!isRefused(format)) return format;
    }
  }
  return std::nullopt;
}

// Of a preference that is named twice the first counts (RFC 7240, section 2); one that is not known
// is passed over.
void readPrefer(std::string_view header, Preferences& preferences) {
  for (const std::string_view whole : split(header, ',')) {
    for (const std::string_view part : split(whole, ';')) {
      const auto equals = part.find('=');
      if (toLowerAscii(trim(part)) == "respond-async") preferences.async = true;
      if (equals == std::string_view::npos) continue;
      const std::string name = toLowerAscii(trim(part.substr(0, equals)));
      const std::string value = toLowerAscii(unquoted(trim(part.substr(equals + 1))));
      if (name == "handling" && preferences.handling.empty()) {
        if (value == "lenient") preferences.handling = "lenient";
        if (value == "strict") preferences.handling = "strict";
        preferences.lenient = preferences.handling == "lenient";
      }
      if (name != "return" || preferences.returns != ReturnPreference::kUnset) continue;
      if (value == "minimal") preferences.returns = ReturnPreference::kMinimal;
      if (value == "representation") preferences.returns = ReturnPreference::kRepresentation;
      if (value == "operationoutcome") preferences.returns = ReturnPreference::kOutcome;
    }
  }
}

}  // namespace

bool isUtf8(std::string_view content_type) { return isUtf8(parseChoice(content_type)); }

Negotiated negotiate(const Headers& headers, std::optional<std::string_view> format,
                     std::optional<std::string_view> pretty) {
  Negotiated result;
  Preferences& preferences = result.preferences;
  preferences.language = acceptedLanguage(headers.joined("Accept-Language"));
  preferences.pretty = pretty.has_value() && *pretty == "true";
  readPrefer(headers.joined("Prefer"), preferences);
  const std::string accept = headers.joined("Accept");
  std::optional<fhir::Format> chosen = fhir::Format::kJson;
  if (format.has_value() && !trim(*format).empty()) {
    const Choice asked = choiceOfParameter(*format);
    chosen = isR4(asked) ? formatOf(asked.name) : std::nullopt;
  } else if (!trim(accept).empty()) {
    chosen = acceptedFormat(accept);
  }
  if (chosen.has_value()) {
    preferences.format = *chosen;
  } else {
    result.refused = fhir::makeIssue("PB-4012");
  }
  return result;
}

std::optional<fhir::Format> bodyFormat(const Headers& headers) {
  const auto type = headers.get("Content-Type");
  if (!type.has_value() || trim(*type).empty()) return fhir::Format::kJson;
  const Choice choice = parseChoice(*type);
  if (!isR4(choice) || !isUtf8(choice)) return std::nullopt;
  return formatOf(choice.name);
}

bool acceptsNdjson(const Headers& headers, std::optional<std::string_view> format) {
  if (format.has_value() && !trim(*format).empty()) {
    const Choice asked = choiceOfParameter(*format);
    return namesNdjson(asked.name) && isR4(asked);
  }
  const auto choices = parseChoices(headers.joined("Accept"));
  return std::any_of(choices.begin(), choices.end(),
                     [](const Choice& choice) { return namesNdjson(choice.name) && isR4(choice); });
}

bool accepts(const Headers& headers, std::string_view media_type) {
  const auto choices = parseChoices(headers.joined("Accept"));
  return std::any_of(choices.begin(), choices.end(),
                     [&](const Choice& choice) { return choice.name == media_type; });
}

bool isNdjson(const Headers& headers) {
  const Choice choice = parseChoice(headers.get("Content-Type").value_or(""));
  return isUtf8(choice) && namesNdjson(choice.name);
}

fhir::Language acceptedLanguage(std::string_view accept_language) {
  for (const Choice& choice : parseChoices(accept_language)) {
    const std::string_view primary = std::string_view(choice.name).substr(0, choice.name.find('-'));
    if (primary == "nb" || primary == "no" || primary == "nn" || primary == "en")
      return fhir::languageOf(primary);
  }
  return fhir::Language::kEnglish;
}

std::string_view mediaType(fhir::Format format) {
  return format == fhir::Format::kXml ? "application/fhir+xml; charset=utf-8"
                                      : "application/fhir+json; charset=utf-8";
}

}  // namespace planbro::service
