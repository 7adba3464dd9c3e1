// A target tree as the nodes of a document: bound as they are written, borrowed elements shared.
#pragma once

#include "json/document.h"
#include "mapping/target_tree.h"

namespace planbro::mapping {

// Whether there is anything to write at or below the node.
bool hasContent(const TargetNode& node);

// Writes the whole below `root` as the root of `maker`. Borrowed nodes are shared, texts
// are copied.
void writeTarget(const TargetNode& root, const TypeTable& types, json::DocumentMaker& maker);

}  // namespace planbro::mapping
