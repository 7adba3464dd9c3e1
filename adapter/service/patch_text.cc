// Patches as they arrive, and the way from one to the changed resource.
#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"
#include "fhir/xml.h"
#include "fhir/xml_patch.h"
#include "json/parser.h"
#include "json/writer.h"
#include "service/negotiation.h"
#include "service/patch.h"

namespace planbro::service {
namespace {

using Issues = std::vector<fhir::Issue>;

constexpr auto kMediaTypes =
    std::to_array<std::string_view>({"application/json-patch+json", "application/xml-patch+xml",
                                     "application/fhir+json", "application/fhir+xml"});

// What says that a text is no patch, whatever it is applied to.
constexpr auto kMalformed = std::to_array<std::string_view>(
    {"PB-4040", "PB-4049", "PB-0103", "PB-0110", "PB-0116", "PB-0117"});

std::optional<PatchForm> formOf(std::string_view content_type) {
  if (!isUtf8(content_type)) return std::nullopt;
  const std::string type = toLowerAscii(trim(content_type.substr(0, content_type.find(';'))));
  if (type == kMediaTypes[0]) return PatchForm::kJson;
  if (type == kMediaTypes[1]) return PatchForm::kXml;
  return std::nullopt;
}

std::unexpected<Issues> refused(fhir::Issue issue) {
  return std::unexpected(Issues{std::move(issue)});
}

}  // namespace

std::span<const std::string_view> patchMediaTypes() { return kMediaTypes; }

std::optional<PatchForm> patchFormOf(const Headers& headers) {
  const auto type = headers.get("Content-Type");
  // JSON alone does not say which of two languages it is.
  if (!type.has_value()) return std::nullopt;
  if (const auto form = formOf(*type)) return form;
  if (bodyFormat(headers).has_value()) return PatchForm::kFhirpath;
  return std::nullopt;
}

std::expected<Patch, Issues> readPatch(PatchForm form, std::string text,
                                       const fhir::Definitions& definitions) {
  Patch patch;
  patch.form = form;
  if (form == PatchForm::kXml) {
    patch.xml = std::move(text);
  } else if (form == PatchForm::kJson) {
    auto document = json::parse(std::move(text));
    if (!document.has_value()) return refused(fhir::parseIssue(document.error()));
    patch.document = std::move(*document);
  } else {
    fhir::ReadOutcome read = fhir::readResource(std::move(text), definitions);
    if (!read.resource || fhir::hasErrors(read.issues))
      return std::unexpected(std::move(read.issues));
    patch.parameters = std::move(read.resource);
  }
  return patch;
}

std::expected<Patch, Issues> readPatch(const fhir::Resource& carrier) {
  if (carrier.type() != "Binary") {
    Patch patch;
    patch.form = PatchForm::kFhirpath;
    patch.parameters = carrier;
    return patch;
  }
  const std::string_view type = carrier.root().textOf("contentType");
  const auto form = formOf(type);
  auto data = base64Decode(carrier.root().textOf("data"));
  if (!form.has_value() || !data.has_value())
    return refused(fhir::makeIssue("PB-4040", {"Binary.contentType", "", {}},
                                   {"Binary", "data of type application/json-patch+json"}));
  return readPatch(*form, std::move(*data), carrier.definitions());
}

std::expected<fhir::Resource, Issues> applyPatch(const Patch& patch,
                                                 const fhir::Resource& resource) {
  fhir::Resource changed;
  if (patch.form == PatchForm::kFhirpath) {
    auto applied = applyFhirpathPatch(patch.parameters, resource);
    if (!applied.has_value()) return refused(std::move(applied.error()));
    changed = std::move(*applied);
  } else {
    std::string text;
    if (patch.form == PatchForm::kJson) {
      const auto applied = applyJsonPatch(patch.document, resource.document(), true);
      if (!applied.has_value()) return refused(applied.error());
      json::write(**applied, (*applied)->root(), text);
    } else {
      auto applied = fhir::applyXmlPatch(patch.xml, fhir::writeXml(resource).text);
      if (!applied.has_value()) return refused(std::move(applied.error()));
      text = std::move(*applied);
    }
    // What comes out is read like a body: a patch can make anything.
    fhir::ReadOutcome read = fhir::readResource(std::move(text), resource.definitions());
    if (!read.resource || fhir::hasErrors(read.issues))
      return std::unexpected(std::move(read.issues));
    changed = std::move(read.resource);
  }
  if (changed.type() != resource.type() || changed.id() != resource.id())
    return refused(fhir::makeIssue("PB-4052", {std::string(resource.type()) + ".id", "", {}}, {}));
  return changed;
}

int patchStatus(const Issues& issues) {
  const bool malformed = std::any_of(issues.begin(), issues.end(), [](const fhir::Issue& issue) {
    return std::find(kMalformed.begin(), kMalformed.end(), issue.code) != kMalformed.end();
  });
  return malformed ? 400 : 422;
}

}  // namespace planbro::service
