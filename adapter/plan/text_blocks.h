// The narrative's XHTML as a sequence of blocks, for outputs that are no browser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace planbro::plan {

struct TextBlock {
  enum class Kind : std::uint8_t { kTitle, kHeading, kParagraph, kQuote, kItem, kItemMore };
  Kind kind = Kind::kParagraph;
  // Escaped as XML; what remains of the markup is <b>. Lines are separated by '\n'.
  std::string markup;
};

// `html` is what planNarrative() and planSections() write: h1, h2, p, b, q, br, ul, li, blockquote,
// div. kItem begins a list item, kItemMore is a further paragraph of the item before it. Unknown
// tags are passed over and their text is kept; never fails.
std::vector<TextBlock> textBlocks(std::string_view html);

}  // namespace planbro::plan
