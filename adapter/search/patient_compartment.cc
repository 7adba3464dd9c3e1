#include "search/patient_compartment.h"

#include <array>
#include <string>

namespace planbro::search {
namespace {

using Code = std::string_view;

constexpr std::array kActor{Code("actor")};
constexpr std::array kIndividual{Code("individual")};
constexpr std::array kLink{Code("link")};
constexpr std::array kMember{Code("member")};
constexpr std::array kPatient{Code("patient")};
constexpr std::array kPatientAsserter{Code("patient"), Code("asserter")};
constexpr std::array kPatientAuthor{Code("patient"), Code("author")};
constexpr std::array kPatientParticipant{Code("patient"), Code("participant")};
constexpr std::array kPatientPayee{Code("patient"), Code("payee")};
constexpr std::array kPatientPerformer{Code("patient"), Code("performer")};
constexpr std::array kPatientPerformerSubject{Code("patient"), Code("performer"), Code("subject")};
constexpr std::array kPatientRecorderAsserter{Code("patient"), Code("recorder"), Code("asserter")};
constexpr std::array kPolicyHolderSubscriberBeneficiaryPayor{
    Code("policy-holder"), Code("subscriber"), Code("beneficiary"), Code("payor")};
constexpr std::array kSubject{Code("subject")};
constexpr std::array kSubjectAuthor{Code("subject"), Code("author")};
constexpr std::array kSubjectAuthorAttester{Code("subject"), Code("author"), Code("attester")};
constexpr std::array kSubjectAuthorRecipient{Code("subject"), Code("author"), Code("recipient")};
constexpr std::array kSubjectParticipant{Code("subject"), Code("participant")};
constexpr std::array kSubjectPatientReceiver{Code("subject"), Code("patient"), Code("receiver")};
constexpr std::array kSubjectPatientRecipient{Code("subject"), Code("patient"), Code("recipient")};
constexpr std::array kSubjectPerformer{Code("subject"), Code("performer")};
constexpr std::array kSubjectSenderRecipient{Code("subject"), Code("sender"), Code("recipient")};
constexpr std::array kSubjectSenderRecipientRequester{Code("subject"), Code("sender"),
                                                      Code("recipient"), Code("requester")};
constexpr std::array kSubjectSource{Code("subject"), Code("source")};

constexpr auto kMembers = std::to_array<CompartmentMember>({
    {"Account", kSubject},
    {"AdverseEvent", kSubject},
    {"AllergyIntolerance", kPatientRecorderAsserter},
    {"Appointment", kActor},
    {"AppointmentResponse", kActor},
    {"AuditEvent", kPatient},
    {"Basic", kPatientAuthor},
    {"BodyStructure", kPatient},
    {"CarePlan", kPatientPerformer},
    {"CareTeam", kPatientParticipant},
    {"ChargeItem", kSubject},
    {"Claim", kPatientPayee},
    {"ClaimResponse", kPatient},
    {"ClinicalImpression", kSubject},
    {"Communication", kSubjectSenderRecipient},
    {"CommunicationRequest", kSubjectSenderRecipientRequester},
    {"Composition", kSubjectAuthorAttester},
    {"Condition", kPatientAsserter},
    {"Consent", kPatient},
    {"Coverage", kPolicyHolderSubscriberBeneficiaryPayor},
    {"CoverageEligibilityRequest", kPatient},
    {"CoverageEligibilityResponse", kPatient},
    {"DetectedIssue", kPatient},
    {"DeviceRequest", kSubjectPerformer},
    {"DeviceUseStatement", kSubject},
    {"DiagnosticReport", kSubject},
    {"DocumentManifest", kSubjectAuthorRecipient},
    {"DocumentReference", kSubjectAuthor},
    {"Encounter", kPatient},
    {"EnrollmentRequest", kSubject},
    {"EpisodeOfCare", kPatient},
    {"ExplanationOfBenefit", kPatientPayee},
    {"FamilyMemberHistory", kPatient},
    {"Flag", kPatient},
    {"Goal", kPatient},
    {"Group", kMember},
    {"ImagingStudy", kPatient},
    {"Immunization", kPatient},
    {"ImmunizationEvaluation", kPatient},
    {"ImmunizationRecommendation", kPatient},
    {"Invoice", kSubjectPatientRecipient},
    {"List", kSubjectSource},
    {"MeasureReport", kPatient},
    {"Media", kSubject},
    {"MedicationAdministration", kPatientPerformerSubject},
    {"MedicationDispense", kSubjectPatientReceiver},
    {"MedicationRequest", kSubject},
    {"MedicationStatement", kSubject},
    {"MolecularSequence", kPatient},
    {"NutritionOrder", kPatient},
    {"Observation", kSubjectPerformer},
    {"Patient", kLink},
    {"Person", kPatient},
    {"Procedure", kPatientPerformer},
    {"Provenance", kPatient},
    {"QuestionnaireResponse", kSubjectAuthor},
    {"RelatedPerson", kPatient},
    {"RequestGroup", kSubjectParticipant},
    {"ResearchSubject", kIndividual},
    {"RiskAssessment", kSubject},
    {"Schedule", kActor},
    {"ServiceRequest", kSubjectPerformer},
    {"Specimen", kSubject},
    {"SupplyDelivery", kPatient},
    {"SupplyRequest", kSubject},
    {"VisionPrescription", kPatient},
});

}  // namespace

std::span<const CompartmentMember> patientCompartment() { return kMembers; }

store::Predicate inCompartment(const CompartmentMember& member, std::string_view patient_id) {
  store::Predicate any;
  any.op = store::Predicate::Op::kOr;
  for (const std::string_view parameter : member.parameters) {
    store::Predicate& one = any.children.emplace_back();
    one.op = store::Predicate::Op::kEquals;
    one.row.kind = store::IndexRow::Kind::kReference;
    one.row.parameter = parameter;
    one.row.system = "Patient";
    one.row.value = patient_id;
  }
  return any;
}

}  // namespace planbro::search
