#include "plan/dialogmelding.h"

#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/ids.h"
#include "fhir/canonical_base.h"
#include "plan/narrative.h"
#include "plan/narrative_text.h"
#include "plan/pdf.h"
#include "plan/xml_text.h"

namespace planbro::plan {
namespace {

using fhir::Element;

constexpr std::string_view kRoot = "urn:oid:2.16.578.1.12.4.1.4.";
constexpr std::string_view kHerId = "urn:oid:2.16.578.1.12.4.1.2";
constexpr std::string_view kPersonKinds = "2.16.578.1.12.4.1.1.8116";
constexpr std::string_view kOrganizationKinds = "2.16.578.1.12.4.1.1.9051";
constexpr std::string_view kFunctionList = "2.16.578.1.12.4.1.1.9034";

struct PersonNumber {
  std::string_view system, code, name;
};
constexpr PersonNumber kPersonNumbers[] = {{"1", "FNR", "Fødselsnummer"},
                                           {"2", "DNR", "D-nummer"},
                                           {"3", "FHN", "Felles hjelpenummer"},
                                           {"4", "HPR", "HPR-nummer"}};

std::string identifierOf(const Element& resource, std::string_view system) {
  std::string value;
  resource.forEachChild("identifier", [&](const Element& identifier) {
    if (value.empty() && identifier.textOf("system") == system) value = identifier.textOf("value");
  });
  return value;
}

class MessageWriter {
 public:
  MessageWriter(const StoredPlan& plan, const MessageParty& sender, const MessageParty& receiver,
                fhir::Language language)
      : plan_(plan),
        sender_(sender),
        receiver_(receiver),
        title_(planTitle(plan.plan(), language)),
        // xs:dateTime without a fraction: what receivers have always been sent.
        time_(formatInstant(plan.newest()).substr(0, 19) + "Z") {}

  std::string write(std::string_view pdf) {
    const std::string id = nameUuid(PLANBRO_CANONICAL_BASE "/dialogmelding" + plan_.fingerprint() +
                                    " " + receiver_.her_id + " " + receiver_.organization_number);
    out_.open("MsgHead", {{"xmlns", "http://www.kith.no/xmlstds/msghead/2006-05-24"}});
    out_.open("MsgInfo");
    out_.empty("Type", {{"V", "DIALOG_NOTAT"}, {"DN", "Notat"}});
    out_.element("MIGversion", "v1.2 2006-05-24");
    out_.element("GenDate", time_);
    out_.element("MsgId", id);
    out_.empty("Ack", {{"V", "J"}, {"DN", "Ja"}});
    out_.open("Sender");
    organisation(sender_);
    out_.close();
    out_.open("Receiver");
    organisation(receiver_);
    out_.close();
    patient();
    out_.close();
    note();
    attachment(pdf);
    out_.close();
    return std::move(out_).finish();
  }

 private:
  // `prefix` is of the namespace that the parts of an Ident are in there.
  void ident(std::string_view value, std::string_view list, std::string_view code,
             std::string_view name, const std::string& prefix = "") {
    out_.open("Ident");
    out_.element(prefix + "Id", value);
    out_.empty(prefix + "TypeId", {{"V", code}, {"S", list}, {"DN", name}});
    out_.close();
  }

  void organisation(const MessageParty& party) {
    out_.open("Organisation");
    out_.element("OrganisationName", party.name);
    if (!party.her_id.empty()) ident(party.her_id, kOrganizationKinds, "HER", "HER-id");
    if (!party.organization_number.empty())
      ident(party.organization_number, kOrganizationKinds, "ENH",
            "Organisasjonsnummeret i Enhetsregisteret");
    out_.close();
  }

  void name(const Element& person) {
    const Element name = person.child("name");
    std::string given, middle;
    name.forEachChild("given", [&](const Element& one) {
      std::string& part = given.empty() ? given : middle;
      if (!part.empty()) part += ' ';
      part += one.text();
    });
    out_.optional("FamilyName", name.textOf("family"));
    out_.optional("MiddleName", middle);
    out_.optional("GivenName", given);
  }

  void patient() {
    const Element owner = plan_.owner();
    out_.open("Patient");
    name(owner);
    constexpr std::size_t kDay = 10;
    if (owner.textOf("birthDate").size() == kDay)
      out_.element("DateOfBirth", owner.textOf("birthDate"));
    const std::string_view gender = owner.textOf("gender");
    if (gender == "male") out_.empty("Sex", {{"V", "1"}, {"DN", "Mann"}});
    if (gender == "female") out_.empty("Sex", {{"V", "2"}, {"DN", "Kvinne"}});
    for (const PersonNumber& kind : kPersonNumbers) {
      const std::string value = identifierOf(owner, std::string(kRoot) + std::string(kind.system));
      if (!value.empty()) ident(value, kPersonKinds, kind.code, kind.name);
    }
    out_.close();
  }

