#include "fhirpath/pattern.h"

#include <re2/re2.h>

#include <cctype>

namespace planbro::fhirpath {
namespace {

constexpr std::int64_t kMaxPatternMemory = 8 << 20;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// Group references of Java and JavaScript ($1, ${name}) as RE2 writes them (\1).
std::optional<std::string> rewritten(std::string_view substitution, const RE2& expression) {
  std::string result;
  for (std::size_t i = 0; i < substitution.size(); ++i) {
    const char c = substitution[i];
    if (c == '\\' && i + 1 < substitution.size()) {
      ++i;
      result += substitution[i] == '\\' ? "\\\\" : std::string(1, substitution[i]);
    } else if (c == '$' && i + 1 < substitution.size() &&
               std::isdigit(static_cast<unsigned char>(substitution[i + 1])) != 0) {
      result += '\\';
      result += substitution[++i];
    } else if (c == '$' && i + 1 < substitution.size() && substitution[i + 1] == '{') {
      const std::size_t end = substitution.find('}', i);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string name(substitution.substr(i + 2, end - i - 2));
      const auto& groups = expression.NamedCapturingGroups();
      const auto found = groups.find(name);
      if (found != groups.end()) {
        result += '\\' + std::to_string(found->second);
      } else if (name.size() == 1 && std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
        result += '\\' + name;
      } else {
        return std::nullopt;
      }
      i = end;
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

struct Pattern::Compiled {
  RE2 expression;
};

Pattern::Pattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::~Pattern() = default;

Result<std::shared_ptr<const Pattern>> Pattern::compile(std::string_view pattern,
                                                        std::string_view flags) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(kMaxPatternMemory);
  std::string text;
  for (const char flag : flags) {
    if (flag == 'i') {
      options.set_case_sensitive(false);
    } else if (flag == 'm') {
      text = "(?m)";
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "A regular expression has the unknown flag '" + std::string(1, flag) + "'");
    }
  }
  // Java and JavaScript write named groups (?<name>…), RE2 (?P<name>…).
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    text += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      text += pattern[++i];
    } else if (pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() &&
               pattern[i + 3] != '=' && pattern[i + 3] != '!') {
      text += "?P";
      ++i;
    }
  }
  auto compiled = std::unique_ptr<Compiled>(new Compiled{RE2(piece(text), options)});
  if (!compiled->expression.ok())
    return fail(ErrorCode::kInvalidArgument,
                "A regular expression cannot be used: " + compiled->expression.error());
  return std::shared_ptr<const Pattern>(new Pattern(std::move(compiled)));
}

bool Pattern::matchesSomewhere(std::string_view text) const {
  return RE2::PartialMatch(piece(text), compiled_->expression);
}

bool Pattern::matchesWhole(std::string_view text) const {
  return RE2::FullMatch(piece(text), compiled_->expression);
}

std::optional<std::string> Pattern::replaceAll(std::string_view text,
                                               std::string_view substitution) const {
  const auto rewrite = rewritten(substitution, compiled_->expression);
  if (!rewrite) return std::nullopt;
  std::string problem;
  if (!compiled_->expression.CheckRewriteString(piece(*rewrite), &problem)) return std::nullopt;
  std::string result(text);
  RE2::GlobalReplace(&result, compiled_->expression, piece(*rewrite));
  return result;
}

}  // namespace planbro::fhirpath
