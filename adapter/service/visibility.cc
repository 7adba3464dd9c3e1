#include "service/visibility.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"

namespace planbro::service {
namespace {

using Op = store::Predicate::Op;
using IdsByType = std::map<std::string, std::vector<std::string>, std::less<>>;

constexpr std::size_t kIdsAtOnce = 100;

bool isAlwaysTrue(const store::Predicate& predicate) {
  return predicate.op == Op::kAnd && predicate.children.empty();
}

void both(store::Predicate& target, store::Predicate more) {
  if (isAlwaysTrue(more)) return;
  store::Predicate joined;
  if (!isAlwaysTrue(target)) joined.children.push_back(std::move(target));
  joined.children.push_back(std::move(more));
  target = std::move(joined);
}

Error notFound() { return {ErrorCode::kNotFound, "there is no such resource"}; }

// Which of the resources are seen, and of a type of which everything is seen: "".
class Seen {
 public:
  Seen(store::Reader& whole, const Visibility& visibility)
      : whole_(whole), visibility_(visibility) {}

  Status ask(const IdsByType& asked) {
    for (const auto& [type, ids] : asked) {
      const store::Predicate visible = visibility_.of(type);
      if (isAlwaysTrue(visible)) {
        all_.insert(type);
        continue;
      }
      for (std::size_t begin = 0; begin < ids.size(); begin += kIdsAtOnce)
        PLANBRO_RETURN_IF_ERROR(
            askSome(type, std::span(ids).subspan(begin, std::min(kIdsAtOnce, ids.size() - begin))));
    }
    return {};
  }
  bool has(const std::string& type, const std::string& id) const {
    return all_.contains(type) || some_.contains({type, id});
  }

 private:
  Status askSome(const std::string& type, std::span<const std::string> ids) {
    store::Query query;
    query.type = type;
    query.where.op = Op::kId;
    query.where.ids.assign(ids.begin(), ids.end());
    query.count = static_cast<std::uint32_t>(ids.size());
    limitTo(visibility_, query);
    PLANBRO_ASSIGN_OR_RETURN(const store::SearchPage page, whole_.search(query));
    for (const store::Version& version : page.matches) some_.emplace(version.type, version.id);
    return {};
  }

  store::Reader& whole_;
  const Visibility& visibility_;
  std::set<std::string, std::less<>> all_;
  std::set<std::pair<std::string, std::string>> some_;
};

// Leaves of `rows` (with type and id) what is seen.
template <typename Row>
Status keepSeen(store::Reader& whole, const Visibility& visibility, std::vector<Row>& rows) {
  IdsByType asked;
  for (const Row& row : rows) asked[row.type].push_back(row.id);
  for (auto& [type, ids] : asked) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  Seen seen(whole, visibility);
  PLANBRO_RETURN_IF_ERROR(seen.ask(asked));
  std::erase_if(rows, [&](const Row& row) { return !seen.has(row.type, row.id); });
  return {};
}

}  // namespace

std::string callerDigest(const Visibility* visibility) {
  return visibility == nullptr ? "everything" : sha256Hex(visibility->caller());
}

void limitTo(const Visibility& visibility, store::Query& query) {
  std::vector<store::Predicate*> open = {&query.where};
  while (!open.empty()) {
    store::Predicate& predicate = *open.back();
    open.pop_back();
    const std::size_t children = predicate.children.size();
    const bool leads_on = predicate.op == Op::kReferenceTo || predicate.op == Op::kReferencedBy ||
                          predicate.op == Op::kCanonicalTo || predicate.op == Op::kCanonicalBy;
    if (leads_on && children == 1) {
      store::Predicate& other = predicate.children.front();
      // The chain goes on inside; what the visibility itself asks about is not limited again.
      const bool ends_here = isAlwaysTrue(other);
      store::Predicate visible = visibility.of(predicate.row.system);
      visible.visibility = true;
      both(other, visible);
      if (!ends_here) open.push_back(isAlwaysTrue(visible) ? &other : &other.children.front());
      continue;
    }
    for (store::Predicate& child : predicate.children) open.push_back(&child);
  }
  both(query.visible, visibility.of(query.type));
}

Result<bool> VisibleReader::sees(std::string_view type, std::string_view id) {
  Seen seen(whole_, visibility_);
  const std::string type_text(type);
  const std::string id_text(id);
  PLANBRO_RETURN_IF_ERROR(seen.ask({{type_text, {id_text}}}));
  return seen.has(type_text, id_text);
}

Result<store::Version> VisibleReader::read(std::string_view type, std::string_view id) {
  PLANBRO_ASSIGN_OR_RETURN(store::Version version, whole_.read(type, id));
  PLANBRO_ASSIGN_OR_RETURN(const bool seen, sees(type, id));
  if (!seen) return std::unexpected(notFound());
  return version;
}

Result<std::vector<store::Version>> VisibleReader::readAll(std::string_view type,
                                                           std::span<const std::string> ids) {
  PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Version> found, whole_.readAll(type, ids));
  PLANBRO_RETURN_IF_ERROR(keepSeen(whole_, visibility_, found));
  return found;
}

