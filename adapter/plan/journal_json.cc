#include <string_view>
#include <utility>

#include "json/builder.h"
#include "json/writer.h"
#include "plan/journal_export.h"
#include "plan/journal_nodes.h"
#include "plan/journal_words.h"

namespace planbro::plan {
namespace {

using json::Kind;
using json::Node;

constexpr std::string_view kIdentifierRoot = "urn:oid:2.16.578.1.12.4.1.4.";

class JournalWriter {
 public:
  std::string write(const Node& plan) {
    out_.beginObject();
    out_.key("format").string("fagsystem-plan");
    out_.key("versjon").string("1");
    out_.key("planer").beginArray();
    planObject(&plan);
    out_.endArray();
    out_.endObject();
    return json::write(*std::move(out_).finish(), {.pretty = true}) + "\n";
  }

 private:
  // ---- values --------------------------------------------------------------------------------

  void put(std::string_view name, std::string_view value) {
    if (!value.empty()) out_.key(name).string(value);
  }
  // A text (or date) under another name.
  void text(std::string_view name, const Node* node, std::string_view from) {
    put(name, textOf(node, from));
  }
  void texts(std::string_view name, const Node* node, std::string_view from) {
    const auto items = itemsOf(node, from);
    if (items.empty()) return;
    out_.key(name).beginArray();
    for (const Node& item : items) out_.string(item.text());
    out_.endArray();
  }
  void word(std::string_view name, std::string_view map, std::string_view code) {
    put(name, words_.wordFor(map, "", code));
  }
  // Of a Coding, or of the first coding of a CodeableConcept.
  std::string_view wordOf(const Node* coding, std::string_view map) const {
    if (coding == nullptr) return {};
    const auto inside = itemsOf(coding, "coding");
    if (!inside.empty()) coding = &inside.front();
    return words_.wordFor(map, textOf(coding, "system"), textOf(coding, "code"));
  }
  void codingWord(std::string_view name, const Node* coding, std::string_view map) {
    put(name, wordOf(coding, map));
  }
  void codingWords(std::string_view name, const Node* node, std::string_view from,
                   std::string_view map) {
    bool open = false;
    for (const Node& item : itemsOf(node, from)) {
      const std::string_view found = wordOf(&item, map);
      if (found.empty()) continue;
      if (!open) out_.key(name).beginArray();
      open = true;
      out_.string(found);
    }
    if (open) out_.endArray();
  }

  template <typename Write>
  void object(std::string_view name, Write&& write) {
    out_.key(name).beginObject();
    write();
    out_.endObject();
  }
  template <typename Write>
  void list(std::string_view name, const Node* node, std::string_view from, Write&& write) {
    const auto items = itemsOf(node, from);
    if (items.empty()) return;
    out_.key(name).beginArray();
    for (const Node& item : items) {
      out_.beginObject();
      write(&item);
      out_.endObject();
    }
    out_.endArray();
  }

  // ---- parts that several objects have -------------------------------------------------------

  void period(const Node* node, std::string_view from = "period") {
    const Node* found = member(node, from);
    if (found == nullptr) return;
    object("periode", [&] {
      text("fra", found, "start");
      text("til", found, "end");
    });
  }

  void contact(const Node* node) {
    std::string_view phone, email;
    for (const Node& telecom : itemsOf(node, "telecom")) {
      std::string_view& place = textOf(&telecom, "system") == "email" ? email : phone;
      if (place.empty()) place = textOf(&telecom, "value");
    }
    if (phone.empty() && email.empty()) return;
    object("kontakt", [&] {
      put("telefon", phone);
      put("epost", email);
    });
  }

  void name(const Node* node) {
    const auto names = itemsOf(node, "name");
    if (names.empty()) return;
    const Node& first = names.front();
    object("navn", [&] {
      const auto given = itemsOf(&first, "given");
      if (!given.empty()) put("fornavn", given.front().text());
      if (given.size() > 1) put("mellomnavn", given[1].text());
      text("etternavn", &first, "family");
    });
  }

  void personNumber(const Node* node) {
    for (const Node& identifier : itemsOf(node, "identifier")) {
      const std::string_view system = textOf(&identifier, "system");
      if (system.starts_with(kIdentifierRoot) &&
          (system.ends_with(".4.1") || system.ends_with(".4.2") || system.ends_with(".4.3"))) {
        text("personnummer", &identifier, "value");
        return;
      }
    }
  }

  void identifier(std::string_view name, const Node* node, std::string_view kind) {
    for (const Node& one : itemsOf(node, "identifier")) {
      if (textOf(&one, "system") == std::string(kIdentifierRoot) + std::string(kind)) {
        text(name, &one, "value");
        return;
      }
    }
  }

  void lifeArea(const Node* node) {
    const auto areas = itemsOf(node, "lifeArea");
    if (!areas.empty()) codingWord("livsomraade", &areas.front(), "journal-life-area");
  }

