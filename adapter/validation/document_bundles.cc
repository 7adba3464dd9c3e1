// What a Bundle of type document holds together: everything the Composition names is there, once,
// and everything that is there hangs on the Composition. In one of type message everything hangs on
// the MessageHeader.
//
// References are resolved as bundle.html has it, without the leniency other rules allow themselves:
// relative ones by the address of the entry they stand in.
// Source: FHIR R4, documents.html (3.3.1), messaging.html (2.4.2), bundle.html (2.36.4 resolving
// references in Bundles).
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

struct Entry {
  Element resource;
  std::string_view full_url;
  std::string_view version;
  Element entry;
};

// Calls `visit(text, element)` for everything below `element` that may name another resource.
// Depth is bounded by that of the document.
template <typename Visit>
void forEachMention(const Element& element, Visit&& visit) {
  element.forEachChild([&](const Element& child) {
    const std::string_view type = child.typeName();
    if (child.hasValue()) {
      const bool address = type == "uri" || type == "url" || type == "canonical";
      if (address || child.name() == "reference") visit(child.text(), child);
      if (type != "xhtml") return;
      // Pictures and links of the narrative.
      const std::string_view text = child.text();
      for (const std::string_view attribute : {"src=\"", "href=\""}) {
        for (std::size_t at = text.find(attribute); at != std::string_view::npos;
             at = text.find(attribute, at + 1)) {
          const std::size_t start = at + attribute.size();
          visit(text.substr(start, text.find('"', start) - start), child);
        }
      }
      return;
    }
    forEachMention(child, visit);
  });
}

class DocumentCheck {
 public:
  explicit DocumentCheck(const RuleContext& context) : context_(context) {
    context.resource.forEachChild("entry", [&](const Element& entry) {
      const Element resource = entry.child("resource");
      const Element meta = resource ? resource.child("meta") : Element();
      entries_.push_back({resource, entry.textOf("fullUrl"),
                          meta ? meta.textOf("versionId") : std::string_view{}, entry});
      by_url_[entries_.back().full_url].push_back(static_cast<std::uint32_t>(entries_.size() - 1));
    });
  }

  // Of type message: what the MessageHeader leads to. What is loose can still be read: a warning.
  void runMessage() {
    if (entries_.empty() || !entries_[0].resource ||
        entries_[0].resource.typeName() != "MessageHeader")
      return;  // bdl-12
    checkConnected("PB-2044", {});
  }

  void run() {
    if (entries_.empty() || !entries_[0].resource ||
        entries_[0].resource.typeName() != "Composition")
      return;  // bdl-11
    const PathLink entry{&context_.link, "entry", 0, {}};
    const PathLink resource{&entry, "resource", -1, {}};
    const PathLink link{&resource, {}, -1, "Composition"};
    checkComposition(entries_[0].resource, link);
    checkConnected("PB-1408", checkStyleSheets());
  }

 private:
  // The entries a reference of entry `from` leads to: none, one, or several versions.
  std::vector<std::uint32_t> resolve(std::string_view reference, std::uint32_t from) const;
  void checkComposition(const Element& composition, const PathLink& link);
  void checkSections(const Element& holder, const PathLink& link);
  void checkReferences(const Element& holder, const PathLink& link, std::string_view name);
  void checkReference(const Element& reference, const PathLink& link);
  std::vector<std::uint32_t> checkStyleSheets();
  void checkConnected(std::string_view code, std::vector<std::uint32_t> roots);

  const RuleContext& context_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_url_;
};

std::vector<std::uint32_t> DocumentCheck::resolve(std::string_view reference,
                                                  std::uint32_t from) const {
  constexpr std::string_view kHistory = "/_history/";
  if (reference.empty() || reference.starts_with('#')) return {};
  const std::size_t history = reference.find(kHistory);
  std::string_view version;
  if (history != std::string_view::npos) {
    version = reference.substr(history + kHistory.size());
    reference = reference.substr(0, history);
  }
  reference = reference.substr(0, reference.find('#'));
  std::string url(reference);
  if (reference.find(':') == std::string_view::npos) {
    const std::string_view base = entries_[from].full_url;
    if (base.starts_with("urn:uuid:") || base.starts_with("urn:oid:")) {
      url = std::string(base.substr(0, base.find(':', 4) + 1)) +
            std::string(reference.substr(reference.rfind('/') + 1));
    } else {
      const std::size_t id = base.rfind('/');
      const std::size_t type =
          id == std::string_view::npos || id == 0 ? id : base.rfind('/', id - 1);
      if (type == std::string_view::npos) return {};
      url = std::string(base.substr(0, type + 1)) + std::string(reference);
    }
  }
  const auto found = by_url_.find(url);
  if (found == by_url_.end()) return {};
  if (version.empty()) return found->second;
  std::vector<std::uint32_t> matching;
  for (const std::uint32_t index : found->second) {
    if (entries_[index].version == version) matching.push_back(index);
  }
  return matching;
}

