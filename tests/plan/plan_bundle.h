// A small whole plan as a Bundle, whose parts a test can change.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "fhir/resource.h"
#include "plan/plan_set.h"

namespace planbro::plan {

// Texts are JSON; an empty one leaves the part out.
struct PlanParts {
  std::string plan_status = "active";
  std::string consent_status = "active";
  std::string consent_provision;  // of the plan consent: {"period":…}
  std::string sharing_end = "2027-12-31";
  std::string sharing_actors =
      R"({"reference":"PractitionerRole/k"},{"reference":"PractitionerRole/f"})";
  std::string second_role =
      R"({"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"9"}]})";
  std::string second_member = "PractitionerRole/f";
  std::string second_extra;  // further members of the participant, with a leading comma
  std::string performer = R"([{"reference":"PractitionerRole/f"}])";
  std::string detail_status = "in-progress";
  std::string title = "Plan for Ada";
  std::string more_entries;  // further entries, each with a leading comma
};

inline fhir::Resource planBundle(const PlanParts& parts = {}) {
  const std::string base = std::string(kExtensionBase);
  const std::string system = std::string(kCodeSystemBase);
  const auto extension = [&](const std::string& name, const std::string& value) {
    return R"({"url":")" + base + name + "\"," + value + "}";
  };
  const auto consent = [&](const std::string& id, const std::string& kind,
                           const std::string& status, const std::string& provision) {
    return R"({"fullUrl":"http://x.no/Consent/)" + id +
           R"(","resource":{"resourceType":"Consent","id":")" + id + R"(","status":")" + status +
           R"(","category":[{"coding":[{"system":")" + system + R"(consent-kind","code":")" + kind +
           R"("}]}],"patient":{"reference":"Patient/1"})" +
           (provision.empty() ? "" : ",\"provision\":" + provision) + "}}";
  };
  std::string text =
      R"({"resourceType":"Bundle","type":"collection","entry":[
{"resource":{"resourceType":"Patient","id":"1","name":[{"given":["Ada"],"family":"Li"}]}},
{"resource":{"resourceType":"PractitionerRole","id":"k","practitioner":{"reference":"Practitioner/k","display":"Kari Koordinator"}}},
{"resource":{"resourceType":"PractitionerRole","id":"f","organization":{"display":"Fysioterapien"}}},
{"resource":{"resourceType":"Goal","id":"g","lifecycleStatus":"active","category":[{"coding":[{"system":")" +
      system +
      R"(goal-kind","code":"main"}]}],"description":{"text":"Bo alene"},"subject":{"reference":"Patient/1"}}},
{"resource":{"resourceType":"CareTeam","id":"t","status":"active","subject":{"reference":"Patient/1"},"participant":[
 {"extension":[)" +
      extension("ip-contribution", R"("valueString":"Trener")") +
      R"(],"member":{"reference":"Patient/1"}},
 {"role":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9034","code":"8"}]}],"member":{"reference":"PractitionerRole/k","display":"Kari Koordinator"}},
 {"role":[)" +
      parts.second_role + R"(],"member":{"reference":")" + parts.second_member +
      R"(","display":"Finn Fysio"})" + parts.second_extra + R"(}]}},)";
  text += consent("c", "plan", parts.consent_status, parts.consent_provision) + ",";
  text += consent(
      "s", "sharing", "active",
      R"({"period":{"end":")" + parts.sharing_end + R"("},"provision":[{"actor":[)" +
          [&] {
            std::string actors;
            std::size_t at = 0;
            while (at < parts.sharing_actors.size()) {
              const std::size_t end = parts.sharing_actors.find('}', at);
              if (at > 0) actors += ",";
              actors += R"({"reference":)" + parts.sharing_actors.substr(at, end + 1 - at) + "}";
              at = end + 2;
            }
            return actors;
          }() +
          "]}]}");
  text +=
      R"(,{"resource":{"resourceType":"CarePlan","id":"p","status":")" + parts.plan_status +
      R"(","intent":"plan","extension":[)" +
      extension("ip-next-review", R"("valueDate":"2026-12-08")") + "," +
      extension("ip-cooperation", R"("extension":[{"url":"text","valueString":"NAV"}])") +
      R"(],"category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2"}]}],"title":")" +
      parts.title +
      R"(","subject":{"reference":"Patient/1"},"period":{"start":"2026-01-01","end":"2026-12"},"careTeam":[{"reference":"CareTeam/t"}],"addresses":[{"display":"Trening"}],"goal":[{"reference":"Goal/g"}],"activity":[{"detail":{"code":{"text":"Fysioterapi"},"status":")" +
      parts.detail_status + R"(","description":"Hver tirsdag")" +
      (parts.performer.empty() ? "" : ",\"performer\":" + parts.performer) + "}}]}}";
  text += parts.more_entries + "]}";
  auto read = fhir::readJson(text);
  EXPECT_TRUE(read.resource) << text;
  return read.resource;
}

}  // namespace planbro::plan