  void note() {
    out_.open("Document");
    out_.open("RefDoc");
    out_.empty("IssueDate", {{"V", time_}});
    out_.empty("MsgType", {{"V", "XML"}, {"DN", "XML-instans"}});
    out_.element("MimeType", "text/xml");
    out_.open("Content");
    out_.open("Dialogmelding", {{"xmlns", "http://www.kith.no/xmlstds/dialog/2006-10-11"},
                                {"xmlns:fk1", "http://www.kith.no/xmlstds/felleskomponent1"}});
    out_.open("Notat");
    out_.empty("TemaKodet",
               {{"V", "6"}, {"S", "2.16.578.1.12.4.1.1.7322"}, {"DN", "Henvendelse om pasient"}});
    out_.element("Tema", title_);
    out_.element("TekstNotatInnhold", "Individuell plan følger som vedlegg (PDF): " + title_ + ".");
    out_.element("DatoNotat", plan_.day());
    coordinators();
    out_.close();
    out_.close();
    out_.close();
    out_.close();
    out_.close();
  }

  void coordinators() {
    for (const Participant& one : plan_.set().participantsOf(plan_.plan())) {
      if (!coordinates(one, plan_.day()) || !one.member) continue;
      Element person = one.member;
      if (person.typeName() == "PractitionerRole")
        person = plan_.set().resolve(person.child("practitioner"));
      if (!person || person.typeName() != "Practitioner") continue;
      out_.open("RollerRelatertNotat");
      out_.empty(
          "RoleToPatient",
          {{"V", kCoordinator}, {"S", kFunctionList}, {"DN", "Koordinator Individuell plan"}});
      out_.open("HealthcareProfessional");
      name(person);
      if (const std::string hpr = identifierOf(person, std::string(kRoot) + "4"); !hpr.empty())
        ident(hpr, kPersonKinds, "HPR", "HPR-nummer", "fk1:");
      out_.close();
      out_.close();
    }
  }

  void attachment(std::string_view pdf) {
    out_.open("Document");
    out_.open("RefDoc");
    out_.empty("IssueDate", {{"V", time_}});
    out_.empty("MsgType", {{"V", "A"}, {"DN", "Vedlegg"}});
    out_.element("MimeType", "application/pdf");
    out_.element("Description", title_);
    out_.open("Content");
    out_.element("Base64Container", base64Encode(pdf),
                 {{"xmlns", "http://www.kith.no/xmlstds/base64container"}});
    out_.close();
    out_.close();
    out_.close();
  }

  const StoredPlan& plan_;
  const MessageParty& sender_;
  const MessageParty& receiver_;
  const std::string title_;
  const std::string time_;
  XmlText out_;
};

MessageParty coordinatingUnit(const StoredPlan& plan) {
  MessageParty party;
  plan.plan().forEachChild("careTeam", [&](const Element& reference) {
    const Element team = plan.set().resolve(reference);
    if (!team || !party.name.empty()) return;
    const Element unit = plan.set().resolve(team.child("managingOrganization"));
    if (!unit) return;
    party = {nameOf(unit), identifierOf(unit, std::string(kRoot) + "101"),
             identifierOf(unit, kHerId)};
  });
  return party;
}

bool isAddressable(const MessageParty& party) {
  return !party.name.empty() && !(party.organization_number.empty() && party.her_id.empty());
}

}  // namespace

Result<std::string> makeDialogmelding(const StoredPlan& plan, const DialogmeldingOptions& options,
                                      fhir::Language language) {
  if (!isAddressable(options.receiver))
    return fail(
        ErrorCode::kInvalidArgument,
        "a dialogmelding needs a receiver: its name, and its HER-id or organisation number");
  const MessageParty sender = options.sender.name.empty() ? coordinatingUnit(plan) : options.sender;
  if (!isAddressable(sender))
    return fail(ErrorCode::kInvalidArgument,
                "a dialogmelding needs a sender: the plan has no coordinating unit with an "
                "organisation number, and none was given");
  if (!plan.owner())
    return fail(ErrorCode::kInvalidArgument, "the plan's owner is not in the store");
  PLANBRO_ASSIGN_OR_RETURN(const std::string pdf,
                           makePdf(plan, language, PdfContent::kPagesAndPlan));
  return MessageWriter(plan, sender, options.receiver, language).write(pdf);
}

}  // namespace planbro::plan