void DocumentCheck::checkReference(const Element& reference, const PathLink& link) {
  const std::string_view text = reference.textOf("reference");
  if (text.empty() || text.starts_with('#')) return;
  const std::size_t found = resolve(text, 0).size();
  if (found == 0) context_.report("PB-1406", link, reference, {std::string(text)});
  if (found > 1)
    context_.report("PB-1407", link, reference, {std::string(text), std::to_string(found)});
}

void DocumentCheck::checkReferences(const Element& holder, const PathLink& link,
                                    std::string_view name) {
  // Whether a link has an index is told by the element, as in every other path.
  holder.forEachChild(name, [&, index = 0](const Element& reference) mutable {
    const bool list = reference.member() != nullptr && reference.member()->is(fhir::Member::kList);
    const PathLink at{&link, name, list ? index++ : -1, {}};
    checkReference(reference, at);
  });
}

void DocumentCheck::checkComposition(const Element& composition, const PathLink& link) {
  for (const std::string_view name : {"subject", "encounter", "author", "custodian"})
    checkReferences(composition, link, name);
  forEachAt(composition, link, "attester", [&](const Element& attester, const PathLink& at) {
    checkReferences(attester, at, "party");
  });
  forEachAt(composition, link, "event", [&](const Element& event, const PathLink& at) {
    checkReferences(event, at, "detail");
  });
  checkSections(composition, link);
}

void DocumentCheck::checkSections(const Element& holder, const PathLink& link) {
  forEachAt(holder, link, "section", [&](const Element& section, const PathLink& at) {
    for (const std::string_view name : {"author", "focus", "entry"})
      checkReferences(section, at, name);
    checkSections(section, at);
  });
}

// The entries of style sheets, which hang on the links that name them (documents.html, 3.3.1.2).
std::vector<std::uint32_t> DocumentCheck::checkStyleSheets() {
  std::vector<std::uint32_t> sheets;
  forEachAt(context_.resource, context_.link, "link", [&](const Element& link, const PathLink& at) {
    const std::string_view url = link.textOf("url");
    if (link.textOf("relation") != "stylesheet" || url.empty()) return;
    const auto found = resolve(url, 0);
    sheets.insert(sheets.end(), found.begin(), found.end());
    // An absolute one may lie elsewhere.
    if (!found.empty() || url.find(':') != std::string_view::npos) return;
    const PathLink place{&at, "url", -1, {}};
    context_.report("PB-1409", place, link.child("url"), {std::string(url)});
  });
  return sheets;
}

// In either direction: a Provenance refers to what it is about.
void DocumentCheck::checkConnected(std::string_view code, std::vector<std::uint32_t> waiting) {
  std::vector<std::vector<std::uint32_t>> neighbours(entries_.size());
  for (std::uint32_t from = 0; from < entries_.size(); ++from) {
    if (!entries_[from].resource) continue;
    forEachMention(entries_[from].resource, [&](std::string_view text, const Element&) {
      for (const std::uint32_t to : resolve(text, from)) {
        neighbours[from].push_back(to);
        neighbours[to].push_back(from);
      }
    });
  }
  std::vector<bool> reached(entries_.size(), false);
  waiting.push_back(0);
  for (const std::uint32_t root : waiting) reached[root] = true;
  while (!waiting.empty()) {
    const std::uint32_t at = waiting.back();
    waiting.pop_back();
    for (const std::uint32_t next : neighbours[at]) {
      if (reached[next]) continue;
      reached[next] = true;
      waiting.push_back(next);
    }
  }
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (reached[i] || !entries_[i].resource) continue;
    const PathLink link{&context_.link, "entry", static_cast<std::int32_t>(i), {}};
    context_.report(code, link, entries_[i].entry, {std::string(entries_[i].full_url)});
  }
}

}  // namespace

void checkDocumentBundle(const RuleContext& context) {
  const std::string_view type = context.resource.textOf("type");
  if (type == "document") DocumentCheck(context).run();
  if (type == "message") DocumentCheck(context).runMessage();
}

}  // namespace planbro::validation
