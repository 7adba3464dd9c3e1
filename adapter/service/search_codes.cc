#include "service/search_codes.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "fhir/resource.h"
#include "service/call_terminology.h"

namespace planbro::service {
namespace {

using search::CodesFault;
using terminology::CodeSystem;

constexpr std::size_t kMaxCodes = 5000;  // of one value set or hierarchy

std::expected<std::vector<search::CodeSets::Codes>, CodesFault> codesOf(
    const terminology::ValueSet& set) {
  if (!set.gaps().empty()) return std::unexpected(CodesFault::kUnknown);
  std::vector<search::CodeSets::Codes> out;
  std::size_t count = 0;
  for (const terminology::Member& member : set.members()) {
    if (++count > kMaxCodes) return std::unexpected(CodesFault::kTooMany);
    auto known = std::find_if(out.begin(), out.end(),
                              [&](const auto& one) { return one.system == member.system; });
    if (known == out.end()) known = out.insert(out.end(), {std::string(member.system), {}});
    known->codes.emplace_back(member.code);
  }
  return out;
}

}  // namespace

SearchCodes::SearchCodes(const Context& context, store::Reader& view)
    : context_(context), view_(view) {}

SearchCodes::~SearchCodes() = default;

const terminology::Terminology* SearchCodes::known() const {
  if (context_.parts.terminology == nullptr) return nullptr;
  if (terminology_ == nullptr) terminology_ = std::make_unique<CallTerminology>(context_, view_);
  return &**terminology_;
}

const CodeSystem* SearchCodes::wholeSystem(std::string_view url) const {
  const terminology::Terminology* terminology = known();
  const CodeSystem* system = terminology == nullptr ? nullptr : terminology->codeSystem(url);
  return system != nullptr && system->content() == CodeSystem::Content::kComplete ? system
                                                                                  : nullptr;
}

std::expected<std::vector<search::CodeSets::Codes>, CodesFault> SearchCodes::valueSet(
    std::string_view address) const {
  const terminology::Terminology* terminology = known();
  if (terminology == nullptr) return std::unexpected(CodesFault::kUnknown);
  constexpr std::string_view kLocal = "ValueSet/";
  const std::string own = context_.settings.base_url + "/";
  if (address.starts_with(own)) address.remove_prefix(own.size());
  if (!address.starts_with(kLocal)) {
    const terminology::ValueSet* set = terminology->valueSet(address);
    if (set == nullptr) return std::unexpected(CodesFault::kUnknown);
    return codesOf(*set);
  }
  auto version = view_.read("ValueSet", address.substr(kLocal.size()));
  if (!version.has_value() || version->deleted) return std::unexpected(CodesFault::kUnknown);
  const auto read = fhir::readJson(std::move(version->body), context_.definitions());
  if (!read.resource) return std::unexpected(CodesFault::kUnknown);
  return codesOf(terminology::ValueSet(read.resource, *terminology));
}

std::expected<std::vector<std::string>, CodesFault> SearchCodes::below(
    std::string_view system, std::string_view code) const {
  const CodeSystem* whole = wholeSystem(system);
  if (whole == nullptr || whole->find(code) == nullptr)
    return std::unexpected(CodesFault::kUnknown);
  std::vector<std::string> out;
  for (const CodeSystem::Concept& one : whole->concepts()) {
    if (!whole->subsumes(code, one.code).value_or(false)) continue;
    if (out.size() == kMaxCodes) return std::unexpected(CodesFault::kTooMany);
    out.emplace_back(one.code);
  }
  return out;
}

std::expected<std::vector<std::string>, CodesFault> SearchCodes::above(
    std::string_view system, std::string_view code) const {
  const CodeSystem* whole = wholeSystem(system);
  const CodeSystem::Concept* start = whole == nullptr ? nullptr : whole->find(code);
  if (start == nullptr) return std::unexpected(CodesFault::kUnknown);
  const std::vector<CodeSystem::Concept>& concepts = whole->concepts();
  std::vector<bool> seen(concepts.size());
  std::deque<std::uint32_t> open{whole->indexOf(*start)};
  seen[open.front()] = true;
  std::vector<std::string> out;
  while (!open.empty()) {
    if (out.size() == kMaxCodes) return std::unexpected(CodesFault::kTooMany);
    const CodeSystem::Concept& one = concepts[open.front()];
    open.pop_front();
    out.emplace_back(one.code);
    for (const std::uint32_t parent : one.parents) {
      if (!seen[parent]) open.push_back(parent);
      seen[parent] = true;
    }
  }
  return out;
}

}  // namespace planbro::service
