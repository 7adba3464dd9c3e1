#include "search/searched_members.h"

#include <cstddef>
#include <string>
#include <utility>

#include "base/text.h"

namespace planbro::search {
namespace {

// Without its conditions: they change nothing in the type.
std::string withoutConditions(std::string_view expression) {
  constexpr std::string_view kWhere = ".where(";
  std::string out(expression);
  for (std::size_t at = out.find(kWhere); at != std::string::npos; at = out.find(kWhere, at)) {
    std::size_t end = at + kWhere.size();
    for (int depth = 1; depth > 0 && end < out.size(); ++end) {
      if (out[end] == '(') ++depth;
      if (out[end] == ')') --depth;
    }
    out.erase(at, end - at);
  }
  return out;
}

}  // namespace

std::vector<const fhir::Member*> searchedMembers(const fhir::Definitions& definitions,
                                                 std::string_view expression) {
  const std::string plain = withoutConditions(expression);
  std::string_view path = trim(plain);
  if (path.starts_with('(') && path.ends_with(')')) path = path.substr(1, path.size() - 2);
  std::string_view cast;
  if (const std::size_t as = path.find(" as "); as != std::string_view::npos) {
    cast = trim(path.substr(as + 4));
    path = trim(path.substr(0, as));
  }
  const std::vector<std::string_view> steps = split(path, '.');
  std::vector<const fhir::Member*> members;
  std::vector<fhir::ShapeId> shapes{definitions.type(definitions.findType(steps[0])).shape};
  for (std::size_t i = 1; i < steps.size(); ++i) {
    members.clear();
    for (const fhir::ShapeId shape : std::exchange(shapes, {})) {
      for (const fhir::Member& member : definitions.membersOf(shape)) {
        if (member.element->text != steps[i]) continue;
        members.push_back(&member);
        shapes.push_back(member.shape);
      }
    }
  }
  std::erase_if(members, [&](const fhir::Member* member) {
    return !cast.empty() && definitions.type(member->type).name != cast;
  });
  return members;
}

}  // namespace planbro::search
