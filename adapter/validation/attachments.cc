// Attachment: what it says of its data agrees with them.
// Source: FHIR R4, datatypes.html, section 2.24.1.2.
#include <charconv>

#include "base/digest.h"
#include "validation/walk.h"

namespace planbro::validation {

void Walk::checkAttachment(const fhir::Element& attachment, Spot spot) {
  const fhir::Element size = attachment.child("size");
  const fhir::Element data = attachment.child("data");
  if (!size.hasValue() || !data.hasValue()) return;
  const auto bytes = base64Decode(data.text());
  std::size_t said = 0;
  const std::string_view text = size.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), said);
  if (!bytes.has_value() || error != std::errc() || said == bytes->size()) return;
  reporter_.add("PB-1211", spot.link, size.value(),
                {std::string(text), std::to_string(bytes->size())});
}

}  // namespace planbro::validation
