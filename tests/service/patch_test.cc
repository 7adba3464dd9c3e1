// Patches as data: every file of tests/service/patches is one, {target, patch, expected or code}. A
// list is a JSON Patch, Parameters are a FHIRPath Patch, a text is an XML Patch.
#include "service/patch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "json/compare.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro::service {
namespace {

std::vector<std::string> patchNames() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(PLANBRO_SOURCE_DIR "/tests/service/patches"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Patches : public testing::TestWithParam<std::string> {};

std::string textOf(const json::DocumentPtr& document, const json::Node* node) {
  std::string text;
  json::write(*document, *node, text);
  return text;
}

TEST_P(Patches, MakesWhatIsExpectedOrSaysWhyNot) {
  std::ifstream file(PLANBRO_SOURCE_DIR "/tests/service/patches/" + GetParam() + ".json");
  std::stringstream content;
  content << file.rdbuf();
  const auto parsed = json::parse(content.str());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const json::Node& root = (*parsed)->root();
  const auto& definitions = fhir::Definitions::r4();
  const fhir::ReadOutcome target = fhir::readJson(textOf(*parsed, root.member("target")));
  ASSERT_TRUE(target.resource);

  const json::Node* node = root.member("patch");
  const bool parameters = node->member("resourceType") != nullptr;
  const PatchForm form = node->kind == json::Kind::kString ? PatchForm::kXml
                         : parameters                      ? PatchForm::kFhirpath
                                                           : PatchForm::kJson;
  const auto patch =
      readPatch(form, form == PatchForm::kXml ? std::string(node->text()) : textOf(*parsed, node),
                definitions);
  ASSERT_TRUE(patch.has_value());
  const auto changed = applyPatch(*patch, target.resource);

  if (const json::Node* code = root.member("code")) {
    ASSERT_FALSE(changed.has_value()) << json::write(*changed->document());
    EXPECT_EQ(changed.error().front().code, code->text())
        << changed.error().front().text(fhir::Language::kEnglish);
    return;
  }
  ASSERT_TRUE(changed.has_value()) << changed.error().front().text(fhir::Language::kEnglish);
  EXPECT_EQ(json::firstDifference(*root.member("expected"), changed->document()->root()), "");
}

INSTANTIATE_TEST_SUITE_P(Files, Patches, testing::ValuesIn(patchNames()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace planbro::service
