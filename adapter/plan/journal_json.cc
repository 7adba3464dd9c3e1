#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "json/writer.h"
#include "plan/journal_document.h"
#include "plan/journal_export.h"
#include "plan/journal_members.h"
#include "plan/journal_nodes.h"

namespace planbro::plan {
namespace {

using json::Kind;
using json::Node;
using Number = JournalMembers::Number;

constexpr Number kPersonNumber{"personnummer", ""};
constexpr Number kHprNumber{"hprNummer", "urn:oid:2.16.578.1.12.4.1.4.4"};
constexpr Number kOrganizationNumber{"orgnr", "urn:oid:2.16.578.1.12.4.1.4.101"};

class JournalWriter {
 public:
  explicit JournalWriter(Lists lists) : to_(lists) {}

  json::DocumentPtr write(const Node& plan) {
    json::Builder& out = to_.out();
    out.beginObject();
    out.key("format").string("fagsystem-plan");
    out.key("versjon").string("1");
    out.key("planer").beginArray();
    out.beginObject();
    planMembers(&plan);
    details();
    out.endObject();
    out.endArray();
    out.endObject();
    return std::move(out).finish();
  }

 private:
  // The items of `from`, each an object and, for its details, `from` with its key.
  template <typename Write>
  void parts(std::string_view name, const Node* plan, std::string_view from, Write&& write) {
    to_.list(name, itemsOf(plan, from), [&](const Node* one) {
      to_.details().begin(from, textOf(one, "key"));
      to_.text("id", one, "key");
      write(one);
    });
  }

  void details() {
    const auto& rows = to_.details().rows();
    if (rows.empty()) return;
    json::Builder& out = to_.out();
    out.key("detaljer").beginArray();
    for (const JournalDetails::Row& row : rows) {
      out.beginObject();
      for (const auto& [field, text] : row) out.key(field).string(text);
      out.endObject();
    }
    out.endArray();
  }

  // ---- the plan ------------------------------------------------------------------------------

  void planMembers(const Node* plan) {
    planItself(plan);
    if (const Node* person = member(plan, "owner"); person != nullptr) {
      to_.details().begin("owner", "owner");
      to_.object("planeier", [&] { owner(person); });
    }
    parts("virksomheter", plan, "organization", [&](const Node* one) {
      to_.identifiers(one, std::array{kOrganizationNumber});
      to_.text("navn", one, "name");
      to_.contact(one);
    });
    to_.text("koordinerendeEnhet", plan, "coordinatingUnit");
    parts("deltakere", plan, "participant", [&](const Node* one) { participant(one); });
    parts("samtykker", plan, "consent", [&](const Node* one) { consent(one); });
    assessment(plan);
    parts("maal", plan, "goal", [&](const Node* one) { goal(one); });
    parts("tiltak", plan, "measure", [&](const Node* one) { measure(one); });
    to_.list("samarbeid", itemsOf(plan, "cooperation"), [&](const Node* one) {
      to_.word("type", "journal-cooperation-kind", textOf(one, "kind"));
      to_.text("virksomhet", one, "organization");
      to_.text("tekst", one, "text");
    });
    course(plan);
    to_.list("merknader", itemsOf(plan, "note"), [&](const Node* one) {
      to_.text("av", one, "authorString");
      to_.text("tid", one, "time");
      to_.text("tekst", one, "text");
    });
    to_.text("eksportert", member(plan, "source"), "exported");
  }

  void planItself(const Node* plan) {
    to_.details().begin("plan", "plan");
    const auto identifiers = itemsOf(plan, "identifier");
    if (!identifiers.empty()) {
      to_.text("planId", &identifiers.front(), "value");
      to_.text("kilde", &identifiers.front(), "system");
      for (const Node& more : identifiers.subspan(1)) to_.details().identifier(more);
      const std::string_view source = textOf(member(plan, "source"), "system");
      if (!source.empty() && source != textOf(&identifiers.front(), "system"))
        to_.details().value("source.system", source);
    }
    to_.word("status", "journal-plan-status", textOf(plan, "status"));
    to_.text("tittel", plan, "title");
    to_.text("maalform", plan, "language");
    to_.text("opprettet", plan, "created");
    to_.period(plan);
    to_.text("nesteRevisjon", plan, "nextReview");
    to_.text("omPlanen", plan, "description");
    to_.text("hvaErViktig", plan, "ownWords");
    to_.object("rapportering", [&] {
      to_.codingWord("kommune", plan, "municipalStatus", "national-9336");
      to_.codingWord("sykehus", plan, "hospitalStatus", "national-8705");
      to_.codingWord("koordinator", plan, "coordinatorStatus", "national-9188");
    });
  }

