// Functions on texts. Positions and lengths count characters (Unicode code points), not bytes.
#include <unicode/uchar.h>

#include <algorithm>

#include "base/text.h"
#include "fhirpath/characters.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/pattern.h"

namespace planbro::fhirpath {
namespace {

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t lengthOf(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, isContinuation));
}

// The byte where character number `index` begins; the size if there are fewer.
std::size_t byteOf(std::string_view text, std::size_t index) {
  std::size_t byte = 0;
  for (; byte < text.size(); ++byte) {
    if (isContinuation(text[byte])) continue;
    if (index-- == 0) return byte;
  }
  return byte;
}

std::string replaced(std::string_view text, std::string_view pattern, std::string_view with) {
  std::string result;
  if (pattern.empty()) {  // around every character
    result.append(with);
    for (std::size_t i = 0; i < text.size(); ++i) {
      result += text[i];
      if (i + 1 == text.size() || !isContinuation(text[i + 1])) result.append(with);
    }
    return result;
  }
  std::size_t from = 0;
  for (std::size_t at; (at = text.find(pattern, from)) != std::string_view::npos;
       from = at + pattern.size())
    result.append(text.substr(from, at - from)).append(with);
  return result.append(text.substr(from));
}

}  // namespace

bool Evaluator::textFunction(const Node& node, Values focus, const Scope& scope, Collection& out) {
  const auto push = [&](std::string_view result) {
    out.push(Value::string(result));
    return true;
  };
  const auto push_new = [&](const std::string& result) {
    if (result.size() > environment_.limits.text_bytes) return failLimit();
    return spend(result.size() / 64) && push(keep(result));
  };
  const auto needs_text = [&] { return fail("'" + std::string(node.text) + "' takes a text"); };
  if (node.function == Function::kJoin) {
    std::optional<std::string_view> separator = "";
    if (node.count > 0 && !text(node, 0, scope, &separator)) return false;
    std::string joined;
    for (std::size_t i = 0; i < focus.size(); ++i) {
      const Value value = focus[i].toSystem();
      if (value.kind() != ValueKind::kString) return needs_text();
      if (i > 0) joined.append(separator.value_or(""));
      joined.append(value.text());
    }
    return focus.empty() || push_new(joined);
  }
  std::optional<Value> input;
  if (!singleInput(focus, node.text, &input)) return false;
  // Arguments are looked at even without input: a wrong one is an error in any case.
  std::optional<std::string_view> first;
  std::optional<std::string_view> second;
  const bool numbers = node.function == Function::kSubstring;
  if (node.count > 0 && !numbers && !text(node, 0, scope, &first)) return false;
  if (node.count > 1 && !numbers && !text(node, 1, scope, &second)) return false;
  if (!input) return true;
  const Value value = input->toSystem();
  if (value.kind() != ValueKind::kString) {
    // Dates and other primitives have a text too, which published expressions rely on.
    if (!input->isElement() || !input->element().hasValue()) return needs_text();
  }
  const std::string_view s =
      value.kind() == ValueKind::kString ? value.text() : input->element().text();
  if (!spend(s.size() / 64)) return false;

  switch (node.function) {
    case Function::kLength:
      out.push(Value::integer(static_cast<std::int64_t>(lengthOf(s))));
      return true;
    case Function::kUpper:
      return push_new(mappedCharacters(s, [](std::int32_t c) { return u_toupper(c); }));
    case Function::kLower:
      return push_new(mappedCharacters(s, [](std::int32_t c) { return u_tolower(c); }));
    case Function::kTrim:
      return push(trim(s));
    case Function::kToChars:
      for (std::size_t i = 0; i < s.size();) {
        std::size_t end = i + 1;
        while (end < s.size() && isContinuation(s[end])) ++end;
        push(s.substr(i, end - i));
        i = end;
      }
      return true;
    case Function::kSubstring: {
      std::optional<std::int64_t> start;
      std::optional<std::int64_t> length;
      if (!integer(node, 0, scope, &start)) return false;
      if (node.count > 1 && !integer(node, 1, scope, &length)) return false;
      if (!start || *start < 0 || static_cast<std::uint64_t>(*start) >= lengthOf(s)) return true;
      std::string_view rest = s.substr(byteOf(s, static_cast<std::size_t>(*start)));
      if (length)
        rest = rest.substr(
            0, byteOf(rest, static_cast<std::size_t>(std::max<std::int64_t>(*length, 0))));
      return push(rest);
    }
    default:
      break;
  }
  if (node.count > 0 && !first) return true;
  switch (node.function) {
    case Function::kIndexOf:
    case Function::kLastIndexOf: {
      const std::size_t at = node.function == Function::kIndexOf ? s.find(*first) : s.rfind(*first);
      out.push(Value::integer(at == std::string_view::npos
                                  ? -1
                                  : static_cast<std::int64_t>(lengthOf(s.substr(0, at)))));
      return true;
    }
    case Function::kStartsWith:
      out.push(Value::boolean(s.starts_with(*first)));
      return true;
    case Function::kEndsWith:
      out.push(Value::boolean(s.ends_with(*first)));
      return true;
    case Function::kContains:
      out.push(Value::boolean(s.find(*first) != std::string_view::npos));
      return true;
    case Function::kReplace:
      return !second || push_new(replaced(s, *first, *second));
    case Function::kMatches:
    case Function::kMatchesFull:
    case Function::kReplaceMatches: {
      const bool replace = node.function == Function::kReplaceMatches;
      if (replace && !second) return true;
      std::shared_ptr<const Pattern> made;
      if (node.extra == kNone) {
        std::optional<std::string_view> flags = replace ? std::string_view() : second;
        if (replace && node.count > 2 && !text(node, 2, scope, &flags)) return false;
        auto compiled = Pattern::compile(*first, flags.value_or(""));
        if (!compiled) return fail(compiled.error().message);
        made = std::move(*compiled);
      }
      const Pattern& pattern = made ? *made : *program_.patterns[node.extra];
      if (!replace) {
        out.push(Value::boolean(node.function == Function::kMatches ? pattern.matchesSomewhere(s)
                                                                    : pattern.matchesWhole(s)));
        return true;
      }
      if (first->empty()) return push(s);
      const auto result = pattern.replaceAll(s, *second);
      if (!result) return fail("The substitution names a group that is not there");
      return push_new(*result);
    }
    case Function::kSplit: {
      if (first->empty()) return push(s);
      std::size_t from = 0;
      for (std::size_t at; (at = s.find(*first, from)) != std::string_view::npos;
           from = at + first->size())
        push(s.substr(from, at - from));
      return push(s.substr(from));
    }
    default:
      return encoding(node, Value::string(s), scope, out);
  }
}

}  // namespace planbro::fhirpath
