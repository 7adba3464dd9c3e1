// XML written element by element, in the order of the calls.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace planbro::plan {

// Appends the text as XML writes it between tags or in an attribute; characters that XML has no
// place for become blanks.
void appendXml(std::string_view text, std::string& out);

// One thread. Names are the caller's and taken as they are; texts are escaped, characters that XML
// has no place for become blanks.
class XmlText {
 public:
  using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

  void open(std::string_view name, const Attributes& attributes = {});
  void close();
  void element(std::string_view name, std::string_view text, const Attributes& attributes = {});
  // Nothing when the text is empty.
  void optional(std::string_view name, std::string_view text);
  void empty(std::string_view name, const Attributes& attributes);
  // Everything that is open must have been closed.
  std::string finish() &&;

 private:
  void begin(std::string_view name, const Attributes& attributes);
  void indent();

  std::string out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::vector<std::string> open_;
};

}  // namespace planbro::plan
