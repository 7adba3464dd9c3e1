// $meta of a resource, of one version of it, of a type and of the system; $meta-add and
// $meta-delete. FHIR R4, resource-operation-meta.html, -meta-add.html, -meta-delete.html;
// docs/api/meta.md.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "json/builder.h"
#include "json/writer.h"
#include "search/parameters.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/parameters_text.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

constexpr std::size_t kMaxGathered = 100'000;  // resources with meta that are gone through

// What $meta gathers, each once.
struct Labels {
  using Code = std::tuple<std::string, std::string, std::string>;  // system, code, display
  std::set<std::string> profiles;
  std::set<Code> security, tags;

  void add(const fhir::Element& meta) {
    meta.forEachChild("profile", [&](const fhir::Element& profile) {
      if (!profile.text().empty()) profiles.emplace(profile.text());
    });
    addCodes(meta, "security", security);
    addCodes(meta, "tag", tags);
  }
  std::size_t size() const { return profiles.size() + security.size() + tags.size(); }

  std::string parameters() const {
    json::Builder out(&fhir::Definitions::r4().names());
    out.beginObject();
    out.key("resourceType").string("Parameters");
    out.key("parameter").beginArray();
    out.beginObject();
    out.key("name").string("return");
    out.key("valueMeta").beginObject();
    write(out);
    out.endObject();
    out.endObject();
    out.endArray();
    out.endObject();
    return json::write(*std::move(out).finish());
  }

  static void addCodes(const fhir::Element& meta, std::string_view name, std::set<Code>& to) {
    meta.forEachChild(name, [&](const fhir::Element& coding) {
      to.emplace(coding.textOf("system"), coding.textOf("code"), coding.textOf("display"));
    });
  }
  // Members of a Meta.
  void write(json::Builder& out) const {
    if (size() == 0) return writeAbsence(out);
    if (!profiles.empty()) {
      out.key("profile").beginArray();
      for (const std::string& profile : profiles) out.string(profile);
      out.endArray();
    }
    writeCodes(out, "security", security);
    writeCodes(out, "tag", tags);
  }

 private:
  // An element is never empty (ele-1), and a parameter has a value (inv-1).
  static void writeAbsence(json::Builder& out) {
    out.key("extension").beginArray();
    out.beginObject();
    out.key("url").string("http://hl7.org/fhir/StructureDefinition/data-absent-reason");
    out.key("valueCode").string("not-applicable");
    out.endObject();
    out.endArray();
  }
  static void writeCodes(json::Builder& out, std::string_view name, const std::set<Code>& codes) {
    if (codes.empty()) return;
    out.key(name).beginArray();
    for (const auto& [system, code, display] : codes) {
      out.beginObject();
      if (!system.empty()) out.key("system").string(system);
      if (!code.empty()) out.key("code").string(code);
      if (!display.empty()) out.key("display").string(display);
      out.endObject();
    }
    out.endArray();
  }
};

// True of resources of the type that have a profile, tag or label.
store::Predicate isLabelled(const search::Parameters& parameters, std::string_view type) {
  store::Predicate any;
  any.op = store::Predicate::Op::kOr;
  for (const std::string_view code : {"_profile", "_security", "_tag"}) {
    const search::Parameter* parameter = parameters.find(type, code);
    if (parameter == nullptr) continue;
    store::Predicate missing;
    missing.op = store::Predicate::Op::kMissing;
    missing.row.kind =
        parameter->type == search::ParameterType::kReference ? store::IndexRow::Kind::kReference
        : parameter->type == search::ParameterType::kUri     ? store::IndexRow::Kind::kUri
                                                             : store::IndexRow::Kind::kToken;
    missing.row.parameter = code;
    store::Predicate& present = any.children.emplace_back();
    present.op = store::Predicate::Op::kNot;
    present.children.push_back(std::move(missing));
  }
  return any;
}

// Adds the labels of all resources of the type; the refusal if there are too many.
std::optional<Answer> gather(const Call& call, std::string_view type, store::Reader& view,
                             Labels& labels, std::size_t& gathered) {
  store::Query query;
  query.type = type;
  query.where = isLabelled(*call.context->parts.parameters, type);
  query.count = call.context->settings.max_count;
  while (true) {
    auto page = view.search(query);
    if (!page.has_value()) return refuse(page.error());
    for (store::Version& version : page->matches) {
      if (++gathered > kMaxGathered) return refuse(422, "PB-6077", {std::to_string(kMaxGathered)});
      const fhir::ReadOutcome read = fhir::readJson(std::move(version.body), call.definitions());
      if (read.resource) labels.add(read.resource.root().child("meta"));
    }
    if (!page->next.has_value()) return std::nullopt;
    query.cursor = std::move(page->next);
  }
}

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view() : member->text();
}

// Two profiles, or two codes: the same system and code.
bool isSame(const json::Node& a, const json::Node& b) {
  if (!a.isContainer() || !b.isContainer()) return a.text() == b.text();
  return textOf(a, "system") == textOf(b, "system") && textOf(a, "code") == textOf(b, "code");
}

