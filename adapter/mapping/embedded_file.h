// A file that a PDF carries: our PDFs carry the plan they show as a FHIR Bundle
// (plan/pdf_catalogue.h).
//
// Looks at PDFs with cross-reference tables, also where somebody added to them later (a signature,
// a comment). A PDF that another program wrote anew with compressed tables gives nothing. The bytes
// are hostile: nothing is executed or unpacked, every place and length is checked, every list is
// bounded.
// Source: ISO 32000-1, 7.5 (file structure), 7.11.4 (embedded files); ISO 32000-2, 14.13
// (associated files).
#pragma once

#include <optional>
#include <string_view>

namespace planbro::mapping {

// The first associated file of that media type, stored as it is; a view of `pdf`.
std::optional<std::string_view> embeddedFile(std::string_view pdf, std::string_view media_type);

}  // namespace planbro::mapping
