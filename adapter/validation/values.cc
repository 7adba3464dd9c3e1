#include "validation/values.h"

#include <algorithm>

namespace planbro::validation {
namespace {

using json::Kind;
using json::Node;

bool sameScalar(const Node& a, const Node& b) {
  return a.kind == b.kind && (a.kind == Kind::kNull || a.isBoolean() || a.text() == b.text());
}

}  // namespace

bool equalsFixed(const Node& value, const Node& fixed) {
  if (value.isContainer() != fixed.isContainer()) return false;
  if (!value.isContainer()) return sameScalar(value, fixed);
  if (value.kind != fixed.kind || value.size != fixed.size) return false;
  if (value.kind == Kind::kArray) {
    return std::equal(value.children().begin(), value.children().end(), fixed.children().begin(),
                      equalsFixed);
  }
  return std::all_of(fixed.children().begin(), fixed.children().end(), [&value](const Node& part) {
    const Node* own = value.member(part.name->text);
    return own != nullptr && equalsFixed(*own, part);
  });
}

bool matchesPattern(const Node& value, const Node& pattern) {
  if (value.kind == Kind::kArray && pattern.kind != Kind::kArray) {
    return std::any_of(value.children().begin(), value.children().end(),
                       [&pattern](const Node& item) { return matchesPattern(item, pattern); });
  }
  if (value.isContainer() != pattern.isContainer()) return false;
  if (!value.isContainer()) return sameScalar(value, pattern);
  if (value.kind != pattern.kind) return false;
  if (pattern.kind == Kind::kArray) {
    return std::all_of(pattern.children().begin(), pattern.children().end(),
                       [&value](const Node& wanted) { return matchesPattern(value, wanted); });
  }
  return std::all_of(pattern.children().begin(), pattern.children().end(),
                     [&value](const Node& part) {
                       const Node* own = value.member(part.name->text);
                       return own != nullptr && matchesPattern(*own, part);
                     });
}

}  // namespace planbro::validation
