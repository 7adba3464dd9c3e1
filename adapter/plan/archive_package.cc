#include "plan/archive_package.h"

#include <array>
#include <string_view>

#include "base/digest.h"
#include "json/writer.h"
#include "plan/narrative.h"
#include "plan/narrative_text.h"
#include "plan/pdf.h"
#include "plan/transaction.h"
#include "plan/xml_text.h"
#include "plan/zip_writer.h"

namespace planbro::plan {
namespace {

using fhir::Element;

constexpr std::string_view kNamespace =
    "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/arkivmelding/opprett/v1";
constexpr std::string_view kCatalogue =
    "https://ks-no.github.io/standarder/fiks-protokoll/fiks-arkiv/metadatakatalog/v1";
// offentleglova § 13, jf. helsepersonelloven § 21 and helse- og omsorgstjenesteloven § 12-1.
constexpr std::string_view kSecrecy =
    "Offl. § 13 jf. hpl. § 21 og helse- og omsorgstjenesteloven § 12-1";
constexpr std::string_view kPublicTitle = "Individuell plan";

struct Document {
  std::string name;
  std::string title;
  std::string_view type;     // MIME
  std::string_view format;   // of the file
  std::string_view variant;  // A: archive format, P: production format
  std::string_view attached;
  std::string_view attached_name;
  const std::string* bytes;
};

class MessageWriter {
 public:
  explicit MessageWriter(const StoredPlan& plan, fhir::Language language)
      : plan_(plan), title_(planTitle(plan.plan(), language)), time_(formatInstant(plan.newest())) {
    plan.plan().forEachChild("identifier", [&](const Element& identifier) {
      if (!key_.empty() || identifier.textOf("value").empty()) return;
      system_ = identifier.textOf("system");
      key_ = identifier.textOf("value");
    });
    if (key_.empty()) key_ = plan.plan().textOf("id");
    if (system_.empty()) system_ = "Planbro";
  }

  std::string write(std::span<const Document> documents) {
    out_.open("arkivmelding", {{"xmlns", kNamespace},
                               {"xmlns:n5mdk", kCatalogue},
                               {"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"}});
    out_.element("system", "Planbro");
    out_.element("antallFiler", std::to_string(documents.size()));
    folder();
    entry(documents);
    out_.close();
    return std::move(out_).finish();
  }

 private:
  void code(std::string_view name, std::string_view code, std::string_view text) {
    out_.open(name);
    out_.element("n5mdk:kode", code);
    out_.optional("n5mdk:beskrivelse", text);
    out_.close();
  }

  void externalKey(std::string_view key, std::string_view prefix = "") {
    out_.open(std::string(prefix) + "referanseEksternNoekkel");
    out_.element("n5mdk:fagsystem", system_);
    out_.element("n5mdk:noekkel", key);
    out_.close();
  }

  void person() {
    const Element owner = plan_.owner();
    const std::string name = owner ? nameOf(owner) : std::string();
    if (name.empty()) return;
    out_.open("part");
    std::string_view number;
    owner.forEachChild("identifier", [&](const Element& identifier) {
      if (number.empty() && identifier.textOf("system").starts_with("urn:oid:2.16.578.1.12.4.1.4."))
        number = identifier.textOf("value");
    });
    out_.element("partNavn", name);
    code("partRolle", "K", "Klient");
    if (!number.empty()) {
      out_.open("personID");
      out_.element("landkode", "NO");
      out_.element("identifikator", number);
      out_.close();
    }
    out_.element("erSkjermet", "true");
    out_.element("erPersonnavn", "true");
    out_.close();
  }

  void secrecy() {
    out_.open("skjerming");
    code("tilgangsrestriksjon", "13", "Unntatt etter offentleglova § 13");
    out_.element("skjermingshjemmel", kSecrecy);
    out_.close();
  }

