#include "fhir/xml_tree.h"

#include <iconv.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <array>
#include <cstring>
#include <mutex>

#include "base/limits.h"
#include "base/text.h"
#include "fhir/xml.h"

namespace planbro::fhir {
namespace {

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

constexpr std::string_view kSpace = " \t\r\n";

// Looks over the tags before libxml2 does: it compares every attribute of a tag with every other,
// and would read a document type declaration before telling of it.
std::optional<XmlFault> faultOfTags(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find('<', at)) != std::string_view::npos) {
    const std::string_view rest = text.substr(at);
    const auto offset = static_cast<std::uint32_t>(at);
    std::string_view end = {};
    if (rest.starts_with("<!--")) {
      end = "-->";
    } else if (rest.starts_with("<![CDATA[")) {
      end = "]]>";
    } else if (rest.starts_with("<?")) {
      end = "?>";
    } else if (rest.starts_with("<!")) {
      return XmlFault{"PB-0116", "a document type declaration or entity is not allowed", offset};
    }
    if (!end.empty()) {
      at = text.find(end, at + 2);
      if (at == std::string_view::npos) return std::nullopt;  // libxml2 says what is wrong
      continue;
    }
    std::size_t attributes = 0;
    for (++at; at < text.size() && text[at] != '>' && text[at] != '<'; ++at) {
      if (text[at] != '"' && text[at] != '\'') continue;
      if (++attributes > kMaxXmlAttributes)
        return XmlFault{"PB-0117", "a tag has more than 50 attributes", offset};
      const std::size_t close = text.find(text[at], at + 1);
      if (close == std::string_view::npos) return std::nullopt;
      if (close - at > kMaxXmlTextBytes)
        return XmlFault{"PB-0117", "a value has more than 10,000,000 bytes", offset};
      at = close;
    }
  }
  return std::nullopt;
}

}  // namespace

struct XmlTree::Parser {
  struct Free {
    void operator()(xmlParserCtxtPtr held) const { xmlFreeParserCtxt(held); }
  };
  std::unique_ptr<xmlParserCtxt, Free> context;
};

// Receives libxml2's events; `user` of its callbacks.
class XmlHandler {
 public:
  XmlHandler(XmlTree& tree, xmlParserCtxtPtr context, std::string_view text,
             std::uint32_t max_depth)
      : tree_(tree), context_(context), text_(text), max_depth_(max_depth) {}

  static xmlSAXHandler callbacks() {
    xmlSAXHandler sax{};
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = [](void* user, const xmlChar* name, const xmlChar* prefix,
                            const xmlChar* uri, int, const xmlChar**, int count, int,
                            const xmlChar** attributes) {
      static_cast<XmlHandler*>(user)->start(name, prefix, uri, count, attributes);
    };
    sax.endElementNs = [](void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
      static_cast<XmlHandler*>(user)->end();
    };
    sax.characters = [](void* user, const xmlChar* text, int size) {
      static_cast<XmlHandler*>(user)->characters(text, size);
    };
    sax.cdataBlock = sax.characters;
    sax.internalSubset = [](void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
      static_cast<XmlHandler*>(user)->stop("PB-0116", "a document type declaration is not allowed");
    };
    sax.serror = [](void* user, xmlErrorPtr error) {
      static_cast<XmlHandler*>(user)->complain(*error);
    };
    return sax;
  }

  std::optional<XmlFault> fault() { return std::move(fault_); }

 private:
  std::uint32_t position() const {
    const xmlParserInput& input = *context_->input;
    return static_cast<std::uint32_t>(input.consumed +
                                      static_cast<unsigned long>(input.cur - input.base));
  }

  // A value without references still lies in the parser's buffer, and so in our text.
  std::string_view keep(const xmlChar* begin, const xmlChar* end) {
    const auto size = static_cast<std::size_t>(end - begin);
    const xmlParserInput& input = *context_->input;
    if (begin >= input.base && begin < input.end) {
      const std::size_t offset = input.consumed + static_cast<unsigned long>(begin - input.base);
      if (offset + size <= text_.size() &&
          (size == 0 || std::memcmp(text_.data() + offset, begin, size) == 0))
        return text_.substr(offset, size);
    }
    // libxml2 keeps every ampersand of an attribute as "&#38;" unless it may resolve entities of
    // the document's own, which it never may here.
    constexpr std::string_view kAmpersand = "&#38;";
    const std::string_view value(reinterpret_cast<const char*>(begin), size);
    if (value.find(kAmpersand) == std::string_view::npos) return tree_.arena_.copy(value);
    std::string plain;
    for (std::size_t i = 0; i < value.size(); ++i) {
      plain += value[i];
      if (value.substr(i).starts_with(kAmpersand)) i += kAmpersand.size() - 1;
    }
    return tree_.arena_.copy(plain);
  }

