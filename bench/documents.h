// Documents to measure with, made here so that every run measures the same.
#pragma once

#include <string>

namespace planbro::bench {

// A CarePlan of about 6 KB with twelve activities, compact.
inline std::string carePlan(int number = 1) {
  const std::string n = std::to_string(number);
  std::string text =
      R"({"resourceType":"CarePlan","id":"plan-)" + n +
      R"(","meta":{"versionId":"1","lastUpdated":"2026-11-22T12:36:00.000Z"},"identifier":[{"system":"https://example.org/plans","value":"P-)" +
      n +
      R"("}],"status":"active","intent":"plan","category":[{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9602","code":"A02-2","display":"Individuell plan"}]}],"title":"Individuell plan","description":"Planen samler mål og tiltak på tvers av tjenestene.","subject":{"reference":"Patient/)" +
      n + R"("},"period":{"start":"2026-01-01","end":"2027-01-01"},"activity":[)";
  for (int i = 0; i < 12; ++i) {
    if (i > 0) text += ',';
    text +=
        R"({"detail":{"kind":"ServiceRequest","code":{"coding":[{"system":"urn:oid:2.16.578.1.12.4.1.1.9151","code":"1","display":"Praktisk bistand – daglige gjøremål"}],"text":"Hjelp til å stå opp"},"goal":[{"reference":"Goal/g)" +
        std::to_string(i) +
        R"("}],"status":"in-progress","doNotPerform":false,"scheduledTiming":{"repeat":{"frequency":7,"period":1,"periodUnit":"wk","boundsDuration":{"value":1.50,"unit":"a","system":"http://unitsofmeasure.org","code":"a"}}},"performer":[{"reference":"PractitionerRole/r)" +
        std::to_string(i) +
        R"(","display":"Hjemmetjenesten"}],"description":"Assistenten kommer klokken sju og hjelper til med \"morgenstellet\"."}})";
  }
  return text + R"(],"note":[{"text":"Neste møte er i mars."}]})";
}

// A collection Bundle of about 1 MB.
inline std::string largeBundle() {
  std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
  for (int i = 0; i < 165; ++i) {
    if (i > 0) text += ',';
    text += R"({"fullUrl":"urn:uuid:00000000-0000-4000-8000-)" + std::to_string(100000000000 + i) +
            R"(","resource":)" + carePlan(i) + "}";
  }
  return text + "]}";
}

}  // namespace planbro::bench
