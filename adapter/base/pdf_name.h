// Names as a PDF writes them, for what writes PDFs (plan/) and what reads them (mapping/).
// Source: ISO 32000-1:2008, 7.3.5.
#pragma once

#include <string>
#include <string_view>

namespace planbro {

// "application/pdf" as "/application#2Fpdf".
std::string pdfNameOf(std::string_view media_type);

}  // namespace planbro