  void folder() {
    out_.open("mappe", {{"xsi:type", "saksmappe"}});
    out_.element("tittel", title_);
    out_.element("offentligTittel", kPublicTitle);
    out_.optional("opprettetDato", createdTime());
    person();
    secrecy();
    externalKey(key_);
    const std::string_view status = plan_.plan().textOf("status");
    const bool closed = status == "completed" || status == "revoked";
    code("saksstatus", closed ? "A" : "B", closed ? "Avsluttet" : "Under behandling");
    out_.close();
  }

  // xs:dateTime has a time of day; CarePlan.created may be a day only.
  std::string createdTime() const {
    const std::string_view created = plan_.plan().textOf("created");
    constexpr std::size_t kDay = 10;
    if (created.size() == kDay) return std::string(created) + "T00:00:00";
    return created.size() > kDay ? std::string(created) : std::string();
  }

  void entry(std::span<const Document> documents) {
    out_.open("registrering", {{"xsi:type", "journalpost"}});
    out_.element("opprettetDato", time_);
    out_.open("referanseForelderMappe");
    externalKey(key_, "n5mdk:");
    out_.close();
    person();
    secrecy();
    int number = 0;
    for (const Document& one : documents) document(one, ++number);
    out_.element("tittel", title_);
    out_.element("offentligTittel", kPublicTitle);
    if (const std::string name = coordinatorName(plan_.set(), plan_.plan(), plan_.day());
        !name.empty())
      out_.element("forfatter", name);
    externalKey(key_ + " " + time_);
    code("journalposttype", "X", "Organinternt dokument uten oppfølging");
    code("journalstatus", "F", "Ferdigstilt av saksbehandler");
    out_.element("dokumentetsDato", plan_.day());
    out_.close();
  }

  void document(const Document& one, int number) {
    out_.open("dokumentbeskrivelse");
    code("dokumentstatus", "F", "Dokumentet er ferdigstilt");
    out_.element("tittel", one.title);
    out_.element("opprettetDato", time_);
    code("tilknyttetRegistreringSom", one.attached, one.attached_name);
    out_.element("dokumentnummer", std::to_string(number));
    secrecy();
    out_.open("dokumentobjekt");
    out_.element("versjonsnummer", "1");
    code("variantformat", one.variant, one.variant == "A" ? "Arkivformat" : "Produksjonsformat");
    code("format", one.format, "");
    out_.element("mimeType", one.type);
    out_.element("opprettetDato", time_);
    out_.element("filnavn", one.name);
    out_.element("referanseDokumentfil", one.name);
    out_.element("sjekksum", sha256Hex(*one.bytes));
    out_.element("sjekksumAlgoritme", "SHA-256");
    out_.element("filstoerrelse", std::to_string(one.bytes->size()));
    out_.close();
    out_.close();
  }

  const StoredPlan& plan_;
  const std::string title_;
  const std::string time_;
  std::string system_, key_;
  XmlText out_;
};

}  // namespace

Result<std::string> makeArchivePackage(const StoredPlan& plan, fhir::Language language) {
  // The Bundle lies beside it; archives take PDF/A-1 and -2, which carry no such files.
  PLANBRO_ASSIGN_OR_RETURN(std::string pdf, makePdf(plan, language, PdfContent::kPages));
  std::string bundle = json::write(*makeTransaction(plan)) + "\n";
  const std::array<Document, 2> documents{
      Document{"individuell-plan.pdf", planTitle(plan.plan(), language), "application/pdf", "PDF",
               "A", "H", "Hoveddokument", &pdf},
      Document{"individuell-plan.json", "Planen som FHIR-ressurser", "application/fhir+json",
               "JSON", "P", "V", "Vedlegg", &bundle}};
  std::string message = MessageWriter(plan, language).write(documents);
  const std::array<ZipFile, 3> files{ZipFile{"arkivmelding.xml", std::move(message)},
                                     ZipFile{documents[0].name, pdf},
                                     ZipFile{documents[1].name, bundle}};
  return zipOf(files, plan.newest());
}

}  // namespace planbro::plan
