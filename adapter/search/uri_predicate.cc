#include "search/uri_predicate.h"

#include <string>
#include <utility>
#include <vector>

#include "search/predicates.h"

namespace planbro::search {
namespace {

using store::IndexRow;
using store::Predicate;
using Op = Predicate::Op;

Predicate uriTest(std::string_view parameter, Op op, std::string uri) {
  Predicate out;
  out.op = op;
  out.row.kind = IndexRow::Kind::kUri;
  out.row.parameter = parameter;
  out.row.value = std::move(uri);
  out.any_system = true;
  return out;
}

Predicate inVersion(Predicate url, std::string version) {
  Predicate out = uriTest("version", Op::kEquals, std::move(version));
  out.row.kind = IndexRow::Kind::kToken;
  return joined(Op::kAnd, std::move(url), std::move(out));
}

// With and without the slash at the end: either may be stored.
Predicate above(const Parameter& parameter, const std::string& uri) {
  const std::size_t scheme = uri.find("://");
  const std::size_t authority = scheme == std::string::npos ? 0 : scheme + 3;
  Predicate any;
  any.op = Op::kOr;
  any.children.push_back(uriTest(parameter.code, Op::kEquals, uri));
  for (std::size_t slash = uri.rfind('/'); slash != std::string::npos && slash > authority;
       slash = uri.rfind('/', slash - 1)) {
    for (const std::size_t end : {slash + 1, slash}) {
      if (end < uri.size())
        any.children.push_back(uriTest(parameter.code, Op::kEquals, uri.substr(0, end)));
    }
  }
  return any;
}

}  // namespace

std::expected<Predicate, ValueFault> uriPredicate(const Parameter& parameter,
                                                  std::string_view modifier,
                                                  std::string_view value) {
  const std::string uri = unescape(value);
  if (uri.empty()) return std::unexpected(ValueFault::kValue);
  if (modifier.empty()) {
    const std::vector<std::string_view> parts = splitEscaped(value, '|');
    if (parameter.code != "url" || parts.size() != 2 || parts[0].empty() || parts[1].empty())
      return uriTest(parameter.code, Op::kEquals, uri);
    return inVersion(uriTest(parameter.code, Op::kEquals, unescape(parts[0])), unescape(parts[1]));
  }
  if (modifier == "below") {
    const std::string folder = uri.ends_with('/') ? uri : uri + '/';
    return joined(Op::kOr, uriTest(parameter.code, Op::kEquals, uri),
                  uriTest(parameter.code, Op::kStartsWith, folder));
  }
  if (modifier == "above") return above(parameter, uri);
  return std::unexpected(ValueFault::kModifier);
}

Predicate canonicalBelow(const Parameter& parameter, std::string_view canonical) {
  Predicate named;
  named.op = Op::kEquals;
  named.row.kind = IndexRow::Kind::kReference;
  named.row.parameter = parameter.code;
  named.row.exact = canonical;
  if (canonical.find('|') == std::string_view::npos) return named;
  return joined(Op::kOr, std::move(named),
                uriTest(parameter.code + ":below", Op::kStartsWith, std::string(canonical) + "."));
}

}  // namespace planbro::search
