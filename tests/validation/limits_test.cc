// Least and greatest values that are durations: relative to the time the context is told.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "fhir/registry.h"
#include "fhir/resource.h"
#include "validation/validator.h"

namespace planbro::validation {
namespace {

constexpr const char* kProfile = R"({"resourceType":"StructureDefinition","url":"http://x.no/l",
  "name":"L","status":"draft","kind":"resource","abstract":false,"type":"Appointment",
  "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Appointment","derivation":"constraint",
  "differential":{"element":[{"id":"Appointment","path":"Appointment"},
   {"id":"Appointment.start","path":"Appointment.start",
    "minValueQuantity":{"value":2,"system":"http://unitsofmeasure.org","code":"h"},
    "maxValueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"mo"}}]}})";

// The codes found for an appointment that starts then, at noon of 15 January 2026.
std::string found(const std::string& start) {
  auto registry = std::make_shared<fhir::Registry>();
  registry->addResource(fhir::readJson(kProfile).resource);
  const FakeClock clock(*parseInstant("2026-01-15T12:00:00Z"));
  Options options;
  options.clock = &clock;
  const ValidationContext context(std::move(registry), options);
  const auto read =
      fhir::readJson(R"({"resourceType":"Appointment","status":"booked","start":")" + start + R"(",
        "end":"2027-01-01T00:00:00Z",
        "participant":[{"status":"accepted","actor":{"display":"x"}}]})");
  std::string codes;
  const std::string profile = "http://x.no/l";
  for (const fhir::Issue& issue : context.validate(read.resource, {&profile, 1}))
    codes += std::string(issue.code) + " " + issue.arguments[0];
  return codes;
}

TEST(RelativeLimits, CountFromNowBackwardsAndForwards) {
  EXPECT_EQ(found("2026-01-15T09:59:59Z"), "PB-1204 2 h");
  EXPECT_EQ(found("2026-01-15T10:00:00Z"), "");
  EXPECT_EQ(found("2026-02-15T12:00:00Z"), "");
  EXPECT_EQ(found("2026-02-15T12:00:01Z"), "PB-1205 1 mo");
}

TEST(RelativeLimits, TheTimeZoneIsMinded) {
  EXPECT_EQ(found("2026-01-15T11:30:00+01:00"), "");
  EXPECT_EQ(found("2026-01-15T10:30:00+01:00"), "PB-1204 2 h");
}

}  // namespace
}  // namespace planbro::validation