bool holds(const json::Node* list, const json::Node& item) {
  if (list == nullptr) return false;
  const auto& items = list->children();
  return std::any_of(items.begin(), items.end(),
                     [&](const json::Node& one) { return isSame(one, item); });
}

struct Change {
  const json::Node* asked;  // a Meta
  json::DocumentPtr from;
  bool add = false;
};

// One list of a Meta as the change leaves it. What stays is as it was.
void writeChanged(json::Builder& out, std::string_view name, const json::Node* list,
                  const fhir::Resource& resource, const Change& change) {
  const json::Node* asked = change.asked->member(name);
  std::vector<std::pair<const json::Node*, const json::DocumentPtr*>> items;
  if (list != nullptr) {
    for (const json::Node& item : list->children()) {
      if (change.add || !holds(asked, item)) items.emplace_back(&item, &resource.document());
    }
  }
  if (change.add && asked != nullptr) {
    for (const json::Node& item : asked->children()) {
      if (!holds(list, item)) items.emplace_back(&item, &change.from);
    }
  }
  if (items.empty()) return;
  out.key(name).beginArray();
  for (const auto& [item, document] : items) out.copy(*item, *document);
  out.endArray();
}

fhir::Resource withChangedMeta(const fhir::Resource& resource, const Change& change) {
  const json::Node& root = resource.document()->root();
  const json::Node* meta = root.member("meta");
  json::Builder out(&resource.definitions().names());
  out.beginObject();
  for (const json::Node& member : root.children()) {
    if (&member != meta) out.key(member.name->text).copy(member, resource.document());
  }
  out.key("meta").beginObject();
  static constexpr std::array<std::string_view, 3> kLists = {"profile", "security", "tag"};
  if (meta != nullptr) {
    for (const json::Node& member : meta->children()) {
      const std::string_view name = member.name->text;
      if (std::find(kLists.begin(), kLists.end(), name) == kLists.end())
        out.key(name).copy(member, resource.document());
    }
  }
  for (const std::string_view name : kLists)
    writeChanged(out, name, meta == nullptr ? nullptr : meta->member(name), resource, change);
  out.endObject();
  out.endObject();
  return {std::move(out).finish(
              [&](json::DocumentMaker& maker) { fhir::bind(maker, resource.definitions()); }),
          resource.definitions()};
}

// The answer, whose resource is one with a meta, with that meta instead.
Answer onlyMeta(const Call& call, Answer answer) {
  if (answer.refused() || answer.resource.empty()) return answer;
  const fhir::ReadOutcome stored = fhir::readJson(std::move(answer.resource), call.definitions());
  const json::Node* found =
      stored.resource ? stored.resource.document()->root().member("meta") : nullptr;
  if (found == nullptr) return refuse(500, "PB-4050");  // the service writes one into every version
  ParametersText out;
  out.copy("return", "valueMeta", *found, stored.resource.document());
  answer.resource = std::move(out).finish();
  answer.thinnable = false;
  return answer;
}

Answer changeMeta(const Call& call, std::string_view operation, bool add) {
  const auto input = OperationInput::read(call, operation, {"meta"});
  if (!input.has_value()) return input.error();
  const fhir::Element asked = input->value("meta");
  if (!asked) return input->missing("meta");
  const Change change{asked.value(), call.body.document(), add};
  Answer answer = inTransaction(call, [&](WriteSession& session) -> Answer {
    auto current = currentVersion(session.transaction, call.type, call.id);
    if (!current.has_value()) return std::move(current.error());
    const fhir::ReadOutcome stored = fhir::readJson(std::move(current->body), call.definitions());
    if (!stored.resource) return refuse(500, stored.issues);
    Call written = call;
    written.body = withChangedMeta(stored.resource, change);
    std::vector<fhir::Issue> warnings;
    if (auto refused = refusedBody(written, warnings)) return std::move(*refused);
    Draft draft = makeDraft(*call.context, written.body, call.id, {}, DraftIndex::kWhenWritten);
    return putUpdate(session, draft, call.conditions, false);
  });
  return onlyMeta(call, std::move(answer));
}

}  // namespace

Answer meta(const Call& call) {
  return onlyMeta(call, call.version_id.empty() ? read(call) : readVersion(call));
}

Answer metaOfMany(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  return withView(call, [&](store::Reader& view) -> Answer {
    Labels labels;
    std::size_t gathered = 0;
    for (const fhir::Type& type : call.definitions().types()) {
      if (type.kind != fhir::TypeKind::kResource || type.abstract) continue;
      if (!call.type.empty() && call.type != type.name) continue;
      if (auto refused = gather(call, type.name, view, labels, gathered))
        return std::move(*refused);
    }
    Answer answer;
    answer.resource = labels.parameters();
    return answer;
  });
}

Answer metaAdd(const Call& call) { return changeMeta(call, "$meta-add", true); }

Answer metaDelete(const Call& call) { return changeMeta(call, "$meta-delete", false); }

}  // namespace planbro::service