  void owner(const Node* person) {
    to_.identifiers(person, std::array{kPersonNumber});
    to_.name(person);
    to_.word("kjonn", "journal-gender", textOf(person, "gender"));
    to_.text("fodselsdato", person, "birthDate");
    to_.contact(person);
    if (const auto addresses = itemsOf(person, "address"); !addresses.empty())
      address(addresses.front());
    languages(person);
    if (const Node* needed = member(person, "interpreterRequired"); needed != nullptr)
      to_.out().key("behovForTolk").boolean(needed->kind == Kind::kTrue);
    to_.text("slikSnakkerViSammen", person, "communicationNeeds");
  }

  void address(const Node& one) {
    const auto lines = itemsOf(&one, "line");
    to_.object("adresse", [&] {
      if (!lines.empty()) to_.put("gate", lines.front().text());
      to_.text("postnummer", &one, "postalCode");
      to_.text("poststed", &one, "city");
    });
    if (lines.size() > 1) {
      for (const Node& more : lines.subspan(1)) to_.details().value("address.line", more.text());
    }
    for (const std::string_view name : {"use", "type", "text", "district", "state", "country"}) {
      if (const auto text = textOf(&one, name); !text.empty())
        to_.details().value("address." + std::string(name), text);
    }
  }

  // A bare code of a language, as the members have them.
  static bool isBare(const Node& one, bool preferred) {
    const Node* language = member(&one, "language");
    const auto codings = itemsOf(language, "coding");
    return (textOf(&one, "preferred") == "true") == preferred && one.size == (preferred ? 2 : 1) &&
           codings.size() == 1 && language->size == 1 && codings.front().size == 2 &&
           textOf(&codings.front(), "system") == "urn:ietf:bcp:47";
  }

  // The first of the list is the preferred one.
  void languages(const Node* person) {
    const Node* preferred = nullptr;
    const auto spoken = itemsOf(person, "communication");
    for (const Node& one : spoken) {
      if (preferred == nullptr && isBare(one, true)) preferred = &one;
    }
    const auto code = [](const Node& one) {
      return textOf(&itemsOf(member(&one, "language"), "coding").front(), "code");
    };
    if (preferred != nullptr) {
      to_.out().key("spraak").beginArray();
      to_.out().string(code(*preferred));
    }
    for (const Node& one : spoken) {
      if (&one == preferred) continue;
      if (preferred != nullptr && to_.lists() == Lists::kWhole && isBare(one, false)) {
        to_.out().string(code(one));
      } else {
        to_.details().language(one);
      }
    }
    if (preferred != nullptr) to_.out().endArray();
  }

  void participant(const Node* one) {
    to_.word("type", "journal-participant-kind", textOf(one, "kind"));
    to_.codeables("roller", one, "role", "journal-role");
    relationship(one);
    to_.identifiers(one, std::array{kHprNumber, kPersonNumber});
    to_.name(one);
    to_.contact(one);
    to_.codeable("yrkeskode", "yrkestittel", one, "profession", "national-9060");
    to_.text("virksomhet", one, "organization");
    to_.text("mandat", one, "mandate");
    to_.word("status", "journal-participant-status", textOf(one, "status"));
    to_.period(one);
    to_.texts("bidrag", one, "contribution");
  }

  // A list in the plan, one word in the form.
  void relationship(const Node* one) {
    bool said = false;
    for (const Node& relation : itemsOf(one, "relationship")) {
      const auto codings = itemsOf(&relation, "coding");
      const std::string_view word =
          codings.size() == 1 && relation.size == 1 && !said
              ? JournalWords::builtin().exactWordFor("national-7317", codings.front())
              : std::string_view();
      to_.put("relasjon", word);
      said = said || !word.empty();
      if (word.empty()) to_.details().codings("relationship", relation, true);
    }
  }

  void consent(const Node* one) {
    to_.word("type", "journal-consent-kind", textOf(one, "kind"));
    to_.word("status", "journal-consent-status", textOf(one, "status"));
    to_.text("dato", one, "date");
    to_.texts("gittAv", one, "givenBy");
    to_.codingWord("grunnlag", one, "basis", "national-9230");
    representation(one);
    to_.period(one);
    to_.text("merknad", one, "comment");
    std::size_t number = 0;
    to_.list("tilganger", itemsOf(one, "provision"), [&](const Node* provision) {
      const std::string id = std::string(textOf(one, "key")) + "/" + std::to_string(++number);
      this->provision(provision, id);
    });
  }

