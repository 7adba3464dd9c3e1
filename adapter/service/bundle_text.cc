#include "service/bundle_text.h"

#include <utility>

#include "json/writer.h"

namespace planbro::service {
namespace {

// `,"name":"value"`, without the comma behind an opening brace; nothing for an empty value.
void field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
  json::writeString(value, out);
}

// As field(), but `value` is JSON.
void raw(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
  out += value;
}

}  // namespace

BundleText::BundleText(std::string_view type) {
  text_ = R"({"resourceType":"Bundle","type":")";
  text_ += type;
  text_ += '"';
}

void BundleText::total(std::uint64_t number) { raw(text_, "total", std::to_string(number)); }

void BundleText::link(std::string_view relation, std::string_view url) {
  if (!links_.empty()) links_ += ',';
  links_ += '{';
  field(links_, "relation", relation);
  field(links_, "url", url);
  links_ += '}';
}

void BundleText::entry(const BundleEntryText& entry) {
  if (!links_.empty()) raw(text_, "link", '[' + std::exchange(links_, {}) + ']');
  text_ += entries_ ? "," : R"(,"entry":[)";
  entries_ = true;
  text_ += '{';
  field(text_, "fullUrl", entry.full_url);
  raw(text_, "resource", entry.resource);
  if (!entry.search_mode.empty()) {
    raw(text_, "search", R"({"mode":")" + std::string(entry.search_mode) + R"("})");
  }
  if (!entry.method.empty()) {
    std::string request = "{";
    field(request, "method", entry.method);
    field(request, "url", entry.url);
    raw(text_, "request", request + '}');
  }
  if (!entry.status.empty()) {
    std::string response = "{";
    field(response, "status", entry.status);
    field(response, "location", entry.location);
    field(response, "etag", entry.etag);
    if (entry.last_modified.has_value())
      field(response, "lastModified", formatInstant(*entry.last_modified));
    raw(response, "outcome", entry.outcome);
    raw(text_, "response", response + '}');
  }
  text_ += '}';
}

std::string BundleText::finish() && {
  if (!links_.empty()) raw(text_, "link", '[' + links_ + ']');
  if (entries_) text_ += ']';
  text_ += '}';
  return std::move(text_);
}

}  // namespace planbro::service
