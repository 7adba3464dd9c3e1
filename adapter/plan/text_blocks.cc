#include "plan/text_blocks.h"

#include <algorithm>

#include "base/text.h"

namespace planbro::plan {
namespace {

class Reader {
 public:
  std::vector<TextBlock> run(std::string_view html) {
    while (!html.empty()) {
      if (html.front() == '<') {
        const std::size_t end = html.find('>');
        if (end == std::string_view::npos) break;
        tag(html.substr(1, end - 1));
        html.remove_prefix(end + 1);
      } else {
        const std::size_t end = std::min(html.find('<'), html.size());
        open_.markup += html.substr(0, end);
        html.remove_prefix(end);
      }
    }
    close();
    return std::move(blocks_);
  }

 private:
  void tag(std::string_view tag) {
    const bool ends = tag.starts_with('/');
    if (ends) tag.remove_prefix(1);
    const std::string_view name = tag.substr(0, tag.find_first_of(" /"));
    if (name == "b") {
      open_.markup += ends ? "</b>" : "<b>";
    } else if (name == "q") {
      open_.markup += ends ? "»" : "«";
    } else if (name == "br") {
      open_.markup += '\n';
    } else if (name == "li") {
      close();
      in_item_ = !ends;
      open_.kind = ends ? TextBlock::Kind::kParagraph : TextBlock::Kind::kItem;
    } else if (name == "blockquote") {
      close();
      in_quote_ = !ends;
      open_.kind = usual();
    } else if (name == "h1" || name == "h2") {
      close();
      open_.kind = ends           ? usual()
                   : name == "h1" ? TextBlock::Kind::kTitle
                                  : TextBlock::Kind::kHeading;
    } else if (name == "p" || name == "ul" || name == "div") {
      const bool new_item = open_.kind == TextBlock::Kind::kItem && trim(open_.markup).empty();
      close();
      open_.kind = new_item ? TextBlock::Kind::kItem : usual();
    }
  }

  TextBlock::Kind usual() const {
    if (in_item_) return TextBlock::Kind::kItemMore;
    return in_quote_ ? TextBlock::Kind::kQuote : TextBlock::Kind::kParagraph;
  }

  void close() {
    const std::string_view text = trim(open_.markup);
    if (!text.empty()) blocks_.push_back({open_.kind, std::string(text)});
    open_ = {};
  }

  std::vector<TextBlock> blocks_;
  TextBlock open_;
  bool in_item_ = false;
  bool in_quote_ = false;
};

}  // namespace

std::vector<TextBlock> textBlocks(std::string_view html) { return Reader().run(html); }

}  // namespace planbro::plan
