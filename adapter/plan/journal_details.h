// What a plan says and the words and columns of its JSON and CSV forms cannot: rows of their own,
// each with one value of one element of IndividualPlan (mappings/common/journal-details.map).
//
// One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.h"

namespace planbro::plan {

class JournalDetails {
 public:
  using Field = std::pair<std::string_view, std::string>;  // "verdi" and its text
  // A row's filled fields, "del", "id" and "felt" first.
  using Row = std::vector<Field>;

  // What the next rows belong to: "participant" and its key.
  void begin(std::string_view part, std::string_view key);

  void value(std::string_view element, std::string_view text);
  void coding(std::string_view element, const json::Node& coding);
  // Of a CodeableConcept a row for each coding; the text, if it has no column, stands in the first.
  void codings(std::string_view element, const json::Node& concepts, bool with_text);
  void identifier(const json::Node& identifier);
  void telecom(const json::Node& telecom);
  void annotation(std::string_view element, const json::Node& annotation);
  void language(const json::Node& communication);

  const std::vector<Row>& rows() const { return rows_; }

 private:
  Row& row(std::string_view element);

  std::string part_, key_;
  std::vector<Row> rows_;
};

}  // namespace planbro::plan
