#include "edits.h"

#include <fmt/format.h>

#include <array>

#include "base/clock.h"
#include "json/edit_tree.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro::bench {
namespace {

using Item = json::EditTree::Item;

constexpr std::string_view kTagSystem = "urn:loadtest";
constexpr std::size_t kMostTags = 8;

std::string_view textOf(const Item* item) {
  return item == nullptr || item->origin == nullptr ? std::string_view() : item->origin->text();
}

class Editor {
 public:
  Editor(const json::DocumentPtr& document, Random& random) : tree_(document), random_(random) {}

  std::string finish() { return json::write(*tree_.finish(nullptr)); }

  void run(std::string_view type) {
    if (type == "Patient") return patient();
    if (type == "Observation") return observation();
    if (type == "Condition") return condition();
    if (type == "Encounter") return encounter();
    if (type == "MedicationRequest") return medicationRequest();
    addTag();
  }

 private:
  Item& root() { return *tree_.root(); }
  Item* member(std::string_view name) { return tree_.member(root(), name); }
  // The first item of the array with that name.
  Item* first(std::string_view name) {
    Item* array = member(name);
    if (array == nullptr || array->kindNow() != json::Kind::kArray) return nullptr;
    auto& items = tree_.itemsOf(*array);
    return items.empty() ? nullptr : items.front();
  }

  Item* value(std::string text) {
    const auto document = json::parse(std::move(text));
    return document.has_value() ? tree_.value((*document)->root(), *document) : nullptr;
  }
  void set(Item& object, std::string_view name, std::string text) {
    if (Item* made = value(std::move(text))) tree_.setMember(object, name, made);
  }
  template <std::size_t N>
  std::string_view oneOf(const std::array<std::string_view, N>& values) {
    return values[pick(random_, N)];
  }
  void flip(std::string_view name, std::string_view one, std::string_view other) {
    set(root(), name, fmt::format("\"{}\"", textOf(member(name)) == one ? other : one));
  }
  std::string unique() { return fmt::format("{:016x}", random_()); }

  Item& meta() {
    if (Item* meta = member("meta")) return *meta;
    set(root(), "meta", "{}");
    return *member("meta");
  }

  void addTag() {
    Item* tags = tree_.member(meta(), "tag");
    if (tags == nullptr) {
      set(meta(), "tag", "[]");
      tags = tree_.member(meta(), "tag");
    }
    auto& items = tree_.itemsOf(*tags);
    std::vector<Item*> ours;
    for (Item* tag : items) {
      if (textOf(tree_.member(*tag, "system")) == kTagSystem) ours.push_back(tag);
    }
    if (ours.size() >= kMostTags) std::erase(items, ours.front());
    Item* tag = value(fmt::format(R"({{"system":"{}","code":"{}"}})", kTagSystem, unique()));
    tree_.insert(*tags, items.size(), tag);
  }

  void patient() {
    constexpr std::array<std::string_view, 5> kLevels = {"N", "L", "M", "R", "U"};
    switch (pick(random_, 6)) {
      case 1:
        return set(meta(), "security",
                   fmt::format(R"([{{"system":"http://terminology.hl7.org/CodeSystem/)"
                               R"(v3-Confidentiality","code":"{}"}}])",
                               oneOf(kLevels)));
      case 2:
        if (Item* name = first("name")) return set(*name, "given", newName());
        break;
      case 3:
        return set(
            root(), "telecom",
            fmt::format(R"([{{"system":"phone","value":"{:08}"}}])", pick(random_, 100'000'000)));
      case 4:
        if (Item* address = first("address")) {
          set(*address, "city", fmt::format("\"By {}\"", unique()));
          return;
        }
        break;
      case 5:
        return set(root(), "active", textOf(member("active")) == "true" ? "false" : "true");
      default:
        break;
    }
    addTag();
  }
  std::string newName() { return fmt::format("[\"Navn{}\"]", pick(random_, 100'000)); }

  void observation() {
    switch (pick(random_, 3)) {
      case 1: {
        Item* quantity = member("valueQuantity");
        if (quantity == nullptr) break;
        const double old = std::atof(std::string(textOf(tree_.member(*quantity, "value"))).c_str());
        const double share = static_cast<double>(pick(random_, 401)) / 10'000.0 - 0.02;
        return set(*quantity, "value", fmt::format("{:.2f}", old * (1 + share)));
      }
      case 2:
        return flip("status", "final", "amended");
      default:
        break;
    }
    addTag();
  }

  void condition() {
    constexpr std::array<std::string_view, 4> kVerified = {"confirmed", "confirmed", "provisional",
                                                           "differential"};
    switch (pick(random_, 3)) {
      case 1: {
        Item* status = member("clinicalStatus");
        Item* codings = status == nullptr ? nullptr : tree_.member(*status, "coding");
        std::string_view now;
        if (codings != nullptr && !tree_.itemsOf(*codings).empty())
          now = textOf(tree_.member(*tree_.itemsOf(*codings).front(), "code"));
        bool abated = false;  // then it cannot be active (con-4)
        for (const Item* item : tree_.itemsOf(root()))
          abated |= item->name.starts_with("abatement");
        const std::string_view other = abated ? "remission" : "active";
        return setCode("clinicalStatus", "condition-clinical", now == other ? "inactive" : other);
      }
      case 2:
        return setCode("verificationStatus", "condition-ver-status", oneOf(kVerified));
      default:
        return addTag();
    }
  }
  void setCode(std::string_view name, std::string_view system, std::string_view code) {
    set(root(), name,
        fmt::format(R"({{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/{}",)"
                    R"("code":"{}"}}]}})",
                    system, code));
  }

  void encounter() {
    switch (pick(random_, 3)) {
      case 1:
        return flip("status", "finished", "in-progress");
      case 2: {
        Item* period = member("period");
        const auto end =
            period == nullptr ? std::nullopt : parseInstant(textOf(tree_.member(*period, "end")));
        if (!end.has_value()) break;
        constexpr std::int64_t kFiveMinutes = std::int64_t{5} * 60 * 1'000'000;
        return set(*period, "end",
                   fmt::format("\"{}\"", formatInstant({end->micros + kFiveMinutes})));
      }
      default:
        break;
    }
    addTag();
  }

  void medicationRequest() {
    constexpr std::array<std::string_view, 4> kIntents = {"order", "order", "plan",
                                                          "instance-order"};
    switch (pick(random_, 3)) {
      case 1:
        return flip("status", "active", "completed");
      case 2:
        return set(root(), "intent", fmt::format("\"{}\"", oneOf(kIntents)));
      default:
        return addTag();
    }
  }

  json::EditTree tree_;
  Random& random_;
};

}  // namespace

std::uint64_t pick(Random& random, std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
}

std::optional<std::string> edited(std::string text, std::string_view type, Random& random) {
  const auto document = json::parse(std::move(text));
  if (!document.has_value()) return std::nullopt;
  const json::Node* name = (*document)->root().member("resourceType");
  if (name == nullptr || name->text() != type) return std::nullopt;
  Editor editor(*document, random);
  editor.run(type);
  return editor.finish();
}

}  // namespace planbro::bench
