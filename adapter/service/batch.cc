#include "service/batch.h"

#include "service/bundle_entry.h"
#include "service/outcome.h"

namespace planbro::service {

Answer batch(const Call& call) {
  std::vector<fhir::Element> entries;
  call.body.root().forEachChild("entry",
                                [&](const fhir::Element& entry) { entries.push_back(entry); });
  const std::size_t most = call.context->settings.max_entries;
  if (entries.size() > most)
    return refuse(413, "PB-4031", {std::to_string(entries.size()), std::to_string(most)});
  BundleText bundle("batch-response");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto entry = parseEntry(call, entries[i], i);
    if (!entry.has_value()) {
      addResponse(bundle, call, call, nullptr, entry.error());
      continue;
    }
    Answer answer = entry->route->run(entry->call);
    thin(entry->call, answer);
    placeInEntry(answer.issues, i);
    addResponse(bundle, call, entry->call, entry->route, answer);
  }
  return bundleAnswer(call, std::move(bundle));
}

}  // namespace planbro::service
