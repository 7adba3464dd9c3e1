#include "search/reference_text.h"

#include <gtest/gtest.h>

namespace planbro::search {
namespace {

struct Case {
  const char* text;
  const char* type;
  const char* id;
  const char* absolute;
};

TEST(ReferenceText, LocalAndOtherReferencesAreToldApart) {
  const Case cases[] = {
      {"Patient/1", "Patient", "1", ""},
      {"Patient/1/_history/2", "Patient", "1", ""},
      {"http://a.example/fhir/Patient/1", "Patient", "1", ""},
      {"http://a.example/fhir/Patient/1/_history/2", "Patient", "1", ""},
      {"http://b.example/fhir/Patient/1/_history/2", "", "", "http://b.example/fhir/Patient/1"},
      {"http://a.example/fhirs/Patient/1", "", "", "http://a.example/fhirs/Patient/1"},
      {"urn:uuid:00000000-0000-4000-8000-000000000001", "", "",
       "urn:uuid:00000000-0000-4000-8000-000000000001"},
      {"#contained", "", "", ""},
      {"", "", "", ""},
      {"patient/1", "", "", "patient/1"},
      {"Patient/", "", "", "Patient/"},
      {"Patient/a b", "", "", "Patient/a b"},
      {"Patient/1/2", "", "", "Patient/1/2"},
  };
  for (const Case& one : cases) {
    const ReferenceText read = readReference(one.text, "http://a.example/fhir");
    EXPECT_EQ(read.type, one.type) << one.text;
    EXPECT_EQ(read.id, one.id) << one.text;
    EXPECT_EQ(read.absolute, one.absolute) << one.text;
  }
}

}  // namespace
}  // namespace planbro::search
