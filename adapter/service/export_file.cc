// One file of a bulk export: NDJSON, made while it is sent. docs/api/export.md.
#include <algorithm>
#include <memory>

#include "base/log.h"
#include "service/export_job.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/routes.h"
#include "service/view.h"

namespace planbro::service {
namespace {

// Pages through the listing; keeps no view of the store open between two pieces, so that a slow
// client holds nothing.
class Lines {
 public:
  Lines(const Call& call, store::Query query)
      : store_(call.context->parts.store), visibility_(call.visibility), query_(std::move(query)) {}

  // The next page as lines. Where the store fails the client sees an incomplete transfer, and takes
  // it up again.
  Streamed next(std::string& out) {
    const auto view = visibleSnapshot(*store_, visibility_);
    auto page = view.has_value() ? (*view)->search(query_)
                                 : Result<store::SearchPage>(std::unexpected(view.error()));
    if (!page.has_value()) {
      log::error("an export broke off: {}", page.error().message);
      return Streamed::kBroken;
    }
    for (const store::Version& version : page->matches) {
      out += version.body;
      out += '\n';
    }
    query_.cursor = std::move(page->next);
    return query_.cursor.has_value() ? Streamed::kMore : Streamed::kLast;
  }

 private:
  store::Store* store_;
  std::shared_ptr<const Visibility> visibility_;
  store::Query query_;
};

}  // namespace

Answer exportFile(const Call& call) {
  if (auto refused = refusedParameters(call, {"after"}, false)) return std::move(*refused);
  return withView(call, [&](store::Reader& view) -> Answer {
    const auto job = exportJobOf(call, view);
    if (!job.has_value()) return job.error();
    const auto types = exportedTypes(call, *job);
    if (!std::binary_search(types.begin(), types.end(), call.type))
      return refuse(404, "PB-4073", {call.type});
    auto query = exportQuery(call, *job, call.type, view);
    if (!query.has_value()) return std::move(query.error());
    if (const auto after = call.parameter("after")) {
      if (!isId(*after)) return refuse(400, "PB-4010", {std::string(*after)});
      const auto shown = view.history(exportedVersion(*job, call.type, *after));
      if (!shown.has_value()) return refuse(shown.error());
      if (shown->empty()) return refuse(404, "PB-4001", {call.type, std::string(*after)});
      query->after = shown->front().sequence;
    }
    Answer answer;
    answer.plain.emplace();
    answer.plain->headers.set("Content-Type", "application/fhir+ndjson");
    answer.plain->headers.set("Cache-Control", "no-store");
    answer.plain->stream = [lines = std::make_shared<Lines>(call, std::move(*query))](
                               std::string& piece) { return lines->next(piece); };
    return answer;
  });
}

}  // namespace planbro::service