  void start(const xmlChar* name, const xmlChar* prefix, const xmlChar* uri, int count,
             const xmlChar** attributes) {
    if (fault_) return;
    if (inside_narrative_ > 0) {
      ++inside_narrative_;
      return;
    }
    const auto begin = static_cast<std::uint32_t>(text_.rfind('<', position()));
    if (open_.size() >= max_depth_) {
      stop("PB-0104", "elements are nested deeper than " + std::to_string(max_depth_) + " levels");
      return;
    }
    XmlElement element;
    element.name = view(name);
    element.name_space = view(uri);
    element.prefixed = prefix != nullptr;
    element.offset = begin;
    element.first_attribute = static_cast<std::uint32_t>(tree_.attributes_.size());
    element.attributes = static_cast<std::uint16_t>(count);
    for (int i = 0; i < count; ++i) {
      const xmlChar** one = attributes + static_cast<std::ptrdiff_t>(i) * 5;
      tree_.attributes_.push_back({view(one[0]), keep(one[3], one[4]), one[1] != nullptr});
    }
    const auto index = static_cast<std::uint32_t>(tree_.elements_.size());
    if (!open_.empty()) {
      Open& parent = open_.back();
      if (parent.last_child == XmlElement::kNone) {
        tree_.elements_[parent.element].first_child = index;
      } else {
        tree_.elements_[parent.last_child].next = index;
      }
      parent.last_child = index;
    }
    const bool narrative = element.name == "div" && !open_.empty();
    tree_.elements_.push_back(element);
    open_.push_back({index, XmlElement::kNone});
    if (narrative) inside_narrative_ = 1;
  }

  void end() {
    if (fault_) return;
    if (inside_narrative_ > 0 && --inside_narrative_ > 0) return;
    tree_.elements_[open_.back().element].end = position();
    open_.pop_back();
  }

  void characters(const xmlChar* text, int size) {
    if (fault_ || inside_narrative_ > 0 || open_.empty()) return;
    XmlElement& element = tree_.elements_[open_.back().element];
    const std::string_view piece(reinterpret_cast<const char*>(text),
                                 static_cast<std::size_t>(size));
    if (!element.text.empty() || piece.find_first_not_of(kSpace) == std::string_view::npos) return;
    element.text = tree_.arena_.copy(piece);
  }

  void complain(const xmlError& error) {
    if (fault_ || error.level < XML_ERR_ERROR) return;
    // Namespace faults are errors to people, though libxml2 could go on.
    std::string_view code = "PB-0110";
    if (error.code == XML_ERR_INVALID_ENCODING || error.code == XML_ERR_INVALID_CHAR ||
        error.code == XML_I18N_CONV_FAILED)
      code = "PB-0103";
    if (error.code == XML_ERR_DOCUMENT_EMPTY) code = "PB-0106";
    stop(code, std::string(trim(error.message == nullptr ? "" : error.message)));
  }

  void stop(std::string_view code, std::string reason) {
    if (!fault_) fault_ = XmlFault{code, std::move(reason), position()};
    xmlStopParser(context_);
  }

  struct Open {
    std::uint32_t element;
    std::uint32_t last_child;
  };

  XmlTree& tree_;
  xmlParserCtxtPtr context_;
  std::string_view text_;
  std::uint32_t max_depth_;
  std::vector<Open> open_;
  std::uint32_t inside_narrative_ = 0;
  std::optional<XmlFault> fault_;
};

XmlTree::XmlTree() : parser_(std::make_unique<Parser>()) {}
XmlTree::~XmlTree() = default;

