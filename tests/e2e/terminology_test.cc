// planbro serve with a terminology server for what is not loaded: up, wrong, down.
#include <gtest/gtest.h>

#include <fstream>

#include "http/scripted_server.h"
#include "support/planbro_process.h"

namespace planbro {
namespace {

using http::ScriptedServer;
using service::Response;
using testing_support::PlanbroProcess;
using testing_support::ScratchFolder;

std::string judged(bool good) {
  const std::string body =
      std::string(R"({"resourceType":"Parameters","parameter":[{"name":"result","valueBoolean":)") +
      (good ? "true" : "false") + "}]}";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nConnection: close\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string allergy(const std::string& code) {
  return R"({"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/p"},
    "clinicalStatus":{"coding":[{"code":"active",
      "system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"}]},
    "code":{"coding":[{"system":"http://snomed.info/sct","code":")" +
         code + "\"}]}}";
}

class TerminologyServerSetting : public testing::Test {
 protected:
  std::vector<std::string> asking(const std::string& server) {
    const auto config = data_.path() / "planbro.yaml";
    std::ofstream(config) << "terminology:\n  server: " << server << "\n  timeout_ms: 300\n";
    return {"--config", config.string()};
  }
  static Response write(const PlanbroProcess& planbro, const std::string& code) {
    return planbro.send("POST", "/fhir/AllergyIntolerance", allergy(code),
                        {{"Prefer", "return=OperationOutcome"}});
  }

  const ScratchFolder data_{"terminology_server"};
};

TEST_F(TerminologyServerSetting, AWriteWithACodeTheServerRefusesIsRefused) {
  ScriptedServer server({judged(false), judged(true)});
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data_.path(), asking(server.base()));
  ASSERT_TRUE(planbro.running());
  const Response refused = write(planbro, "1");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_NE(refused.body.find("PB-1603"), std::string::npos) << refused.body;
  const Response taken = write(planbro, "2");
  EXPECT_EQ(taken.status, 201) << taken.body;
  // What was answered once is not asked again.
  EXPECT_EQ(write(planbro, "1").status, 422);
  server.finish();
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(TerminologyServerSetting, AServerThatIsDownOrSilentRefusesNothingAndIsTold) {
  ScriptedServer server({ScriptedServer::kSilence, ScriptedServer::kSilence});
  const PlanbroProcess planbro(PLANBRO_PROGRAM, data_.path(), asking(server.base()));
  ASSERT_TRUE(planbro.running());
  const Response silent = write(planbro, "1");
  EXPECT_EQ(silent.status, 201) << silent.body;
  EXPECT_NE(silent.body.find("PB-2030"), std::string::npos) << silent.body;
  server.finish();
  const Response down = write(planbro, "2");
  EXPECT_EQ(down.status, 201) << down.body;
  EXPECT_NE(down.body.find("PB-2030"), std::string::npos) << down.body;
}

}  // namespace
}  // namespace planbro
