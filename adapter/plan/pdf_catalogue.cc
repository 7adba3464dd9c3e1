#include "plan/pdf_catalogue.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

#include "base/pdf_name.h"

namespace planbro::plan {
namespace {

// The number behind the last `name` in `text`.
std::optional<std::size_t> numberBehind(std::string_view text, std::string_view name) {
  const std::size_t at = text.rfind(name);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(at + name.size());
  while (rest.starts_with(' ') || rest.starts_with('\n')) rest.remove_prefix(1);
  std::size_t number = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

// "2026-11-22T12:36:00.000Z" as "D:20261122123600Z".
std::string dateOf(Instant instant) {
  std::string date = "D:";
  constexpr std::size_t kSeconds = 19;
  for (const char c : formatInstant(instant).substr(0, kSeconds)) {
    if (c >= '0' && c <= '9') date += c;
  }
  return date + "Z";
}

// Objects in plain text that stand behind a PDF and take the place of its own.
class Update {
 public:
  explicit Update(std::string pdf) : pdf_(std::move(pdf)) {}

  bool begin() {
    const std::size_t trailer_at = pdf_.rfind("trailer");
    if (trailer_at == std::string::npos) return false;
    const std::string_view trailer = std::string_view(pdf_).substr(trailer_at);
    const auto size = numberBehind(trailer, "/Size");
    const auto root = numberBehind(trailer, "/Root");
    const auto info = numberBehind(trailer, "/Info");
    const auto previous = numberBehind(trailer, "startxref");
    if (!size || !root || !info || !previous) return false;
    size_ = *size;
    root_ = *root;
    info_ = *info;
    previous_ = *previous;
    if (!pdf_.ends_with('\n')) pdf_ += '\n';
    return true;
  }
  std::size_t root() const { return root_; }
  std::size_t newNumber() { return size_++; }

  // What stands between << and >> of a dictionary as cairo writes it.
  std::optional<std::string> dictionary(std::size_t number) const {
    const std::string head = fmt::format("\n{} 0 obj\n<<", number);
    const std::size_t begin = pdf_.find(head);
    if (begin == std::string::npos) return std::nullopt;
    const std::size_t end = pdf_.find(">>\nendobj", begin);
    if (end == std::string::npos) return std::nullopt;
    return pdf_.substr(begin + head.size(), end - begin - head.size());
  }

  void add(std::size_t number, std::string_view text) {
    places_[number] = pdf_.size();
    pdf_ += fmt::format("{} 0 obj\n{}\nendobj\n", number, text);
  }

  std::string finish() && {
    const std::size_t table_at = pdf_.size();
    pdf_ += "xref\n";
    for (const auto& [number, place] : places_)
      pdf_ += fmt::format("{} 1\n{:010} 00000 n \n", number, place);
    pdf_ += fmt::format("trailer\n<< /Size {} /Root {} 0 R /Info {} 0 R /Prev {} >>\n", size_,
                        root_, info_, previous_);
    pdf_ += fmt::format("startxref\n{}\n%%EOF\n", table_at);
    return std::move(pdf_);
  }

 private:
  std::string pdf_;
  std::map<std::size_t, std::size_t> places_;
  std::size_t size_ = 0, root_ = 0, info_ = 0, previous_ = 0;
};

// The attachment and its entry among the PDF's names. False: the names look otherwise.
bool attach(const PdfAttachment& file, Update& update, std::string& catalogue) {
  const std::size_t stream = update.newNumber();
  const std::size_t specification = update.newNumber();
  const std::string type = pdfNameOf(file.media_type);
  update.add(stream, fmt::format("<< /Type /EmbeddedFile /Subtype {} /Length {} /Params << /Size {}"
                                 " /ModDate ({}) >> >>\nstream\n{}\nendstream",
                                 type, file.bytes.size(), file.bytes.size(), dateOf(file.modified),
                                 file.bytes));
  update.add(specification,
             fmt::format("<< /Type /Filespec /F ({}) /UF ({}) /Desc ({}) /AFRelationship /Source"
                         " /EF << /F {} 0 R /UF {} 0 R >> >>",
                         file.name, file.name, file.description, stream, stream));
  catalogue += fmt::format("   /AF [{} 0 R]\n   /Version /1.7\n", specification);
  const std::string entry =
      fmt::format("/EmbeddedFiles << /Names [({}) {} 0 R] >>", file.name, specification);
  const auto names = numberBehind(catalogue, "/Names");
  if (!names) {
    catalogue += fmt::format("   /Names << {} >>\n", entry);
    return true;
  }
  const auto other = update.dictionary(*names);
  if (!other) return false;
  update.add(*names, fmt::format("<<{} {} >>", *other, entry));
  return true;
}

}  // namespace

Result<std::string> withCatalogue(std::string pdf, std::string_view language,
                                  const PdfAttachment& attachment) {
  const auto otherwise = [] { return fail(ErrorCode::kInternal, "the PDF is not as expected"); };
  Update update(std::move(pdf));
  if (!update.begin()) return otherwise();
  auto catalogue = update.dictionary(update.root());
  if (!catalogue || !catalogue->contains("/Type /Catalog")) return otherwise();
  if (!catalogue->contains("/MarkInfo")) *catalogue += "   /MarkInfo << /Marked true >>\n";
  *catalogue +=
      fmt::format("   /Lang ({})\n   /ViewerPreferences << /DisplayDocTitle true >>\n", language);
  if (!attachment.name.empty() && !attach(attachment, update, *catalogue)) return otherwise();
  update.add(update.root(), fmt::format("<<{}>>", *catalogue));
  return std::move(update).finish();
}

}  // namespace planbro::plan
