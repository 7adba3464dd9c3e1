#include "plan/page_writer.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <fmt/format.h>
#include <hb.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
// Fontconfig keeps some memory to the end of the process, and FcFini() may not be called while a
// thread of Pango's still looks for fonts.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
// What was suppressed is not told: a command's standard error is part of its contract.
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#endif

namespace planbro::plan {
namespace {

using Kind = TextBlock::Kind;

// In points: A4 (ISO 216).
constexpr double kPageWidth = 595.28;
constexpr double kPageHeight = 841.89;
constexpr double kMargin = 62;
constexpr double kFooterTop = kPageHeight - 42;
constexpr double kTextBottom = kPageHeight - 66;
constexpr double kIndent = 16;  // of list items and quotes
constexpr const char* kFontFamily = "DejaVu Sans";

struct Style {
  double size;     // points
  double above;    // space before the block, points
  double spacing;  // line height as a factor
  bool bold;
};

Style styleOf(Kind kind) {
  switch (kind) {
    case Kind::kTitle:
      return {20, 0, 1.2, true};
    case Kind::kHeading:
      return {13, 18, 1.25, true};
    case Kind::kItem:
      return {10, 7, 1.4, false};
    case Kind::kItemMore:
      return {10, 1, 1.4, false};
    case Kind::kParagraph:
    case Kind::kQuote:
      break;
  }
  return {10, 7, 1.4, false};
}

double indentOf(Kind kind) {
  return kind == Kind::kQuote || kind == Kind::kItem || kind == Kind::kItemMore ? kIndent : 0;
}

struct UnrefObject {
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using ObjectPtr = std::unique_ptr<T, UnrefObject>;
using LayoutPtr = ObjectPtr<PangoLayout>;

struct UnrefAttributes {
  void operator()(PangoAttrList* list) const { pango_attr_list_unref(list); }
};
struct FreeFont {
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};
struct FreeCairo {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};
struct FreeSurface {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};

bool hasFont(PangoFontMap* fonts) {
  PangoFontFamily** families = nullptr;
  int count = 0;
  pango_font_map_list_families(fonts, &families, &count);
  const bool found = std::any_of(families, families + count, [](PangoFontFamily* family) {
    return std::string_view(pango_font_family_get_name(family)) == kFontFamily;
  });
  g_free(families);
  return found;
}

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int size) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

// XML 1.0 has no place for control characters; Pango's markup neither.
std::string withoutControls(std::string_view markup) {
  std::string out;
  for (const char c : markup) out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
  return out;
}

class PageWriter {
 public:
  explicit PageWriter(const PageOptions& options) : options_(options) {}

  Result<std::string> write(std::span<const TextBlock> blocks) {
    PLANBRO_RETURN_IF_ERROR(place(blocks));
    std::string bytes;
    surface_.reset(cairo_pdf_surface_create_for_stream(&append, &bytes, kPageWidth, kPageHeight));
    cairo_pdf_surface_restrict_to_version(surface_.get(), CAIRO_PDF_VERSION_1_5);
    describe();
    cairo_.reset(cairo_create(surface_.get()));
    paint(blocks);
    cairo_surface_finish(surface_.get());
    const cairo_status_t status = cairo_status(cairo_.get());
    if (status != CAIRO_STATUS_SUCCESS)
      return fail(ErrorCode::kInternal,
                  std::string("the PDF was not made: ") + cairo_status_to_string(status));
    cairo_.reset();
    surface_.reset();
    return bytes;
  }

  Result<std::optional<MissingLetters>> missing(std::span<const TextBlock> blocks) {
    PLANBRO_RETURN_IF_ERROR(place(blocks));
    std::vector<gunichar> letters;
    std::optional<MissingLetters> found;
    for (std::size_t block = 0; block < layouts_.size(); ++block) {
      if (pango_layout_get_unknown_glyphs_count(layouts_[block].get()) == 0) continue;
      if (!found) found.emplace().block = block;
      addUnknown(*layouts_[block], letters);
    }
    if (letters.empty()) return std::nullopt;
    found->script = scriptOf(letters.front());
    for (const gunichar letter : letters) found->first += utf8(letter);
    return found;
  }

 private:
  // A line of a block, at its place.
  struct Line {
    std::size_t block = 0;
    int index = 0;  // in the block's layout
    std::size_t page = 0;
    double baseline = 0;
  };

