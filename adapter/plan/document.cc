#include "plan/document.h"

#include <string>
#include <vector>

#include "base/ids.h"
#include "fhir/canonical_base.h"
#include "json/builder.h"
#include "plan/code_names.h"
#include "plan/narrative.h"
#include "plan/narrative_text.h"
#include "plan/plan_set.h"
#include "plan/stored_plan.h"

namespace planbro::plan {
namespace {

using fhir::Element;

class DocumentWriter {
 public:
  DocumentWriter(const StoredPlan& stored, fhir::Language language, std::string identity,
                 std::string_view base)
      : set_(stored.set()),
        plan_(stored.plan()),
        language_(language),
        time_(formatInstant(stored.newest())),
        identity_(std::move(identity)),
        base_(base),
        out_(&fhir::Definitions::r4().names()) {}

  json::DocumentPtr write() {
    out_.beginObject();
    out_.key("resourceType").string("Bundle");
    out_.key("identifier").beginObject();
    out_.key("system").string("urn:ietf:rfc:3986");
    out_.key("value").string("urn:uuid:" + identity_);
    out_.endObject();
    out_.key("type").string("document");
    out_.key("timestamp").string(time_);
    out_.key("entry").beginArray();
    entry("urn:uuid:" + identity_, [&] { composition(); });
    for (const PlanResource& one : set_.resources()) {
      if (one.address.find('#') != std::string::npos) continue;  // comes with its container
      entry(base_ + "/" + one.address, [&] { out_.copy(*one.element.value(), one.document); });
    }
    out_.endArray();
    out_.endObject();
    return std::move(out_).finish(
        [](json::DocumentMaker& maker) { fhir::bind(maker, fhir::Definitions::r4()); });
  }

 private:
  template <typename Write>
  void entry(const std::string& full_url, Write&& write) {
    out_.beginObject();
    out_.key("fullUrl").string(full_url);
    out_.key("resource");
    write();
    out_.endObject();
  }

  void composition() {
    const std::string today = time_.substr(0, 10);
    out_.beginObject();
    out_.key("resourceType").string("Composition");
    out_.key("id").string(identity_);
    out_.key("language").string(tagOf(language_));
    narrative(planNarrative(set_, plan_, language_, today));
    out_.key("status").string("final");
    out_.key("type").beginObject();
    out_.key("coding").beginArray();
    out_.beginObject();
    out_.key("system").string(kDocumentTypes);
    out_.key("code").string(kIndividualPlan);
    out_.key("display").string("Individuell plan");
    out_.endObject();
    out_.endArray();
    out_.endObject();
    copyReference("subject", plan_.child("subject"));
    out_.key("date").string(time_);
    out_.key("author").beginArray();
    authors(today);
    out_.endArray();
    out_.key("title").string(planTitle(plan_, language_));
    sections(today);
    out_.endObject();
  }

  // Composition.author is required: who wrote the plan, else who coordinates it, else whose it is.
  void authors(std::string_view today) {
    Element author = plan_.child("author");
    if (!author) {
      for (const Participant& one : set_.participantsOf(plan_)) {
        if (coordinates(one, today)) author = one.element.child("member");
      }
    }
    if (!author) author = plan_.child("subject");
    reference(author);
  }

  void sections(const std::string& today) {
    const auto all = planSections(set_, plan_, language_, today);
    out_.key("section").beginArray();
    // The plan itself is an entry of the document through this first section.
    out_.beginObject();
    out_.key("title").string("Individuell plan");
    out_.key("entry").beginArray();
    address(plan_);
    out_.endArray();
    out_.endObject();
    for (const NarrativeSection& one : all) {
      const bool says = hasWords(one.html);  // a narrative is never empty (txt-2), nor a section
      if (!says && one.entries.empty()) continue;
      out_.beginObject();
      out_.key("title").string(one.title);
      if (says) narrative("<div xmlns=\"http://www.w3.org/1999/xhtml\">" + one.html + "</div>");
      if (!one.entries.empty()) {
        out_.key("entry").beginArray();
        for (const Element& element : one.entries) address(element);
        out_.endArray();
      }
      out_.endObject();
    }
    out_.endArray();
  }

  void narrative(const std::string& div) {
    out_.key("text").beginObject();
    out_.key("status").string("generated");
    out_.key("div").string(div);
    out_.endObject();
  }

  // Absolute: the Composition's own fullUrl is a urn, under which relative references mean nothing.
  void address(const Element& resource) {
    out_.beginObject();
    out_.key("reference").string(base_ + "/" + std::string(set_.addressOf(resource)));
    out_.endObject();
  }

  void copyReference(std::string_view name, const Element& element) {
    if (!element) return;
    out_.key(name);
    reference(element);
  }

  void reference(const Element& element) {
    const Element target = set_.resolve(element);
    if (target) {
      address(target);
      return;
    }
    out_.beginObject();
    if (const std::string_view shown = element.textOf("display"); !shown.empty())
      out_.key("display").string(shown);
    out_.endObject();
  }

  const PlanSet& set_;
  const Element plan_;
  const fhir::Language language_;
  const std::string time_;
  const std::string identity_;
  const std::string base_;
  json::Builder out_;
};

}  // namespace

json::DocumentPtr makeDocument(const StoredPlan& plan, fhir::Language language,
                               std::string_view base) {
  // The identity follows from which versions it shows and how, so that the same document is never
  // told twice under two names.
  const std::string name =
      std::string(base) + " " + std::string(tagOf(language)) + plan.fingerprint();
  return DocumentWriter(plan, language, nameUuid(name), base).write();
}

Result<json::DocumentPtr> makeDocument(store::Reader& reader, const store::Version& plan,
                                       fhir::Language language, std::string_view base) {
  PLANBRO_ASSIGN_OR_RETURN(const StoredPlan stored, StoredPlan::read(reader, plan));
  return makeDocument(stored, language, base);
}

}  // namespace planbro::plan
