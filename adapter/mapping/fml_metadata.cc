#include "mapping/fml_metadata.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/fml_lexer.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {
namespace {

// What stands behind the equals sign: a quoted text, one in three quotation marks, a word.
std::string metadataValue(std::string_view value) {
  constexpr std::string_view kLongQuote = R"(""")";
  if (value.starts_with(kLongQuote) && value.size() >= 2 * kLongQuote.size())
    return std::string(trim(value.substr(kLongQuote.size(), value.size() - 2 * kLongQuote.size())));
  if (value.starts_with('\'') || value.starts_with('"')) {
    const auto tokens = lexFml(value);
    // Behind it a comment may stand.
    if (tokens && tokens->size() == 2 && tokens->front().isString()) return tokens->front().text;
  }
  return std::string(trim(value.substr(0, value.find(" //"))));
}

bool fits(std::string_view name, std::string_view value) {
  if (name == "status") return isPublicationStatus(value);
  if (name == "experimental") return isPrimitiveText("boolean", value);
  if (name == "date") return isPrimitiveText("dateTime", value);
  return true;
}

}  // namespace

void readFmlMetadata(std::string_view line, MapModel& map) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = trim(line.substr(0, equals));
  const std::pair<std::string_view, std::string*> known[] = {{"url", &map.url},
                                                             {"name", &map.name},
                                                             {"title", &map.title},
                                                             {"version", &map.version},
                                                             {"status", &map.status},
                                                             {"description", &map.description},
                                                             {"publisher", &map.publisher},
                                                             {"purpose", &map.purpose},
                                                             {"copyright", &map.copyright},
                                                             {"date", &map.date},
                                                             {"experimental", &map.experimental}};
  for (const auto& [wanted, place] : known) {
    if (name != wanted) continue;
    std::string value = metadataValue(trim(line.substr(equals + 1)));
    if (fits(name, value)) *place = std::move(value);
  }
}

}  // namespace planbro::mapping