std::optional<XmlFault> XmlTree::parse(std::string_view text, std::uint32_t max_depth) {
  static std::once_flag once;
  std::call_once(once, [] { xmlInitParser(); });
  if (text.size() > kMaxDocumentBytes)
    return XmlFault{"PB-0102", "at most " + std::to_string(kMaxDocumentBytes) + " bytes are read",
                    0};
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return XmlFault{"PB-0106", "", 0};
  // Checked here, or libxml2 would guess at an encoding from the first bytes.
  if (text[first] != '<')
    return XmlFault{"PB-0110", "it does not begin with an element",
                    static_cast<std::uint32_t>(first)};
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return XmlFault{"PB-0103", "it contains the character NUL", static_cast<std::uint32_t>(nul)};
  if (auto fault = faultOfTags(text)) return fault;

  xmlParserCtxtPtr context = xmlCreateMemoryParserCtxt(text.data(), static_cast<int>(text.size()));
  if (context == nullptr) return XmlFault{"PB-0110", "the parser could not be made", 0};
  parser_->context.reset(context);
  xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
  XmlHandler handler(*this, context, text, max_depth);
  *context->sax = XmlHandler::callbacks();
  context->userData = &handler;
  elements_.reserve(text.size() / 40 + 8);
  attributes_.reserve(text.size() / 50 + 8);
  xmlParseDocument(context);
  if (auto fault = handler.fault()) return fault;
  if (context->wellFormed == 0 || elements_.empty())
    return XmlFault{"PB-0110", "it is not well-formed", static_cast<std::uint32_t>(text.size())};
  return std::nullopt;
}

namespace {

// The encoding the text says it has; "" if it says none.
std::string declaredEncoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const std::string_view declaration = text.substr(0, text.find("?>"));
  const std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  const std::size_t open = declaration.find_first_of("\"'", at);
  if (open == std::string_view::npos) return {};
  const std::size_t close = declaration.find(declaration[open], open + 1);
  if (close == std::string_view::npos) return {};
  return toLowerAscii(declaration.substr(open + 1, close - open - 1));
}

constexpr std::array<std::string_view, 6> kEncodings = {"iso-8859-1",   "iso-8859-15", "latin1",
                                                        "windows-1252", "us-ascii",    "ascii"};

std::optional<XmlFault> convert(std::string& text, const char* from) {
  const iconv_t converter = iconv_open("UTF-8", from);
  if (converter == reinterpret_cast<iconv_t>(-1))
    return XmlFault{"PB-0103", std::string("the encoding ") + from + " is not known", 0};
  std::string out(text.size() * 3 + 16, '\0');
  char* in_at = text.data();
  std::size_t in_left = text.size();
  char* out_at = out.data();
  std::size_t out_left = out.size();
  const std::size_t result = iconv(converter, &in_at, &in_left, &out_at, &out_left);
  iconv_close(converter);
  if (result == static_cast<std::size_t>(-1))
    return XmlFault{"PB-0103", std::string("a byte is not ") + from,
                    static_cast<std::uint32_t>(in_at - text.data())};
  out.resize(out.size() - out_left);
  text = std::move(out);
  return std::nullopt;
}

}  // namespace

std::optional<XmlFault> decodeXml(std::string& text) {
  if (text.size() > kMaxDocumentBytes)
    return XmlFault{"PB-0102", "at most " + std::to_string(kMaxDocumentBytes) + " bytes are read",
                    0};
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.erase(0, 3);
  } else if (text.starts_with("\xFF\xFE") || text.starts_with(std::string_view("<\0", 2))) {
    if (text[0] == '\xFF') text.erase(0, 2);
    return convert(text, "UTF-16LE");
  } else if (text.starts_with("\xFE\xFF") || text.starts_with(std::string_view("\0<", 2))) {
    if (text[0] == '\xFE') text.erase(0, 2);
    return convert(text, "UTF-16BE");
  }
  const std::string encoding = declaredEncoding(text);
  if (encoding.empty() || encoding == "utf-8" || encoding == "utf8") return std::nullopt;
  for (const std::string_view known : kEncodings) {
    if (encoding == known) return convert(text, encoding.c_str());
  }
  return XmlFault{"PB-0103", "the declared encoding is not one that is read, or not the real one",
                  0};
}

bool isWellFormedElement(std::string_view text) {
  constexpr std::uint32_t kNarrativeDepth = 200;
  if (!text.starts_with('<') || text.starts_with("<?")) return false;
  XmlTree tree;
  return !tree.parse(text, kNarrativeDepth);
}

}  // namespace planbro::fhir
