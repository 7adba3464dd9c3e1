#include "plan/journal_details.h"

#include "plan/journal_nodes.h"

namespace planbro::plan {
namespace {

using json::Node;

void put(JournalDetails::Row& row, std::string_view field, std::string_view text) {
  if (!text.empty()) row.emplace_back(field, text);
}

void putCoding(JournalDetails::Row& row, const Node& coding) {
  put(row, "system", textOf(&coding, "system"));
  put(row, "verdi", textOf(&coding, "code"));
  put(row, "navn", textOf(&coding, "display"));
}

}  // namespace

void JournalDetails::begin(std::string_view part, std::string_view key) {
  part_ = part;
  key_ = key;
}

JournalDetails::Row& JournalDetails::row(std::string_view element) {
  Row& made = rows_.emplace_back();
  put(made, "del", part_);
  put(made, "id", key_);
  put(made, "felt", element);
  return made;
}

void JournalDetails::value(std::string_view element, std::string_view text) {
  put(row(element), "verdi", text);
}

void JournalDetails::coding(std::string_view element, const Node& coding) {
  putCoding(row(element), coding);
}

void JournalDetails::codings(std::string_view element, const Node& concepts, bool with_text) {
  const std::string_view text = with_text ? textOf(&concepts, "text") : std::string_view();
  const auto all = itemsOf(&concepts, "coding");
  if (all.empty() && !text.empty()) put(row(element), "tekst", text);
  for (const Node& one : all) {
    Row& made = row(element);
    putCoding(made, one);
    if (&one == &all.front()) put(made, "tekst", text);
  }
}

void JournalDetails::identifier(const Node& identifier) {
  Row& made = row("identifier");
  put(made, "system", textOf(&identifier, "system"));
  put(made, "verdi", textOf(&identifier, "value"));
  put(made, "bruk", textOf(&identifier, "use"));
}

void JournalDetails::telecom(const Node& telecom) {
  Row& made = row("telecom");
  put(made, "system", textOf(&telecom, "system"));
  put(made, "verdi", textOf(&telecom, "value"));
  put(made, "bruk", textOf(&telecom, "use"));
}

void JournalDetails::annotation(std::string_view element, const Node& annotation) {
  Row& made = row(element);
  put(made, "tekst", textOf(&annotation, "text"));
  put(made, "tid", textOf(&annotation, "time"));
  put(made, "av", textOf(&annotation, "authorString"));
}

void JournalDetails::language(const Node& communication) {
  Row& made = row("communication");
  const Node* language = member(&communication, "language");
  if (const auto codings = itemsOf(language, "coding"); !codings.empty())
    putCoding(made, codings.front());
  put(made, "tekst", textOf(language, "text"));
  put(made, "bruk", textOf(&communication, "preferred"));
}

}  // namespace planbro::plan
