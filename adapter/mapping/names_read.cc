#include "mapping/names_read.h"

#include <string_view>
#include <vector>

namespace planbro::mapping {
namespace {

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void addNamesOf(std::string_view expression, NameSet& names) {
  for (std::size_t at = 0; at < expression.size();) {
    const std::size_t begin = at;
    while (at < expression.size() && isNameCharacter(expression[at])) ++at;
    if (at > begin) {
      names.emplace(expression.substr(begin, at - begin));
    } else {
      ++at;
    }
  }
}

void addParams(const std::vector<ModelParam>& params, NameSet& names) {
  for (const ModelParam& param : params) {
    if (param.kind == ModelParam::Kind::kExpression || param.kind == ModelParam::Kind::kVariable)
      addNamesOf(param.text, names);
  }
}

void addRule(const ModelRule& rule, NameSet& names) {
  for (const ModelSource& source : rule.sources) {
    if (!source.element.empty()) names.insert(source.element);
    for (const ModelExpression* one :
         {&source.default_value, &source.where, &source.check, &source.log})
      addNamesOf(one->text, names);
  }
  for (const ModelTarget& target : rule.targets) addParams(target.params, names);
  for (const ModelDependent& dependent : rule.dependents) addParams(dependent.params, names);
}

}  // namespace

void addNamesRead(const MapModel& map, NameSet& names) {
  for (const auto& [name, expression] : map.constants) addNamesOf(expression, names);
  std::vector<const ModelRule*> open;
  for (const ModelGroup& group : map.groups) {
    for (const ModelRule& rule : group.rules) open.push_back(&rule);
  }
  while (!open.empty()) {
    const ModelRule& rule = *open.back();
    open.pop_back();
    addRule(rule, names);
    for (const ModelRule& below : rule.rules) open.push_back(&below);
  }
}

}  // namespace planbro::mapping