  // Both lists stand in one element of the plan; the codes tell them apart.
  void representation(const Node* one) {
    constexpr std::pair<std::string_view, std::string_view> kLists[] = {
        {"samtykkekompetanse", "national-9245"}, {"representant", "national-9211"}};
    const JournalWords& words = JournalWords::builtin();
    const auto codings = itemsOf(one, "representation");
    for (const auto& [name, map] : kLists) {
      bool open = false;
      for (const Node& coding : codings) {
        const std::string_view word = words.exactWordFor(map, coding);
        if (word.empty()) continue;
        if (open && to_.lists() == Lists::kFirst) {
          to_.details().coding("representation", coding);
          continue;
        }
        if (!open) to_.out().key(name).beginArray();
        open = true;
        to_.out().string(word);
      }
      if (open) to_.out().endArray();
    }
    for (const Node& coding : codings) {
      if (words.exactWordFor("national-9245", coding).empty() &&
          words.exactWordFor("national-9211", coding).empty())
        to_.details().coding("representation", coding);
    }
  }

  // Its id is there for its details only.
  void provision(const Node* one, const std::string& id) {
    to_.details().begin("provision", id);
    const std::size_t before = to_.details().rows().size();
    to_.texts("deltakere", one, "participant");
    const std::string_view type = textOf(one, "type");
    if (!type.empty()) to_.out().key("tilgang").boolean(type == "permit");
    to_.period(one);
    purposes(one);
    to_.codeables("innhold", one, "content", "journal-plan-content");
    if (to_.details().rows().size() > before) to_.put("id", id);
  }

  void purposes(const Node* one) {
    bool open = false;
    for (const Node& purpose : itemsOf(one, "purpose")) {
      const bool is_reason = purpose.size == 2 && textOf(&purpose, "system") ==
                                                      "http://terminology.hl7.org/CodeSystem/"
                                                      "v3-ActReason";
      if (!is_reason || (open && to_.lists() == Lists::kFirst)) {
        to_.details().coding("purpose", purpose);
        continue;
      }
      if (!open) to_.out().key("formaal").beginArray();
      open = true;
      to_.out().string(textOf(&purpose, "code"));
    }
    if (open) to_.out().endArray();
  }

  void lifeArea(const Node* one) {
    to_.codeable("livsomraade", "", one, "lifeArea", "journal-life-area");
  }

  void assessment(const Node* plan) {
    to_.object("kartlegging", [&] {
      const auto note = [&](const Node* one) {
        lifeArea(one);
        to_.text("tekst", one, "text");
        to_.text("dato", one, "date");
      };
      parts("ressurser", plan, "strength", note);
      parts("funksjon", plan, "function", note);
      parts("behov", plan, "need", [&](const Node* one) {
        lifeArea(one);
        to_.codeable("", "tekst", one, "code", "");
        to_.text("dato", one, "date");
      });
    });
  }

  void goal(const Node* one) {
    to_.word("type", "journal-goal-kind", textOf(one, "kind"));
    to_.text("delAv", one, "partOf");
    lifeArea(one);
    to_.text("maal", one, "description");
    to_.text("egneOrd", one, "ownWords");
    to_.word("status", "journal-goal-status", textOf(one, "status"));
    to_.codeable("maaloppnaaelse", "", one, "achievement", "journal-achievement");
    to_.text("start", one, "startDate");
    to_.text("frist", one, "targetDate");
    to_.texts("behov", one, "need");
    to_.texts("merknader", one, "note");
  }

  void measure(const Node* one) {
    to_.codeable("tjeneste", "navn", one, "code", "national-9151");
    to_.text("gjennomforing", one, "description");
    measureStatus(one);
    schedule(member(one, "schedule"));
    to_.texts("ansvarlige", one, "responsible");
    to_.texts("utforere", one, "performer");
    to_.texts("maal", one, "goal");
    to_.text("vedtak", one, "decision");
    auto progress = itemsOf(one, "progress");
    if (to_.lists() == Lists::kFirst && !progress.empty()) {
      for (const Node& more : progress.subspan(1)) to_.details().annotation("progress", more);
      progress = progress.first(1);
    }
    to_.list("framdrift", progress, [&](const Node* note) {
      to_.text("av", note, "authorString");
      to_.text("dato", note, "time");
      to_.text("tekst", note, "text");
    });
  }