  // ---- the plan ------------------------------------------------------------------------------

  void planObject(const Node* plan) {
    out_.beginObject();
    const auto identifiers = itemsOf(plan, "identifier");
    if (!identifiers.empty()) {
      text("planId", &identifiers.front(), "value");
      text("kilde", &identifiers.front(), "system");
    }
    word("status", "journal-plan-status", textOf(plan, "status"));
    text("tittel", plan, "title");
    text("maalform", plan, "language");
    text("opprettet", plan, "created");
    period(plan);
    text("nesteRevisjon", plan, "nextReview");
    text("omPlanen", plan, "description");
    text("hvaErViktig", plan, "ownWords");
    object("rapportering", [&] {
      codingWord("kommune", member(plan, "municipalStatus"), "national-9336");
      codingWord("sykehus", member(plan, "hospitalStatus"), "national-8705");
      codingWord("koordinator", member(plan, "coordinatorStatus"), "national-9188");
    });
    if (const Node* person = member(plan, "owner"); person != nullptr)
      object("planeier", [&] { owner(person); });
    list("virksomheter", plan, "organization", [&](const Node* one) {
      text("id", one, "key");
      identifier("orgnr", one, "101");
      text("navn", one, "name");
      contact(one);
    });
    text("koordinerendeEnhet", plan, "coordinatingUnit");
    list("deltakere", plan, "participant", [&](const Node* one) { participant(one); });
    list("samtykker", plan, "consent", [&](const Node* one) { consent(one); });
    object("kartlegging", [&] {
      const auto note = [&](const Node* one) {
        text("id", one, "key");
        lifeArea(one);
        text("tekst", one, "text");
        text("dato", one, "date");
      };
      list("ressurser", plan, "strength", note);
      list("funksjon", plan, "function", note);
      list("behov", plan, "need", [&](const Node* one) {
        text("id", one, "key");
        lifeArea(one);
        text("tekst", member(one, "code"), "text");
        text("dato", one, "date");
      });
    });
    list("maal", plan, "goal", [&](const Node* one) { goal(one); });
    list("tiltak", plan, "measure", [&](const Node* one) { measure(one); });
    list("samarbeid", plan, "cooperation", [&](const Node* one) {
      word("type", "journal-cooperation-kind", textOf(one, "kind"));
      text("virksomhet", one, "organization");
      text("tekst", one, "text");
    });
    list("moter", plan, "meeting", [&](const Node* one) {
      text("id", one, "key");
      word("status", "journal-meeting-status", textOf(one, "status"));
      text("tittel", one, "title");
      text("start", one, "start");
      text("slutt", one, "end");
      text("sted", one, "place");
      texts("deltakere", one, "participant");
      texts("dagsorden", one, "agenda");
      text("referat", one, "minutes");
    });
    list("evalueringer", plan, "evaluation", [&](const Node* one) {
      text("id", one, "key");
      text("dato", one, "date");
      texts("av", one, "by");
      text("maaloppnaaelse", one, "goalAttainment");
      text("samarbeidet", one, "workingMethod");
      text("egenOpplevelse", one, "experience");
      text("endringer", one, "changes");
    });
    list("delplaner", plan, "subPlan", [&](const Node* one) { subPlan(one); });
    list("hendelser", plan, "step", [&](const Node* one) {
      text("id", one, "key");
      word("type", "journal-process-step", textOf(one, "kind"));
      text("dato", one, "date");
      text("av", one, "by");
      text("tekst", one, "text");
    });
    list("dokumenter", plan, "document", [&](const Node* one) {
      text("id", one, "key");
      codingWord("type", member(one, "type"), "national-9602");
      text("tittel", one, "title");
      text("dato", one, "date");
      text("filtype", one, "contentType");
      text("innhold", one, "data");
      text("url", one, "url");
    });
    list("merknader", plan, "note", [&](const Node* one) {
      text("av", one, "authorString");
      text("tid", one, "time");
      text("tekst", one, "text");
    });
    text("eksportert", member(plan, "source"), "exported");
    out_.endObject();
  }

  void owner(const Node* person) {
    personNumber(person);
    name(person);
    word("kjonn", "journal-gender", textOf(person, "gender"));
    text("fodselsdato", person, "birthDate");
    contact(person);
    if (const auto addresses = itemsOf(person, "address"); !addresses.empty()) {
      object("adresse", [&] {
        const auto lines = itemsOf(&addresses.front(), "line");
        if (!lines.empty()) put("gate", lines.front().text());
        text("postnummer", &addresses.front(), "postalCode");
        text("poststed", &addresses.front(), "city");
      });
    }
    if (const auto spoken = itemsOf(person, "communication"); !spoken.empty()) {
      out_.key("spraak").beginArray();
      // The preferred one comes first.
      for (const bool preferred : {true, false}) {
        for (const Node& one : spoken) {
          if ((textOf(&one, "preferred") == "true") != preferred) continue;
          const auto codings = itemsOf(member(&one, "language"), "coding");
          if (!codings.empty()) out_.string(textOf(&codings.front(), "code"));
        }
      }
      out_.endArray();
    }
    if (const Node* needed = member(person, "interpreterRequired"); needed != nullptr)
      out_.key("behovForTolk").boolean(needed->kind == Kind::kTrue);
    text("slikSnakkerViSammen", person, "communicationNeeds");
  }

