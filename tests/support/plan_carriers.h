// Files that carry a plan's Bundle, made of any bytes: PDF, message, archive package. Small ones,
// as mapping/embedded_file.h and mapping/source_bundle.h read them.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace planbro::testing_support {

// A PDF whose objects, numbered from 1, are these texts; the first one is the catalogue.
inline std::string pdfOf(const std::vector<std::string>& objects,
                         const std::string& more_trailer = "") {
  std::string pdf = "%PDF-1.7\n";
  std::string table = fmt::format("xref\n0 {}\n0000000000 65535 f \n", objects.size() + 1);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    table += fmt::format("{:010} 00000 n \n", pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  const std::size_t at = pdf.size();
  return pdf + table +
         fmt::format("trailer\n<< /Size {} /Root 1 0 R {} >>\nstartxref\n{}\n%%EOF\n",
                     objects.size() + 1, more_trailer, at);
}

// The objects of a PDF with an associated file of these bytes; `more` stands in its dictionary.
inline std::vector<std::string> pdfCarrying(std::string_view bytes, const std::string& more = "") {
  return {"<< /Type /Catalog /AF [2 0 R] >>",
          "<< /Type /Filespec /AFRelationship /Source /EF << /F 3 0 R >> >>",
          fmt::format("<< /Subtype /application#2Ffhir+json /Length {} {}>>\nstream\n{}\nendstream",
                      bytes.size(), more, bytes)};
}

// What an arkivmelding says of a file of its package.
inline std::string archiveObject(const std::string& name, const std::string& type,
                                 const std::string& bytes) {
  return "<dokumentobjekt><mimeType>" + type + "</mimeType><referanseDokumentfil>" + name +
         "</referanseDokumentfil><sjekksum>" + sha256Hex(bytes) +
         "</sjekksum><sjekksumAlgoritme>SHA-256</sjekksumAlgoritme></dokumentobjekt>";
}

// A MsgHead with these attachments, said to be PDFs.
inline std::string messageWith(const std::vector<std::string>& pdfs) {
  std::string xml = "<MsgHead xmlns=\"http://www.kith.no/xmlstds/msghead/2006-05-24\">";
  for (const std::string& pdf : pdfs)
    xml +=
        "<Document><RefDoc><MimeType>application/pdf</MimeType><Content><Base64Container "
        "xmlns=\"http://www.kith.no/xmlstds/base64container\">" +
        base64Encode(pdf) + "</Base64Container></Content></RefDoc></Document>";
  return xml + "</MsgHead>";
}

}  // namespace planbro::testing_support
