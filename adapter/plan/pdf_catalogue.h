// What a PDF says of itself and carries, which cairo 1.16 has no place for: its language, that it
// is tagged (for screen readers), and a file inside.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace planbro::plan {

// A file inside the PDF that it was made of. Names and description are ASCII.
struct PdfAttachment {
  std::string name;         // empty: there is none
  std::string media_type;   // "application/fhir+json"
  std::string description;  // for people
  std::string bytes;
  Instant modified;
};

// `pdf` as cairo writes it (one cross-reference table, the catalogue in plain text), with /Lang,
// /MarkInfo, the title shown instead of the file's name and the attachment as an associated file
// (/AF, relationship Source, as PDF/A-3 has it), as an incremental update. The attachment is stored
// as it is, so that mapping/embedded_file.h reads it back. ISO 32000-1, 7.5.6, 7.11.4, 14.9.2; ISO
// 32000-2, 14.13. kInternal: `pdf` looks otherwise.
Result<std::string> withCatalogue(std::string pdf, std::string_view language,
                                  const PdfAttachment& attachment);

}  // namespace planbro::plan
