// Members of the JSON plan export, each from an element of IndividualPlan. What a member cannot say
// exactly as it is becomes a detail (journal_details.h) instead.
//
// One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "json/builder.h"
#include "json/document.h"
#include "plan/journal_details.h"
#include "plan/journal_words.h"

namespace planbro::plan {

// How many values of a list its member takes; the others become details.
enum class Lists : std::uint8_t { kWhole, kFirst };

class JournalMembers {
 public:
  explicit JournalMembers(Lists lists) : lists_(lists) {}

  json::Builder& out() { return out_; }
  JournalDetails& details() { return details_; }
  Lists lists() const { return lists_; }

  void put(std::string_view name, std::string_view value);
  // A text (or date) under another name.
  void text(std::string_view name, const json::Node* node, std::string_view from);
  void texts(std::string_view name, const json::Node* node, std::string_view from);
  void allTexts(std::string_view name, const json::Node* node, std::string_view from);

  void word(std::string_view name, std::string_view map, std::string_view code);
  // Of a Coding.
  void codingWord(std::string_view name, const json::Node* node, std::string_view from,
                  std::string_view map);
  // Of a CodeableConcept: its only coding as a word, its text under `text_name` ("": it has none).
  void codeable(std::string_view name, std::string_view text_name, const json::Node* node,
                std::string_view from, std::string_view map);
  // Of several CodeableConcepts that are each one coding.
  void codeables(std::string_view name, const json::Node* node, std::string_view from,
                 std::string_view map);

  void period(const json::Node* node, std::string_view from = "period");
  void contact(const json::Node* node);
  // Of a HumanName or several of them the first.
  void name(const json::Node* node);
  // Numbers that have members of their own come first; their order says which of them counts.
  struct Number {
    std::string_view name;    // "hprNummer"
    std::string_view system;  // "": that of a person's number, as its digits say
  };
  void identifiers(const json::Node* node, std::span<const Number> numbers);

  template <typename Write>
  void object(std::string_view name, Write&& write) {
    out_.key(name).beginObject();
    write();
    out_.endObject();
  }
  // The items of a list, each an object.
  template <typename Write>
  void list(std::string_view name, std::span<const json::Node> items, Write&& write) {
    if (items.empty()) return;
    out_.key(name).beginArray();
    for (const json::Node& item : items) {
      out_.beginObject();
      write(&item);
      out_.endObject();
    }
    out_.endArray();
  }

 private:
  bool isNumber(const json::Node& identifier, const Number& number) const;

  json::Builder out_;
  JournalDetails details_;
  const JournalWords& words_ = JournalWords::builtin();
  Lists lists_;
};

}  // namespace planbro::plan
