// The items of a questionnaire or of a response to one, with those inside others. FHIR R4,
// questionnaire.html. Internal to validation/.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fhir/element.h"

namespace planbro::validation {

// Calls `visit(item, parent)` for every item below `root`, in document order and an item before
// those inside it. What it returns is the `parent` of these; that of the outermost is -1. What
// stands inside an answer is inside its item. No recursion: how deep they lie is the sender's
// choice.
template <typename Visit>
void forEachNestedItem(const fhir::Element& root, Visit&& visit) {
  struct Waiting {
    fhir::Element item;
    std::int32_t parent;
  };
  std::vector<Waiting> waiting;  // the next one last
  const auto push = [&](const fhir::Element& holder, std::int32_t parent) {
    const std::size_t first = waiting.size();
    const auto wait = [&](const fhir::Element& item) { waiting.push_back({item, parent}); };
    holder.forEachChild("item", wait);
    holder.forEachChild("answer",
                        [&](const fhir::Element& answer) { answer.forEachChild("item", wait); });
    std::reverse(waiting.begin() + static_cast<std::ptrdiff_t>(first), waiting.end());
  };
  push(root, -1);
  while (!waiting.empty()) {
    const Waiting next = waiting.back();
    waiting.pop_back();
    push(next.item, visit(next.item, next.parent));
  }
}

// Has each of `items`, which stand in that order with their `parent`, end where the last one inside
// it ends.
template <typename Items>
void endBehindNested(Items& items) {
  for (std::size_t i = items.size(); i-- > 0;) {
    if (items[i].parent < 0) continue;
    auto& holder = items[static_cast<std::size_t>(items[i].parent)];
    holder.end = std::max(holder.end, items[i].end);
  }
}

}  // namespace planbro::validation
