// $validate-code of value sets and code systems. FHIR R4, valueset-operation-validate-code.html,
// codesystem-operation-validate-code.html; docs/api/validate-code.md.
#include "service/asked_code_system.h"
#include "service/asked_value_set.h"
#include "service/call_terminology.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/parameters_text.h"
#include "terminology/expansion.h"
#include "terminology/terminology.h"

namespace planbro::service {
namespace {

using terminology::CodeSystem;
using terminology::Membership;
using terminology::Terminology;
using terminology::Verdict;

// What was found of one code.
struct Finding {
  AskedCode asked;
  Membership membership = Membership::kUnknown;
  const CodeSystem* system = nullptr;
  const CodeSystem::Concept* found = nullptr;
  std::vector<fhir::Issue> issues;  // errors: it is wrong, or cannot be told
  std::string display;              // as another server named it

  bool good() const { return membership == Membership::kMember && !fhir::hasErrors(issues); }
};

// code and system, coding or codeableConcept: one of them.
std::expected<std::vector<AskedCode>, Answer> askedCodes(const OperationInput& input,
                                                         std::string_view system,
                                                         std::string_view version) {
  const bool plain = input.has("code"), coding = input.has("coding"),
             concept_ = input.has("codeableConcept");
  if (int{plain} + int{coding} + int{concept_} > 1)
    return std::unexpected(
        refuse(400, "PB-4069", {"$validate-code", "code, coding, codeableConcept"}));
  std::vector<AskedCode> codes;
  if (plain) {
    codes.push_back({std::string(system), std::string(version), std::string(input.text("code")),
                     std::string(input.text("display"))});
  } else if (coding) {
    const fhir::Element value = input.value("coding");
    codes.push_back(value ? askedCode(value) : askedCode(input.text("coding")));
  } else if (concept_) {
    input.value("codeableConcept").forEachChild("coding", [&](const fhir::Element& one) {
      codes.push_back(askedCode(one));
    });
  }
  std::erase_if(codes, [](const AskedCode& one) { return one.code.empty(); });
  if (codes.empty()) return std::unexpected(input.missing("code"));
  return codes;
}

// The version a code is from, against what is loaded; `own` is a code system of the request.
void checkVersion(const Terminology& terminology, const CodeSystem* own, Finding& finding) {
  const AskedCode& asked = finding.asked;
  if (asked.version.empty() || finding.system == nullptr ||
      finding.system->version() == asked.version)
    return;
  const CodeSystem* exact =
      own != nullptr ? nullptr : terminology.codeSystem(asked.system + "|" + asked.version);
  if (exact != nullptr) {
    finding.system = exact;
    return;
  }
  finding.issues.push_back(fhir::makeIssue(
      "PB-1635", {}, {asked.version, asked.system, std::string(finding.system->version())}));
}

void checkDisplay(const Terminology& terminology, Finding& finding) {
  const AskedCode& asked = finding.asked;
  if (asked.display.empty() || finding.found == nullptr ||
      terminology.isDisplay(*finding.system, *finding.found, asked.display))
    return;
  fhir::Issue issue = fhir::makeIssue(
      "PB-1607", {}, {asked.display, asked.code, std::string(finding.found->display)});
  issue.severity = fhir::Severity::kError;  // the display was given to be checked
  finding.issues.push_back(std::move(issue));
}

// Looks into the code system: `own`, or the loaded one that the code names.
Finding examined(const Terminology& terminology, const AskedCode& asked,
                 const std::function<Membership(const AskedCode&)>& membership,
                 const CodeSystem* own = nullptr) {
  Finding finding;
  finding.asked = asked;
  finding.membership = membership(asked);
  finding.system = own;
  if (own == nullptr && !asked.system.empty())
    finding.system = terminology.codeSystem(asked.system);
  checkVersion(terminology, own, finding);
  if (finding.system != nullptr) finding.found = finding.system->find(asked.code);
  checkDisplay(terminology, finding);
  return finding;
}

// abstract=false: codes that are not to be chosen are as good as none.
void refuseAbstract(std::optional<bool> allowed, Finding& finding) {
  if (allowed == false && finding.found != nullptr && finding.system->isAbstract(*finding.found))
    finding.membership = Membership::kNotMember;
}

// Whether the code is one of that code system of the request.
Membership membershipIn(const CodeSystem& own, const Terminology& terminology,
                        const AskedCode& asked) {
  if (terminology::canonicalSystem(asked.system) != terminology::canonicalSystem(own.url()))
    return Membership::kNotMember;
  if (own.find(asked.code) != nullptr) return Membership::kMember;
  if (own.content() == CodeSystem::Content::kComplete) return Membership::kNotMember;
  return terminology.exists(asked.system, asked.code);
}

// What is not loaded is asked of the terminology server, if there is one.
void askElsewhere(const Terminology& terminology, std::string_view set, Finding& finding) {
  if (finding.membership != Membership::kUnknown) return;
  const AskedCode& asked = finding.asked;
  const Verdict verdict =
      terminology.askElsewhere({std::string(set), asked.system, asked.code, asked.display});
  finding.membership = verdict.membership;
  finding.display = verdict.display;
  if (!verdict.failure.empty())
    finding.issues.push_back(fhir::makeIssue("PB-1638", {}, {verdict.failure, asked.code}));
}

Answer written(const Call& call, const Finding& finding, std::string_view language) {
  std::string message;
  for (const fhir::Issue& issue : finding.issues) {
    if (!message.empty()) message += " ";
    message += issue.text(call.preferences.language);
  }
  ParametersText out;
  out.add("result", finding.good());
  if (!message.empty()) out.add("message", "String", message);
  std::string_view display = finding.display;
  if (finding.found != nullptr) display = finding.system->displayFor(*finding.found, language);
  if (!display.empty()) out.add("display", "String", display);
  out.add("code", "Code", finding.asked.code);
  if (!finding.asked.system.empty()) out.add("system", "Uri", finding.asked.system);
  if (finding.system != nullptr && !finding.system->version().empty())
    out.add("version", "String", finding.system->version());
  if (finding.found != nullptr && finding.system->isInactive(*finding.found))
    out.add("inactive", true);
  Answer answer;
  answer.resource = std::move(out).finish();
  return answer;
}

// The best of several codings: one that is in and right, else one that is known to be out, else one
// of which nothing is known.
Answer answered(const Call& call, std::vector<Finding> findings, std::string_view language,
                const std::function<fhir::Issue(const Finding&)>& outside,
                const std::function<std::vector<fhir::Issue>(const Finding&)>& unknown) {
  for (const Finding& finding : findings) {
    if (finding.good()) return written(call, finding, language);
  }
  for (const Finding& finding : findings) {  // in the set, but with a wrong name or version
    if (finding.membership == Membership::kMember) return written(call, finding, language);
  }
  for (const Finding& finding : findings) {
    if (finding.membership != Membership::kUnknown) continue;
    const bool down = !finding.issues.empty() && finding.issues.back().code == "PB-1638";
    std::vector<fhir::Issue> issues = unknown(finding);
    for (fhir::Issue& issue : issues) issue.severity = fhir::Severity::kError;
    issues.insert(issues.end(), finding.issues.begin(), finding.issues.end());
    Answer answer = refuse(down ? 503 : 422, std::move(issues));
    if (down) answer.headers.set("Retry-After", "10");
    return answer;
  }
  Finding& first = findings.front();
  first.issues.insert(first.issues.begin(), outside(first));
  return written(call, first, language);
}

}  // namespace

Answer validateCodeInSet(const Call& call) {
  auto input = OperationInput::read(
      call, "$validate-code",
      {"url", "context", "valueSet", "valueSetVersion", "code", "system", "systemVersion",
       "display", "coding", "codeableConcept", "displayLanguage", "abstract"},
      "valueSet");
  if (!input.has_value()) return std::move(input.error());
  const auto asked = askedValueSet(call, *input);
  if (!asked.has_value()) return asked.error();
  const auto codes = askedCodes(*input, input->text("system"), input->text("systemVersion"));
  if (!codes.has_value()) return codes.error();
  const auto abstract = input->flag("abstract");
  if (!abstract.has_value()) return abstract.error();
  const Terminology& terminology = **asked->terminology;
  const terminology::ValueSet& set = *asked->set;
  std::vector<Finding> findings;
  for (const AskedCode& code : *codes) {
    findings.push_back(examined(terminology, code, [&](const AskedCode& one) {
      return set.contains(one.system, one.code);
    }));
    refuseAbstract(*abstract, findings.back());
    askElsewhere(terminology, set.url(), findings.back());
  }
  if (const Status& status = asked->terminology->status(); !status.has_value())
    return refuse(status.error());
  const std::string url(set.url());
  return answered(
      call, std::move(findings), input->text("displayLanguage"),
      [&](const Finding& finding) {
        return fhir::makeIssue("PB-1601", {}, {finding.asked.code, url});
      },
      [&](const Finding& finding) {
        return std::vector{fhir::makeIssue(
            "PB-1604", {}, {finding.asked.code, url, std::string(set.unknownSystem())})};
      });
}

Answer validateCodeInSystem(const Call& call) {
  if (call.context->parts.terminology == nullptr) return refuse(501, "PB-4055", {"$validate-code"});
  auto input = OperationInput::read(call, "$validate-code",
                                    {"url", "codeSystem", "code", "version", "display", "coding",
                                     "codeableConcept", "displayLanguage", "abstract"});
  if (!input.has_value()) return std::move(input.error());
  const auto asked = askedCodeSystem(call, *input);
  if (!asked.has_value()) return asked.error();
  const CodeSystem* own = asked->get();
  if (own != nullptr && input->has("url"))
    return refuse(400, "PB-4069", {"CodeSystem", "[id], url, codeSystem"});
  const std::string url(own != nullptr ? own->url() : input->text("url"));
  auto codes = askedCodes(*input, url, input->text("version"));
  if (!codes.has_value()) return codes.error();
  const auto abstract = input->flag("abstract");
  if (!abstract.has_value()) return abstract.error();
  CallTerminology terminology(call);
  std::vector<Finding> findings;
  for (AskedCode& code : *codes) {
    if (code.system.empty()) code.system = url;
    if (own == nullptr && code.system.empty()) return input->missing("url");
    const auto membership = [&](const AskedCode& one) {
      return own != nullptr ? membershipIn(*own, *terminology, one)
                            : terminology->exists(one.system, one.code);
    };
    findings.push_back(examined(*terminology, code, membership, own));
    refuseAbstract(*abstract, findings.back());
    askElsewhere(*terminology, {}, findings.back());
  }
  if (!terminology.status().has_value()) return refuse(terminology.status().error());
  return answered(
      call, std::move(findings), input->text("displayLanguage"),
      [&](const Finding& finding) {
        return fhir::makeIssue("PB-1603", {},
                               {finding.asked.code, url.empty() ? finding.asked.system : url});
      },
      [](const Finding& finding) {
        return std::vector{
            fhir::makeIssue("PB-1634", {}, {finding.asked.code, finding.asked.system})};
      });
}

}  // namespace planbro::service
