#include <algorithm>
#include <string_view>
#include <utility>

#include "plan/journal_document.h"
#include "plan/journal_export.h"
#include "plan/journal_nodes.h"

namespace planbro::plan {
namespace {

using json::Kind;
using json::Node;

// ---- CSV: a projection of the JSON form --------------------------------------------------------

// A column and where its value stands below the row's object. A list gives its first item; "ja" and
// "nei" stand for true and false.
struct Column {
  std::string_view name, path;
};
struct Table {
  std::string_view file;
  std::string_view rows;        // path of the objects; "" is the plan itself
  std::string_view rows_of;     // path of the objects that hold `rows`; "" is the plan
  std::string_view parent;      // column with the key of the row above
  std::string_view parent_key;  // its path in the object that holds the rows
  bool needed;                  // also without rows
  std::vector<Column> columns;
};

const std::vector<Table>& tables() {
  static const std::vector<Table> kTables{
      {"plans.csv",
       "",
       "",
       "",
       "",
       true,
       {{"plan_id", "planId"},
        {"kilde", "kilde"},
        {"fnr", "planeier.personnummer"},
        {"navn", "planeier.navn.tekst"},
        {"fornavn", "planeier.navn.fornavn"},
        {"mellomnavn", "planeier.navn.mellomnavn"},
        {"etternavn", "planeier.navn.etternavn"},
        {"kjonn", "planeier.kjonn"},
        {"fodselsdato", "planeier.fodselsdato"},
        {"telefon", "planeier.kontakt.telefon"},
        {"epost", "planeier.kontakt.epost"},
        {"adresse", "planeier.adresse.gate"},
        {"postnr", "planeier.adresse.postnummer"},
        {"poststed", "planeier.adresse.poststed"},
        {"sprak", "planeier.spraak"},
        {"tolk", "planeier.behovForTolk"},
        {"kommunikasjon", "planeier.slikSnakkerViSammen"},
        {"status", "status"},
        {"tittel", "tittel"},
        {"malform", "maalform"},
        {"opprettet", "opprettet"},
        {"fra", "periode.fra"},
        {"til", "periode.til"},
        {"neste_revisjon", "nesteRevisjon"},
        {"om_planen", "omPlanen"},
        {"hva_er_viktig", "hvaErViktig"},
        {"kommunestatus", "rapportering.kommune"},
        {"sykehusstatus", "rapportering.sykehus"},
        {"koordinatorstatus", "rapportering.koordinator"},
        {"koordinerende_enhet", "koordinerendeEnhet"},
        {"eksportert", "eksportert"}}},
      {"organizations.csv",
       "virksomheter",
       "",
       "plan_id",
       "planId",
       false,
       {{"virksomhet_id", "id"},
        {"orgnr", "orgnr"},
        {"navn", "navn"},
        {"telefon", "kontakt.telefon"},
        {"epost", "kontakt.epost"}}},
      {"participants.csv",
       "deltakere",
       "",
       "plan_id",
       "planId",
       true,
       {{"deltaker_id", "id"},
        {"type", "type"},
        {"rolle", "roller"},
        {"relasjon", "relasjon"},
        {"hpr", "hprNummer"},
        {"fnr", "personnummer"},
        {"navn", "navn.tekst"},
        {"fornavn", "navn.fornavn"},
        {"mellomnavn", "navn.mellomnavn"},
        {"etternavn", "navn.etternavn"},
        {"telefon", "kontakt.telefon"},
        {"epost", "kontakt.epost"},
        {"yrke", "yrkeskode"},
        {"yrkestittel", "yrkestittel"},
        {"virksomhet_id", "virksomhet"},
        {"mandat", "mandat"},
        {"status", "status"},
        {"fra", "periode.fra"},
        {"til", "periode.til"},
        {"bidrag", "bidrag"}}},
      {"consents.csv",
       "samtykker",
       "",
       "plan_id",
       "planId",
       true,
       {{"samtykke_id", "id"},
        {"type", "type"},
        {"status", "status"},
        {"dato", "dato"},
        {"gitt_av", "gittAv"},
        {"grunnlag", "grunnlag"},
        {"samtykkekompetanse", "samtykkekompetanse"},
        {"representant", "representant"},
        {"fra", "periode.fra"},
        {"til", "periode.til"},
        {"merknad", "merknad"}}},
      {"consent_provisions.csv",
       "tilganger",
       "samtykker",
       "samtykke_id",
       "id",
       false,
       {{"tilgang_id", "id"},
        {"deltaker_id", "deltakere"},
        {"tilgang", "tilgang"},
        {"fra", "periode.fra"},
        {"til", "periode.til"},
        {"formal", "formaal"},
        {"innhold", "innhold"}}},
      {"goals.csv",
       "maal",
       "",
       "plan_id",
       "planId",
       false,
       {{"mal_id", "id"},
        {"type", "type"},
        {"del_av", "delAv"},
        {"livsomrade", "livsomraade"},
        {"mal", "maal"},
        {"egne_ord", "egneOrd"},
        {"status", "status"},
        {"maloppnaelse", "maaloppnaaelse"},
        {"start", "start"},
        {"frist", "frist"},
        {"behov", "behov"},
        {"merknad", "merknader"}}},
      {"measures.csv",
       "tiltak",
       "",
       "plan_id",
       "planId",
       false,
       {{"tiltak_id", "id"},
        {"tiltak", "navn"},
        {"tjeneste", "tjeneste"},
        {"gjennomforing", "gjennomforing"},
        {"status", "status"},
        {"r4_status", "r4Status"},
        {"ganger", "omfang.ganger"},
        {"per", "omfang.per"},
        {"omfang", "omfang.tekst"},
        {"fra", "periode.fra"},
        {"til", "periode.til"},
        {"ansvarlig", "ansvarlige"},
        {"utforer", "utforere"},
        {"mal", "maal"},
        {"vedtak", "vedtak"},
        {"framdrift", "framdrift.tekst"},
        {"framdrift_dato", "framdrift.dato"},
        {"framdrift_av", "framdrift.av"}}},
      {"cooperation.csv",
       "samarbeid",
       "",
       "plan_id",
       "planId",
       false,
       {{"type", "type"}, {"virksomhet_id", "virksomhet"}, {"tekst", "tekst"}}},
      {"meetings.csv",
       "moter",
       "",
       "plan_id",
       "planId",
       false,
       {{"mote_id", "id"},
        {"status", "status"},
        {"tittel", "tittel"},
        {"start", "start"},
        {"slutt", "slutt"},
        {"sted", "sted"},
        {"referat", "referat"}}},
      {"meeting_participants.csv",
       "deltakere",
       "moter",
       "mote_id",
       "id",
       false,
       {{"deltaker_id", ""}}},
      {"meeting_agenda.csv", "dagsorden", "moter", "mote_id", "id", false, {{"sak", ""}}},
      {"evaluations.csv",
       "evalueringer",
       "",
       "plan_id",
       "planId",
       false,
       {{"evaluering_id", "id"},
        {"dato", "dato"},
        {"av", "av"},
        {"maloppnaelse", "maaloppnaaelse"},
        {"samarbeid", "samarbeidet"},
        {"opplevelse", "egenOpplevelse"},
        {"endringer", "endringer"}}},
      {"sub_plans.csv",
       "delplaner",
       "",
       "plan_id",
       "planId",
       false,
       {{"delplan_id", "id"},
        {"type", "type"},
        {"status", "status"},
        {"tittel", "tittel"},
        {"fra", "periode.fra"},
        {"til", "periode.til"},
        {"ansvarlig", "ansvarlig"}}},
      {"sub_plan_sections.csv",
       "innhold",
       "delplaner",
       "delplan_id",
       "id",
       false,
       {{"overskrift", "overskrift"}, {"tekst", "tekst"}}},
      {"steps.csv",
       "hendelser",
       "",
       "plan_id",
       "planId",
       false,
       {{"steg_id", "id"}, {"type", "type"}, {"dato", "dato"}, {"av", "av"}, {"tekst", "tekst"}}},
      {"documents.csv",
       "dokumenter",
       "",
       "plan_id",
       "planId",
       false,
       {{"dokument_id", "id"},
        {"type", "type"},
        {"tittel", "tittel"},
        {"dato", "dato"},
        {"filtype", "filtype"},
        {"url", "url"},
        {"innhold", "innhold"}}},
      {"notes.csv",
       "merknader",
       "",
       "plan_id",
       "planId",
       false,
       {{"tekst", "tekst"}, {"tid", "tid"}, {"av", "av"}}},
      {"details.csv",
       "detaljer",
       "",
       "plan_id",
       "planId",
       false,
       {{"del", "del"},
        {"id", "id"},
        {"felt", "felt"},
        {"system", "system"},
        {"verdi", "verdi"},
        {"navn", "navn"},
        {"tekst", "tekst"},
        {"tid", "tid"},
        {"av", "av"},
        {"bruk", "bruk"}}}};
  return kTables;
}

// What stands at "a.b.c" below `node`; of lists the first item.
const Node* at(const Node* node, std::string_view path) {
  while (node != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (node->kind == Kind::kArray) node = node->size == 0 ? nullptr : &node->children().front();
    node = member(node, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  if (node != nullptr && node->kind == Kind::kArray)
    node = node->size == 0 ? nullptr : &node->children().front();
  return node;
}

class TableWriter {
 public:
  explicit TableWriter(std::vector<Column> columns, std::string_view parent)
      : columns_(std::move(columns)) {
    text_ = "\xEF\xBB\xBF";
    std::string line;
    if (!parent.empty()) cell(parent, line);
    for (const Column& column : columns_) cell(column.name, line);
    end(line);
  }

  void row(std::string_view parent, bool has_parent, const Node* object,
           std::string_view extra = {}) {
    std::string line;
    if (has_parent) cell(parent, line);
    for (const Column& column : columns_) {
      if (column.name == "type" && !extra.empty()) {
        cell(extra, line);
        continue;
      }
      const Node* value = at(object, column.path);
      if (value == nullptr || value->isContainer() || value->kind == Kind::kNull) {
        cell({}, line);
      } else if (value->kind == Kind::kTrue || value->kind == Kind::kFalse) {
        cell(value->kind == Kind::kTrue ? "ja" : "nei", line);
      } else {
        cell(value->text(), line);
      }
    }
    end(line);
    ++rows_;
  }

  std::size_t rows() const { return rows_; }
  std::string finish() && { return std::move(text_); }

 private:
  // RFC 4180, with ';'.
  static void cell(std::string_view value, std::string& line) {
    if (value.find_first_of(";\"\r\n") == std::string_view::npos) {
      line += value;
    } else {
      line += '"';
      for (const char c : value) {
        if (c == '"') line += '"';
        line += c;
      }
      line += '"';
    }
    line += ';';
  }

  void end(std::string& line) {
    line.pop_back();
    text_ += line + "\r\n";
  }

  std::vector<Column> columns_;
  std::string text_;
  std::size_t rows_ = 0;
};

// Needs, resources and function are three lists in JSON and one table in CSV.
ZipFile assessments(const Node* plan) {
  TableWriter table({{"kartlegging_id", "id"},
                     {"type", "type"},
                     {"livsomrade", "livsomraade"},
                     {"tekst", "tekst"},
                     {"dato", "dato"}},
                    "plan_id");
  constexpr std::pair<std::string_view, std::string_view> kLists[] = {
      {"ressurser", "ressurs"}, {"funksjon", "funksjon"}, {"behov", "behov"}};
  for (const auto& [name, type] : kLists) {
    for (const Node& one : itemsOf(member(plan, "kartlegging"), name))
      table.row(textOf(plan, "planId"), true, &one, type);
  }
  if (table.rows() == 0) return {};
  return {"assessments.csv", std::move(table).finish()};
}

}  // namespace

std::vector<ZipFile> journalCsv(const Node& plan) {
  std::vector<ZipFile> files;
  const json::DocumentPtr document = journalDocument(plan, Lists::kFirst);
  const Node* journal = at(&document->root(), "planer");
  for (const Table& table : tables()) {
    TableWriter out(table.columns, table.parent);
    if (table.rows.empty()) {
      out.row({}, false, journal);
    } else {
      const auto holders = table.rows_of.empty() ? std::span<const Node>(journal, 1)
                                                 : itemsOf(journal, table.rows_of);
      for (const Node& holder : holders) {
        for (const Node& one : itemsOf(&holder, table.rows))
          out.row(textOf(&holder, table.parent_key), true, &one);
      }
    }
    if (out.rows() > 0 || table.needed)
      files.push_back({std::string(table.file), std::move(out).finish()});
  }
  if (ZipFile assessed = assessments(journal); !assessed.name.empty())
    files.push_back(std::move(assessed));
  return files;
}

}  // namespace planbro::plan