  static void addUnknown(PangoLayout& layout, std::vector<gunichar>& letters) {
    for (GSList* line = pango_layout_get_lines_readonly(&layout); line != nullptr;
         line = line->next) {
      for (GSList* run = static_cast<PangoLayoutLine*>(line->data)->runs; run != nullptr;
           run = run->next) {
        const PangoGlyphString& glyphs = *static_cast<PangoGlyphItem*>(run->data)->glyphs;
        for (const PangoGlyphInfo& one :
             std::span(glyphs.glyphs, static_cast<std::size_t>(glyphs.num_glyphs))) {
          const gunichar letter = one.glyph & ~PANGO_GLYPH_UNKNOWN_FLAG;
          if ((one.glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0 && letters.size() < kLettersNamed &&
              std::find(letters.begin(), letters.end(), letter) == letters.end())
            letters.push_back(letter);
        }
      }
    }
  }

  static std::string scriptOf(gunichar letter) {
    const guint32 code = g_unicode_script_to_iso15924(g_unichar_get_script(letter));
    std::string name;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      name += static_cast<char>((code >> shift) & 0xFFU);
    return name;
  }

  static std::string utf8(gunichar letter) {
    std::array<char, 6> bytes{};
    const int size = g_unichar_to_utf8(letter, bytes.data());
    return {bytes.data(), static_cast<std::size_t>(size)};
  }

  Status place(std::span<const TextBlock> blocks) {
    fonts_.reset(pango_cairo_font_map_new());
    if (!hasFont(fonts_.get()))
      return fail(ErrorCode::kUnavailable,
                  "the font DejaVu Sans is not installed (Debian: fonts-dejavu-core)");
    context_.reset(pango_font_map_create_context(fonts_.get()));
    pango_context_set_language(context_.get(),
                               pango_language_from_string(options_.language.c_str()));
    // Outlines are placed where the design says, whatever a screen of some resolution would do.
    cairo_font_options_t* metrics = cairo_font_options_create();
    cairo_font_options_set_hint_style(metrics, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(metrics, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context_.get(), metrics);
    cairo_font_options_destroy(metrics);
    pango_cairo_context_set_resolution(context_.get(), 72);
    pango_context_set_round_glyph_positions(context_.get(), FALSE);
    breakLines(blocks);
    return {};
  }

  LayoutPtr layoutOf(const std::string& markup, double size, double width, double spacing,
                     bool bold) {
    LayoutPtr layout(pango_layout_new(context_.get()));
    const std::unique_ptr<PangoFontDescription, FreeFont> font(pango_font_description_new());
    pango_font_description_set_family_static(font.get(), kFontFamily);
    pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
    if (bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout.get(), font.get());
    if (width > 0) pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout.get(), static_cast<float>(spacing));
    pango_layout_set_markup(layout.get(), markup.c_str(), static_cast<int>(markup.size()));
    // No ligatures: each glyph stays the character it stands for.
    PangoAttrList* attributes = pango_layout_get_attributes(layout.get());
    const std::unique_ptr<PangoAttrList, UnrefAttributes> own(
        attributes == nullptr ? pango_attr_list_new() : pango_attr_list_copy(attributes));
    pango_attr_list_insert(own.get(), pango_attr_font_features_new("liga=0, clig=0"));
    pango_layout_set_attributes(layout.get(), own.get());
    return layout;
  }

  // Where every line goes. A heading stays with what follows it, and no page begins with the last
  // line of a paragraph or ends with its first when it has more than three.
  void breakLines(std::span<const TextBlock> blocks) {
    double y = kMargin;
    std::size_t page = 0;
    bool first = true;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const Style style = styleOf(blocks[i].kind);
      layouts_.push_back(layoutOf(withoutControls(blocks[i].markup), style.size,
                                  kPageWidth - 2 * kMargin - indentOf(blocks[i].kind),
                                  style.spacing, style.bold));
      const int lines = pango_layout_get_line_count(layouts_.back().get());
      const double height = style.size * style.spacing;
      if (!first) y += style.above;
      const bool heading = blocks[i].kind == Kind::kHeading || blocks[i].kind == Kind::kTitle;
      const int together = heading ? lines + 3 : std::min(lines, 2);
      if (y + together * height > kTextBottom && !first) {
        y = kMargin;
        ++page;
      }
      for (int line = 0; line < lines; ++line) {
        const bool before_last = lines > 3 && line == lines - 2;
        if (y + (before_last ? 2 : 1) * height > kTextBottom) {
          y = kMargin;
          ++page;
        }
        lines_.push_back({i, line, page, y + height * 0.75});
        y += height;
        first = false;
      }
    }
    pages_ = page + 1;
  }

