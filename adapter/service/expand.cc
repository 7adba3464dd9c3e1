// $expand. FHIR R4, valueset-operation-expand.html; docs/api/expand.md.
#include "json/builder.h"
#include "json/writer.h"
#include "service/asked_value_set.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "terminology/expansion.h"
#include "terminology/nodes.h"

namespace planbro::service {
namespace {

using terminology::Member;

constexpr std::uint32_t kMaxOffset = 10'000'000;
constexpr std::uint32_t kMaxPage = 10'000;

// How the members are to be shown, beside what chooses them.
struct Shown {
  bool designations = false;
  bool definition = false;
};

class ExpansionText {
 public:
  ExpansionText(const Call& call, const AskedValueSet& asked,
                const terminology::ExpansionRequest& request, const Shown& shown)
      : call_(call),
        asked_(asked),
        request_(request),
        shown_(shown),
        out_(&call.definitions().names()) {}

  std::string write(const terminology::Expansion& expansion) && {
    out_.beginObject();
    writeHead();
    out_.key("expansion").beginObject();
    out_.key("identifier").string("urn:uuid:" + call_.context->parts.ids->next());
    out_.key("timestamp").string(formatInstant(call_.context->now()));
    out_.key("total").number(std::to_string(expansion.total));
    if (request_.count.has_value()) out_.key("offset").number(std::to_string(request_.offset));
    writeParameters();
    if (!expansion.members.empty()) {
      out_.key("contains").beginArray();
      for (const Member& member : expansion.members) writeMember(member);
      out_.endArray();
    }
    out_.endObject();
    out_.endObject();
    return json::write(*std::move(out_).finish());
  }

 private:
  // The value set's own elements; of a bare code system those that tell what it is.
  void writeHead() {
    const json::Node* root = asked_.set->root();
    if (root == nullptr) {
      out_.key("resourceType").string("ValueSet");
      out_.key("url").string(asked_.set->url());
      out_.key("status").string("active");
      return;
    }
    for (const json::Node& member : root->children()) {
      const std::string_view name = member.name->text;
      if (name == "expansion" || name == "text" || (name == "compose" && !shown_.definition))
        continue;
      out_.key(name).copy(member, asked_.set->document());
    }
  }

  void parameter(std::string_view name, std::string_view type, std::string_view value) {
    out_.beginObject();
    out_.key("name").string(name);
    out_.key("value" + std::string(type));
    if (type == "Boolean") {
      out_.boolean(value == "true");
    } else if (type == "Integer") {
      out_.number(value);
    } else {
      out_.string(value);
    }
    out_.endObject();
  }

  void writeParameters() {
    out_.key("parameter").beginArray();
    if (!request_.filter.empty()) parameter("filter", "String", request_.filter);
    if (!request_.language.empty()) parameter("displayLanguage", "Code", request_.language);
    if (request_.active_only) parameter("activeOnly", "Boolean", "true");
    if (shown_.designations) parameter("includeDesignations", "Boolean", "true");
    if (request_.count.has_value()) {
      parameter("count", "Integer", std::to_string(*request_.count));
      parameter("offset", "Integer", std::to_string(request_.offset));
    }
    parameter("excludeNested", "Boolean", "true");
    for (const std::string& system : asked_.set->usedCodeSystems())
      parameter("version", "Uri", system);
    out_.endArray();
  }

  void writeMember(const Member& member) {
    out_.beginObject();
    if (!member.system.empty()) out_.key("system").string(member.system);
    if (member.abstract) out_.key("abstract").boolean(true);
    if (member.inactive) out_.key("inactive").boolean(true);
    out_.key("code").string(member.code);
    if (!member.display.empty()) out_.key("display").string(member.display);
    if (shown_.designations) writeDesignations(member);
    out_.endObject();
  }

  void writeDesignations(const Member& member) {
    bool open = false;
    const auto copyAll = [&](const json::Node& node, const json::DocumentPtr& from) {
      for (const json::Node& designation : terminology::listOf(node, "designation")) {
        if (!std::exchange(open, true)) out_.key("designation").beginArray();
        out_.copy(designation, from);
      }
    };
    if (member.listed != nullptr) copyAll(*member.listed, member.document);
    if (member.described != nullptr) copyAll(*member.described->node, member.source->document());
    if (open) out_.endArray();
  }

  const Call& call_;
  const AskedValueSet& asked_;
  const terminology::ExpansionRequest& request_;
  const Shown& shown_;
  json::Builder out_;
};

}  // namespace

Answer expand(const Call& call) {
  auto input = OperationInput::read(
      call, "$expand",
      {"url", "context", "contextDirection", "valueSet", "valueSetVersion", "filter", "offset",
       "count", "includeDesignations", "includeDefinition", "activeOnly", "displayLanguage",
       "excludeNested", "excludeNotForUI", "excludePostCoordinated"},
      "valueSet");
  if (!input.has_value()) return std::move(input.error());
  auto asked = askedValueSet(call, *input);
  if (!asked.has_value()) return std::move(asked.error());
  terminology::ExpansionRequest request;
  request.filter = input->text("filter");
  request.language = input->text("displayLanguage");
  const auto offset = input->number("offset", kMaxOffset);
  if (!offset.has_value()) return offset.error();
  const auto count = input->number("count", kMaxPage);
  if (!count.has_value()) return count.error();
  request.offset = offset->value_or(0);
  request.count = *count;
  Shown shown;
  for (const auto& [name, wanted] : {std::pair{"includeDesignations", &shown.designations},
                                     std::pair{"includeDefinition", &shown.definition},
                                     std::pair{"activeOnly", &request.active_only},
                                     std::pair{"excludeNotForUI", &request.selectable_only}}) {
    const auto flag = input->flag(name);
    if (!flag.has_value()) return flag.error();
    *wanted = flag->value_or(false);
  }
  const auto expansion = terminology::expand(*asked->set, request);
  if (!expansion.has_value()) return refuse(422, expansion.error());
  Answer answer;
  answer.resource = ExpansionText(call, *asked, request, shown).write(*expansion);
  answer.thinnable = true;
  return answer;
}

}  // namespace planbro::service
