// Text blocks as a tagged PDF: A4 pages, headings, lists, fonts embedded, page numbers, outline.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "plan/pdf_catalogue.h"
#include "plan/text_blocks.h"

namespace planbro::plan {

struct PageOptions {
  std::string title;
  std::string author;
  std::string language;  // BCP 47, "nb-NO"
  std::string footer;    // left of the page number
  std::string page;      // "Side {} av {}"
  Instant created;
  PdfAttachment attachment;
};

// The PDF's bytes; the same blocks, options and fonts give the same bytes. Any thread.
// kUnavailable: the font (DejaVu Sans) is not installed. Structure as ISO 32000-1, 14.8: H1, H2, P,
// BlockQuote, L with LI; the document's language
// is in its catalogue, the attachment among its associated files.
Result<std::string> writePages(std::span<const TextBlock> blocks, const PageOptions& options);

// Letters that no font of this machine has: they would stand on the pages as boxes.
struct MissingLetters {
  std::string first;      // at most kLettersNamed of them, UTF-8
  std::string script;     // of the first one, ISO 15924: "Hani"
  std::size_t block = 0;  // where the first one stands
};
inline constexpr std::size_t kLettersNamed = 8;
// Nothing: every letter can be shown. kUnavailable as writePages().
Result<std::optional<MissingLetters>> missingLetters(std::span<const TextBlock> blocks,
                                                     const PageOptions& options);

}  // namespace planbro::plan