  // The national code says R4's status, too, unless they are not each other's.
  void measureStatus(const Node* one) {
    to_.codingWord("status", one, "nationalStatus", "national-9238");
    const JournalWords& words = JournalWords::builtin();
    const Node* national = member(one, "nationalStatus");
    const std::string_view word =
        national == nullptr ? "" : words.exactWordFor("national-9238", *national);
    const std::string_view status = textOf(one, "status");
    if (word.empty() || words.codeFor("measure-status", word) != status)
      to_.put("r4Status", status);
  }

  void schedule(const Node* timing) {
    const Node* repeat = member(timing, "repeat");
    to_.period(repeat, "boundsPeriod");
    const Node* words = member(timing, "code");
    const std::string_view times = textOf(repeat, "frequency");
    const std::string_view unit =
        JournalWords::builtin().wordFor("journal-time-unit", "", textOf(repeat, "periodUnit"));
    const bool is_plain = !times.empty() && textOf(repeat, "period") == "1" && !unit.empty();
    if (is_plain || !textOf(words, "text").empty()) {
      to_.object("omfang", [&] {
        if (is_plain) {
          to_.out().key("ganger").number(times);
          to_.put("per", unit);
        }
        to_.text("tekst", words, "text");
      });
    }
    if (words != nullptr) to_.details().codings("schedule.code", *words, false);
    for (const Node& event : itemsOf(timing, "event"))
      to_.details().value("schedule.event", event.text());
    if (repeat == nullptr) return;
    for (const Node& one : repeat->children()) {
      const std::string_view name = one.name->text;
      if (name == "boundsPeriod" ||
          (is_plain && (name == "frequency" || name == "period" || name == "periodUnit")))
        continue;
      for (const Node& value : itemsOf(repeat, name))
        to_.details().value("schedule." + std::string(name), value.text());
    }
  }

  // ---- what happens along the way -------------------------------------------------------------

  void course(const Node* plan) {
    parts("moter", plan, "meeting", [&](const Node* one) {
      to_.word("status", "journal-meeting-status", textOf(one, "status"));
      to_.text("tittel", one, "title");
      to_.text("start", one, "start");
      to_.text("slutt", one, "end");
      to_.text("sted", one, "place");
      to_.allTexts("deltakere", one, "participant");
      to_.allTexts("dagsorden", one, "agenda");
      to_.text("referat", one, "minutes");
    });
    parts("evalueringer", plan, "evaluation", [&](const Node* one) {
      to_.text("dato", one, "date");
      to_.texts("av", one, "by");
      to_.text("maaloppnaaelse", one, "goalAttainment");
      to_.text("samarbeidet", one, "workingMethod");
      to_.text("egenOpplevelse", one, "experience");
      to_.text("endringer", one, "changes");
    });
    parts("delplaner", plan, "subPlan", [&](const Node* one) { subPlan(one); });
    parts("hendelser", plan, "step", [&](const Node* one) {
      to_.word("type", "journal-process-step", textOf(one, "kind"));
      to_.text("dato", one, "date");
      to_.text("av", one, "by");
      to_.text("tekst", one, "text");
    });
    parts("dokumenter", plan, "document", [&](const Node* one) {
      to_.codeable("type", "", one, "type", "national-9602");
      to_.text("tittel", one, "title");
      to_.text("dato", one, "date");
      to_.text("filtype", one, "contentType");
      to_.text("innhold", one, "data");
      to_.text("url", one, "url");
    });
  }

  void subPlan(const Node* one) {
    to_.codeable("type", "", one, "type", "journal-sub-plan-type");
    to_.word("status", "journal-plan-status", textOf(one, "status"));
    to_.text("tittel", one, "title");
    to_.period(one);
    to_.text("ansvarlig", one, "responsible");
    to_.list("innhold", itemsOf(one, "section"), [&](const Node* section) {
      to_.text("overskrift", section, "title");
      to_.text("tekst", section, "text");
    });
  }

  JournalMembers to_;
};

}  // namespace

json::DocumentPtr journalDocument(const Node& plan, Lists lists) {
  return JournalWriter(lists).write(plan);
}

std::string journalJson(const Node& plan) {
  return json::write(*journalDocument(plan, Lists::kWhole), {.pretty = true}) + "\n";
}

}  // namespace planbro::plan