  void describe() {
    const std::string created = formatInstant(options_.created);
    cairo_surface_t* pdf = surface_.get();
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE, options_.title.c_str());
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_AUTHOR, options_.author.c_str());
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATOR, "Planbro");
    const std::string seconds = created.substr(0, 19) + "Z";
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, seconds.c_str());
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_MOD_DATE, seconds.c_str());
  }

  void begin(const char* tag, const char* attributes = "") {
    cairo_tag_begin(cairo_.get(), tag, attributes);
  }
  void end(const char* tag) { cairo_tag_end(cairo_.get(), tag); }

  void paint(std::span<const TextBlock> blocks) {
    std::size_t page = 0;
    bool in_list = false;
    bool in_item = false;
    const auto leaveItem = [&] {
      if (in_item) end("LI");
      in_item = false;
    };
    const auto leaveList = [&] {
      leaveItem();
      if (in_list) end("L");
      in_list = false;
    };
    std::size_t at = 0;
    begin("Document");
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const Kind kind = blocks[i].kind;
      const bool item = kind == Kind::kItem || kind == Kind::kItemMore;
      if (!item) leaveList();
      turnTo(at < lines_.size() && lines_[at].block == i ? lines_[at].page : page, page);
      if (item && !in_list) {
        begin("L");
        in_list = true;
      }
      if (kind == Kind::kItem || (item && !in_item)) {
        leaveItem();
        begin("LI");
        in_item = true;
        begin("Lbl");
        bullet(lines_[at].baseline);
        end("Lbl");
      }
      const char* tag = tagOf(kind);
      const bool outlined = kind == Kind::kHeading;
      const std::string destination = fmt::format("h{}", i);
      if (outlined)
        begin(CAIRO_TAG_DEST, fmt::format("name='{}' x={:.2f} y={:.2f}", destination, kMargin,
                                          std::max(0.0, lines_[at].baseline - 24))
                                  .c_str());
      begin(tag);
      for (; at < lines_.size() && lines_[at].block == i; ++at) {
        if (lines_[at].page != page) {
          // A paragraph that goes on overleaf is a second element there.
          end(tag);
          turnTo(lines_[at].page, page);
          begin(tag);
        }
        line(lines_[at], indentOf(kind));
      }
      end(tag);
      if (outlined) {
        end(CAIRO_TAG_DEST);
        const char* text = pango_layout_get_text(layouts_[i].get());
        cairo_pdf_surface_add_outline(surface_.get(), CAIRO_PDF_OUTLINE_ROOT, text,
                                      fmt::format("dest='{}'", destination).c_str(),
                                      static_cast<cairo_pdf_outline_flags_t>(0));
      }
    }
    leaveList();
    end("Document");
    footer(page);
    cairo_show_page(cairo_.get());
  }

  static const char* tagOf(Kind kind) {
    switch (kind) {
      case Kind::kTitle:
        return "H1";
      case Kind::kHeading:
        return "H2";
      case Kind::kQuote:
        return "BlockQuote";
      case Kind::kItem:
      case Kind::kItemMore:
        return "LBody";
      case Kind::kParagraph:
        break;
    }
    return "P";
  }

  void turnTo(std::size_t wanted, std::size_t& page) {
    for (; page < wanted; ++page) {
      footer(page);
      cairo_show_page(cairo_.get());
    }
  }

  void line(const Line& line, double indent) {
    PangoLayout* layout = layouts_[line.block].get();
    double x = kMargin + indent;
    const bool goes_on = line.index + 1 < pango_layout_get_line_count(layout);
    for (GSList* run = pango_layout_get_line_readonly(layout, line.index)->runs; run != nullptr;
         run = run->next)
      x += glyphs(*static_cast<PangoGlyphItem*>(run->data), pango_layout_get_text(layout), x,
                  line.baseline, goes_on && run->next == nullptr);
  }

  // Where a character is a glyph, glyphs alone are written: the PDF tells their characters by its
  // own table, which every reader understands. Other scripts need the text beside the glyphs.
  // Returns the width.
  double glyphs(PangoGlyphItem& run, const char* text, double x, double baseline, bool with_blank) {
    cairo_move_to(cairo_.get(), x, baseline);
    switch (static_cast<PangoScript>(run.item->analysis.script)) {
      case PANGO_SCRIPT_COMMON:
      case PANGO_SCRIPT_LATIN:
      case PANGO_SCRIPT_GREEK:
      case PANGO_SCRIPT_CYRILLIC:
        show(run, with_blank);
        break;
      default:
        pango_cairo_show_glyph_item(cairo_.get(), text, &run);
    }
    return static_cast<double>(pango_glyph_string_get_width(run.glyphs)) / PANGO_SCALE;
  }

  // Pango draws no blank where it broke the line; text that is read out or copied needs it. It must
  // stand with other glyphs: cairo drops a drawing without ink.
  void show(const PangoGlyphItem& run, bool with_blank) {
    PangoFont* font = run.item->analysis.font;
    PangoGlyphString* glyphs = pango_glyph_string_copy(run.glyphs);
    hb_codepoint_t blank = 0;
    if (with_blank && hb_font_get_nominal_glyph(pango_font_get_hb_font(font), ' ', &blank) != 0) {
      const int count = glyphs->num_glyphs;
      const bool empty_at_end = count > 0 && glyphs->glyphs[count - 1].glyph == PANGO_GLYPH_EMPTY;
      if (!empty_at_end) pango_glyph_string_set_size(glyphs, count + 1);
      PangoGlyphInfo& last = glyphs->glyphs[glyphs->num_glyphs - 1];
      last = {};
      last.glyph = blank;
    }
    pango_cairo_show_glyph_string(cairo_.get(), font, glyphs);
    pango_glyph_string_free(glyphs);
  }

  void bullet(double baseline) {
    const LayoutPtr dot = layoutOf("•", 10, 0, 1, false);
    cairo_move_to(cairo_.get(), kMargin + 3, baseline);
    pango_cairo_show_layout_line(cairo_.get(), pango_layout_get_line_readonly(dot.get(), 0));
  }

  void footer(std::size_t page) {
    const std::string number = fmt::format(fmt::runtime(options_.page), page + 1, pages_);
    // Outside of every tag: whoever has the page read out does not hear it on each.
    cairo_set_source_rgb(cairo_.get(), 0.3, 0.3, 0.3);
    small(options_.footer, false);
    small(number, true);
    cairo_set_source_rgb(cairo_.get(), 0, 0, 0);
  }

  void small(const std::string& text, bool at_right) {
    const LayoutPtr layout = layoutOf("", 8, 0, 1, false);
    pango_layout_set_text(layout.get(), text.c_str(), static_cast<int>(text.size()));
    int width = 0;
    pango_layout_get_size(layout.get(), &width, nullptr);
    const double x =
        at_right ? kPageWidth - kMargin - static_cast<double>(width) / PANGO_SCALE : kMargin;
    cairo_move_to(cairo_.get(), x, kFooterTop);
    pango_cairo_show_layout_line(cairo_.get(), pango_layout_get_line_readonly(layout.get(), 0));
  }

  const PageOptions& options_;
  ObjectPtr<PangoFontMap> fonts_;
  ObjectPtr<PangoContext> context_;
  std::unique_ptr<cairo_surface_t, FreeSurface> surface_;
  std::unique_ptr<cairo_t, FreeCairo> cairo_;
  std::vector<LayoutPtr> layouts_;
  std::vector<Line> lines_;
  std::size_t pages_ = 1;
};

}  // namespace

Result<std::string> writePages(std::span<const TextBlock> blocks, const PageOptions& options) {
  PLANBRO_ASSIGN_OR_RETURN(std::string bytes, PageWriter(options).write(blocks));
  return withCatalogue(std::move(bytes), options.language, options.attachment);
}

Result<std::optional<MissingLetters>> missingLetters(std::span<const TextBlock> blocks,
                                                     const PageOptions& options) {
  return PageWriter(options).missing(blocks);
}

}  // namespace planbro::plan
