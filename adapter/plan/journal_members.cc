#include "plan/journal_members.h"

#include <string>

#include "plan/journal_nodes.h"

namespace planbro::plan {
namespace {

using json::Node;

// The number of members that say something: what a form takes over must be all there is.
bool saysOnly(const Node& node, std::size_t members) { return node.size == members; }

// As the maps tell them apart by the first digit: 0 to 3, 4 to 7, 8 and 9.
std::string personNumberSystem(std::string_view number) {
  const char first = number.empty() ? '0' : number.front();
  return std::string("urn:oid:2.16.578.1.12.4.1.4.") + (first < '4'   ? '1'
                                                        : first < '8' ? '2'
                                                                      : '3');
}

}  // namespace

void JournalMembers::put(std::string_view name, std::string_view value) {
  if (!value.empty()) out_.key(name).string(value);
}

void JournalMembers::text(std::string_view name, const Node* node, std::string_view from) {
  put(name, textOf(node, from));
}

void JournalMembers::allTexts(std::string_view name, const Node* node, std::string_view from) {
  const auto items = itemsOf(node, from);
  if (items.empty()) return;
  out_.key(name).beginArray();
  for (const Node& item : items) out_.string(item.text());
  out_.endArray();
}

void JournalMembers::texts(std::string_view name, const Node* node, std::string_view from) {
  if (lists_ == Lists::kWhole) return allTexts(name, node, from);
  const auto items = itemsOf(node, from);
  if (items.empty()) return;
  out_.key(name).beginArray();
  out_.string(items.front().text());
  out_.endArray();
  for (const Node& item : items.subspan(1)) details_.value(from, item.text());
}

void JournalMembers::word(std::string_view name, std::string_view map, std::string_view code) {
  put(name, words_.wordFor(map, "", code));
}

void JournalMembers::codingWord(std::string_view name, const Node* node, std::string_view from,
                                std::string_view map) {
  const Node* coding = member(node, from);
  if (coding == nullptr) return;
  const std::string_view found = words_.exactWordFor(map, *coding);
  put(name, found);
  if (found.empty()) details_.coding(from, *coding);
}

void JournalMembers::codeable(std::string_view name, std::string_view text_name, const Node* node,
                              std::string_view from, std::string_view map) {
  const Node* concepts = member(node, from);
  if (concepts == nullptr) return;
  const std::string_view text = textOf(concepts, "text");
  if (!text_name.empty()) put(text_name, text);
  const bool text_is_left = text_name.empty() && !text.empty();
  const auto codings = itemsOf(concepts, "coding");
  const std::string_view found = codings.size() == 1 && !text_is_left
                                     ? words_.exactWordFor(map, codings.front())
                                     : std::string_view();
  put(name, found);
  if (found.empty()) details_.codings(from, *concepts, text_is_left);
}

void JournalMembers::codeables(std::string_view name, const Node* node, std::string_view from,
                               std::string_view map) {
  bool open = false;
  for (const Node& item : itemsOf(node, from)) {
    const auto codings = itemsOf(&item, "coding");
    const bool is_plain = codings.size() == 1 && saysOnly(item, 1);
    const std::string_view found =
        is_plain ? words_.exactWordFor(map, codings.front()) : std::string_view();
    if (found.empty() || (open && lists_ == Lists::kFirst)) {
      details_.codings(from, item, true);
      continue;
    }
    if (!open) out_.key(name).beginArray();
    open = true;
    out_.string(found);
  }
  if (open) out_.endArray();
}

void JournalMembers::period(const Node* node, std::string_view from) {
  const Node* found = member(node, from);
  if (found == nullptr) return;
  object("periode", [&] {
    text("fra", found, "start");
    text("til", found, "end");
  });
}

void JournalMembers::contact(const Node* node) {
  std::string_view phone, email;
  for (const Node& telecom : itemsOf(node, "telecom")) {
    const std::string_view system = textOf(&telecom, "system");
    std::string_view* place = system == "email" ? &email : system == "phone" ? &phone : nullptr;
    if (place == nullptr || !place->empty() || !saysOnly(telecom, 2)) {
      details_.telecom(telecom);
    } else {
      *place = textOf(&telecom, "value");
    }
  }
  if (phone.empty() && email.empty()) return;
  object("kontakt", [&] {
    put("telefon", phone);
    put("epost", email);
  });
}

void JournalMembers::name(const Node* node) {
  const auto names = itemsOf(node, "name");
  if (names.empty()) return;
  const Node& first = names.front();
  const auto given = itemsOf(&first, "given");
  object("navn", [&] {
    text("tekst", &first, "text");
    if (!given.empty()) put("fornavn", given.front().text());
    if (given.size() > 1) put("mellomnavn", given[1].text());
    text("etternavn", &first, "family");
  });
  if (given.size() > 2) {
    for (const Node& more : given.subspan(2)) details_.value("name.given", more.text());
  }
  if (const auto use = textOf(&first, "use"); !use.empty()) details_.value("name.use", use);
  for (const Node& one : itemsOf(&first, "prefix")) details_.value("name.prefix", one.text());
  for (const Node& one : itemsOf(&first, "suffix")) details_.value("name.suffix", one.text());
}

bool JournalMembers::isNumber(const Node& identifier, const Number& number) const {
  if (!saysOnly(identifier, 2)) return false;
  const std::string_view value = textOf(&identifier, "value");
  const std::string_view system = textOf(&identifier, "system");
  if (!number.system.empty()) return !value.empty() && system == number.system;
  constexpr std::size_t kDigits = 11;
  return value.size() == kDigits && value.find_first_not_of("0123456789") == value.npos &&
         system == personNumberSystem(value);
}

void JournalMembers::identifiers(const Node* node, std::span<const Number> numbers) {
  auto left = itemsOf(node, "identifier");
  for (const Number& number : numbers) {
    if (left.empty() || !isNumber(left.front(), number)) continue;
    text(number.name, &left.front(), "value");
    left = left.subspan(1);
  }
  for (const Node& one : left) details_.identifier(one);
}

}  // namespace planbro::plan
