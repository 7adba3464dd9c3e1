#include "base/pdf_name.h"

namespace planbro {

std::string pdfNameOf(std::string_view media_type) {
  std::string name = "/";
  for (const char c : media_type) {
    if (c == '/') {
      name += "#2F";
    } else {
      name += c;
    }
  }
  return name;
}

}  // namespace planbro
