#include "plan/xml_text.h"

namespace planbro::plan {

void appendXml(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
}

void XmlText::indent() { out_.append(open_.size() * 2, ' '); }

void XmlText::begin(std::string_view name, const Attributes& attributes) {
  indent();
  out_ += '<';
  out_ += name;
  for (const auto& [attribute, value] : attributes) {
    out_ += ' ';
    out_ += attribute;
    out_ += "=\"";
    appendXml(value, out_);
    out_ += '"';
  }
}

void XmlText::open(std::string_view name, const Attributes& attributes) {
  begin(name, attributes);
  out_ += ">\n";
  open_.emplace_back(name);
}

void XmlText::close() {
  const std::string name = std::move(open_.back());
  open_.pop_back();
  indent();
  out_ += "</" + name + ">\n";
}

void XmlText::element(std::string_view name, std::string_view text, const Attributes& attributes) {
  begin(name, attributes);
  out_ += '>';
  appendXml(text, out_);
  out_ += "</";
  out_ += name;
  out_ += ">\n";
}

void XmlText::optional(std::string_view name, std::string_view text) {
  if (!text.empty()) element(name, text);
}

void XmlText::empty(std::string_view name, const Attributes& attributes) {
  begin(name, attributes);
  out_ += "/>\n";
}

std::string XmlText::finish() && { return std::move(out_); }

}  // namespace planbro::plan