  void participant(const Node* one) {
    text("id", one, "key");
    word("type", "journal-participant-kind", textOf(one, "kind"));
    codingWords("roller", one, "role", "journal-role");
    if (const auto relations = itemsOf(one, "relationship"); !relations.empty())
      codingWord("relasjon", &relations.front(), "national-7317");
    identifier("hprNummer", one, "4");
    personNumber(one);
    name(one);
    contact(one);
    const Node* profession = member(one, "profession");
    codingWord("yrkeskode", profession, "national-9060");
    text("yrkestittel", profession, "text");
    text("virksomhet", one, "organization");
    text("mandat", one, "mandate");
    word("status", "journal-participant-status", textOf(one, "status"));
    period(one);
    texts("bidrag", one, "contribution");
  }

  void consent(const Node* one) {
    text("id", one, "key");
    word("type", "journal-consent-kind", textOf(one, "kind"));
    word("status", "journal-consent-status", textOf(one, "status"));
    text("dato", one, "date");
    texts("gittAv", one, "givenBy");
    codingWord("grunnlag", member(one, "basis"), "national-9230");
    codingWords("samtykkekompetanse", one, "representation", "national-9245");
    codingWords("representant", one, "representation", "national-9211");
    period(one);
    text("merknad", one, "comment");
    list("tilganger", one, "provision", [&](const Node* provision) {
      texts("deltakere", provision, "participant");
      const std::string_view type = textOf(provision, "type");
      if (!type.empty()) out_.key("tilgang").boolean(type == "permit");
      period(provision);
      if (const auto purposes = itemsOf(provision, "purpose"); !purposes.empty()) {
        out_.key("formaal").beginArray();
        for (const Node& purpose : purposes) out_.string(textOf(&purpose, "code"));
        out_.endArray();
      }
      codingWords("innhold", provision, "content", "journal-plan-content");
    });
  }

  void goal(const Node* one) {
    text("id", one, "key");
    word("type", "journal-goal-kind", textOf(one, "kind"));
    text("delAv", one, "partOf");
    lifeArea(one);
    text("maal", one, "description");
    text("egneOrd", one, "ownWords");
    word("status", "journal-goal-status", textOf(one, "status"));
    codingWord("maaloppnaaelse", member(one, "achievement"), "journal-achievement");
    text("start", one, "startDate");
    text("frist", one, "targetDate");
    texts("behov", one, "need");
    texts("merknader", one, "note");
  }

  void measure(const Node* one) {
    text("id", one, "key");
    const Node* code = member(one, "code");
    codingWord("tjeneste", code, "national-9151");
    text("navn", code, "text");
    text("gjennomforing", one, "description");
    codingWord("status", member(one, "nationalStatus"), "national-9238");
    const Node* schedule = member(one, "schedule");
    const Node* repeat = member(schedule, "repeat");
    period(repeat, "boundsPeriod");
    const Node* words = member(schedule, "code");
    const std::string_view times = textOf(repeat, "frequency");
    if (!times.empty() || !textOf(words, "text").empty()) {
      object("omfang", [&] {
        if (!times.empty()) out_.key("ganger").number(times);
        word("per", "journal-time-unit", textOf(repeat, "periodUnit"));
        text("tekst", words, "text");
      });
    }
    texts("ansvarlige", one, "responsible");
    texts("utforere", one, "performer");
    texts("maal", one, "goal");
    text("vedtak", one, "decision");
    list("framdrift", one, "progress", [&](const Node* progress) {
      text("dato", progress, "time");
      text("tekst", progress, "text");
    });
  }

  void subPlan(const Node* one) {
    text("id", one, "key");
    codingWord("type", member(one, "type"), "journal-sub-plan-type");
    word("status", "journal-plan-status", textOf(one, "status"));
    text("tittel", one, "title");
    period(one);
    text("ansvarlig", one, "responsible");
    list("innhold", one, "section", [&](const Node* section) {
      text("overskrift", section, "title");
      text("tekst", section, "text");
    });
  }

  const JournalWords& words_ = JournalWords::builtin();
  json::Builder out_;
};

}  // namespace

std::string journalJson(const Node& plan) { return JournalWriter().write(plan); }

}  // namespace planbro::plan