Result<store::Version> VisibleReader::readVersion(std::string_view type, std::string_view id,
                                                  std::uint64_t version) {
  PLANBRO_ASSIGN_OR_RETURN(store::Version found, whole_.readVersion(type, id, version));
  PLANBRO_ASSIGN_OR_RETURN(const bool seen, sees(type, id));
  if (!seen) return std::unexpected(notFound());
  return found;
}

Result<std::vector<store::Version>> VisibleReader::history(const store::HistoryQuery& query) {
  std::vector<store::Version> all;
  store::HistoryQuery rest = query;
  while (all.size() < query.count) {
    PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Version> found, whole_.history(rest));
    if (found.empty()) return all;
    (rest.after_sequence ? *rest.after_sequence : rest.before_sequence) = found.back().sequence;
    const bool last = found.size() < rest.count;
    PLANBRO_RETURN_IF_ERROR(keepSeen(whole_, visibility_, found));
    std::move(found.begin(), found.end(), std::back_inserter(all));
    if (last) break;
  }
  if (all.size() > query.count) all.resize(query.count);
  return all;
}

Result<store::SearchPage> VisibleReader::search(const store::Query& query) {
  store::Query limited = query;
  limitTo(visibility_, limited);
  return whole_.search(limited);
}

Result<std::string> VisibleReader::explain(const store::Query& query) {
  store::Query limited = query;
  limitTo(visibility_, limited);
  return whole_.explain(limited);
}

Result<std::vector<store::Change>> VisibleReader::changesAfter(std::uint64_t cursor,
                                                               std::uint32_t limit) {
  std::vector<store::Change> all;
  while (all.size() < limit) {
    PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Change> found, whole_.changesAfter(cursor, limit));
    if (found.empty()) break;
    cursor = found.back().sequence;
    const bool last = found.size() < limit;
    PLANBRO_RETURN_IF_ERROR(keepSeen(whole_, visibility_, found));
    std::move(found.begin(), found.end(), std::back_inserter(all));
    if (last) break;
  }
  if (all.size() > limit) all.resize(limit);
  return all;
}

namespace {

// A snapshot and what limits it, together.
class OwningReader final : public store::Reader {
 public:
  OwningReader(std::unique_ptr<store::Reader> whole, std::shared_ptr<const Visibility> visibility)
      : whole_(std::move(whole)),
        visibility_(std::move(visibility)),
        seen_(*whole_, *visibility_) {}

  Result<store::Version> read(std::string_view type, std::string_view id) override {
    return seen_.read(type, id);
  }
  Result<std::vector<store::Version>> readAll(std::string_view type,
                                              std::span<const std::string> ids) override {
    return seen_.readAll(type, ids);
  }
  Result<store::Version> readVersion(std::string_view type, std::string_view id,
                                     std::uint64_t version) override {
    return seen_.readVersion(type, id, version);
  }
  Result<std::vector<store::Version>> history(const store::HistoryQuery& query) override {
    return seen_.history(query);
  }
  Result<store::SearchPage> search(const store::Query& query) override {
    return seen_.search(query);
  }
  Result<std::string> explain(const store::Query& query) override { return seen_.explain(query); }
  Result<std::vector<store::Change>> changesAfter(std::uint64_t cursor,
                                                  std::uint32_t limit) override {
    return seen_.changesAfter(cursor, limit);
  }
  Result<store::LogRange> logRange() override { return seen_.logRange(); }
  Result<std::string> value(std::string_view name) override { return seen_.value(name); }
  Result<std::vector<std::string>> valueNames() override { return seen_.valueNames(); }

 private:
  std::unique_ptr<store::Reader> whole_;
  std::shared_ptr<const Visibility> visibility_;
  VisibleReader seen_;
};

}  // namespace

Result<std::unique_ptr<store::Reader>> visibleSnapshot(
    store::Store& store, const std::shared_ptr<const Visibility>& visibility) {
  PLANBRO_ASSIGN_OR_RETURN(auto whole, store.snapshot());
  if (visibility == nullptr) return whole;
  return std::make_unique<OwningReader>(std::move(whole), visibility);
}

}  // namespace planbro::service
