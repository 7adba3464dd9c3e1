// The three patch languages of FHIR on one resource: JSON Patch, FHIRPath Patch and XML Patch.
//
// A patch applies wholly or not at all. What it makes is a resource like any other: the checks of
// a write look at it before it is stored. The patch is hostile input: operations, values and depth
// are limited.
//
// Source: FHIR R4, http.html, section 3.1.0.8 (patch), fhirpatch.html; RFC 6902 (JSON Patch), RFC
// 6901 (JSON Pointer), RFC 5261 (XML Patch). Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"
#include "json/document.h"
#include "service/request.h"

namespace planbro::service {

enum class PatchForm : std::uint8_t { kJson, kFhirpath, kXml };

struct Patch {
  PatchForm form = PatchForm::kJson;
  json::DocumentPtr document;  // kJson: the array of operations
  fhir::Resource parameters;   // kFhirpath
  std::string xml;             // kXml: UTF-8, a diff element
};

// The form that a Content-Type names; nothing: 415.
std::optional<PatchForm> patchFormOf(const Headers& headers);

// What a client may send, for Accept-Patch and the capability statement.
std::span<const std::string_view> patchMediaTypes();

// The text of a patch; or what is wrong with it.
std::expected<Patch, std::vector<fhir::Issue>> readPatch(PatchForm form, std::string text,
                                                         const fhir::Definitions& definitions);
// A bundle's entry carries a patch as Parameters, or as Binary with its Content-Type.
std::expected<Patch, std::vector<fhir::Issue>> readPatch(const fhir::Resource& carrier);

// The resource as the patch leaves it, or why it cannot be applied. Its type and id stay.
std::expected<fhir::Resource, std::vector<fhir::Issue>> applyPatch(const Patch& patch,
                                                                   const fhir::Resource& resource);

// 400 for a patch that cannot be applied to anything, 422 for one that does not fit the resource.
int patchStatus(const std::vector<fhir::Issue>& issues);

// The parts, for any JSON document and any resource: the changed thing, or the first operation
// that cannot be applied. With `drop_emptied` arrays and objects that a removal left empty go too,
// since FHIR has none.
std::expected<json::DocumentPtr, fhir::Issue> applyJsonPatch(const json::DocumentPtr& patch,
                                                             const json::DocumentPtr& target,
                                                             bool drop_emptied = false);
std::expected<fhir::Resource, fhir::Issue> applyFhirpathPatch(const fhir::Resource& parameters,
                                                              const fhir::Resource& target);

}  // namespace planbro::service
