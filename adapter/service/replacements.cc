#include "service/replacements.h"

#include <algorithm>

#include "service/routes.h"

namespace planbro::service {
namespace {

constexpr std::string_view kHistory = "/_history/";

// "Patient/1/_history/2#a" in its parts.
struct AddressParts {
  explicit AddressParts(std::string_view address) {
    const auto hash = address.find('#');
    if (hash != std::string_view::npos) fragment = address.substr(hash);
    resource = address.substr(0, hash);
    const auto history = resource.find(kHistory);
    if (history == std::string_view::npos) return;
    version = resource.substr(history + kHistory.size());
    resource = resource.substr(0, history);
  }

  bool isRelative() const {
    return resource.find(':') == std::string_view::npos &&
           std::count(resource.begin(), resource.end(), '/') == 1;
  }

  std::string_view resource, version, fragment;
};

}  // namespace

std::optional<std::string> EntryReplacements::find(std::string_view address) const {
  if (empty()) return std::nullopt;
  if (const auto exact = all_->find(address); exact != all_->end()) return exact->second.address;
  const AddressParts parts(address);
  std::string whole;
  if (parts.isRelative()) {
    if (root_.empty()) return std::nullopt;
    whole = root_;
  }
  whole += parts.resource;
  const auto found = all_->find(whole);
  if (found == all_->end()) return std::nullopt;
  const Replacement& instead = found->second;
  const bool another = !instead.version_id.empty() && instead.version_id != parts.version;
  if (!parts.version.empty() && another) return std::nullopt;
  std::string text = instead.address;
  if (!parts.version.empty() && instead.created) text.append(kHistory).append("1");
  text += parts.fragment;
  return text;
}

std::string_view rootOf(const fhir::Definitions& definitions, std::string_view full_url) {
  if (!full_url.starts_with("http://") && !full_url.starts_with("https://")) return {};
  const auto before_id = full_url.rfind('/');
  if (!isId(full_url.substr(before_id + 1))) return {};
  const auto before_type = full_url.rfind('/', before_id - 1);
  const std::string_view type = full_url.substr(before_type + 1, before_id - before_type - 1);
  if (!isResourceType(definitions, type)) return {};
  return full_url.substr(0, before_type + 1);
}

}  // namespace planbro::service
