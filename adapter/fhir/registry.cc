#include "fhir/registry.h"

#include <fmt/format.h>

#include <atomic>
#include <cassert>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/digest.h"
#include "fhir/builtin_files.h"
#include "fhir/package_pack.h"
#include "fhir/package_source.h"
#include "fhir/packed_packages.h"
#include "fhir/packed_store.h"
#include "fhir/xml.h"

// The conformance resources of R4 core, linked in by planbro_embed().
extern "C" {
extern const char planbro_r4_resources_begin[];
extern const char planbro_r4_resources_end[];
}

namespace planbro::fhir {
namespace {

constexpr std::string_view kCorePackage = "hl7.fhir.r4.core";
constexpr std::string_view kCoreBase = "http://hl7.org/fhir/";
constexpr std::string_view kOwnPackage = "no.planbro.ip";

// A resource that is made when it is first asked for. Reading a made one takes no lock.
class Slot {
 public:
  Slot() = default;
  ~Slot() { delete made_.load(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  template <typename Make>
  const Resource* get(std::mutex& mutex, Make&& make) {
    if (const Resource* made = made_.load(std::memory_order_acquire)) return made;
    const std::lock_guard lock(mutex);
    if (const Resource* made = made_.load(std::memory_order_relaxed)) return made;
    Resource resource = make();
    if (!resource) return nullptr;
    const auto* made = new Resource(std::move(resource));
    made_.store(made, std::memory_order_release);
    return made;
  }

 private:
  std::atomic<const Resource*> made_{nullptr};
};

// R4 core, shared by all registries.
class Core {
 public:
  static Core& instance() {
    static Core core;
    return core;
  }

  const PackedStore& store() const { return store_; }
  const Resource* get(std::size_t i) {
    return slots_[i].get(mutex_, [&] { return make(i); });
  }
  Resource make(std::size_t i) const {
    auto text = store_.text(i);
    return text ? readJson(std::move(*text)).resource : Resource();
  }

 private:
  Core() {
    auto opened = PackedStore::open(
        {planbro_r4_resources_begin,
         static_cast<std::size_t>(planbro_r4_resources_end - planbro_r4_resources_begin)});
    if (!opened) {
      // It is part of the program itself: nothing can run without it.
      fmt::print(stderr, "planbro: R4 core: {}\n", opened.error().message);
      std::abort();
    }
    store_ = *opened;
    slots_ = std::vector<Slot>(store_.size());
  }

  PackedStore store_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
};

// What was added: a tree, or the entry of a package that becomes one.
struct Added {
  std::string_view url, type, version, supplements, package;
  const PackedPackage::Entry* packed = nullptr;
  Resource whole;  // of addResource()
  bool replaced = false;
  Slot slot;

  Resource make() const {
    if (whole) return whole;
    if (packed == nullptr) return {};
    auto text = decompressText(packed->frame, packed->raw_size);
    return text ? readResource(std::move(*text)).resource : Resource();
  }
};

// The name of the same no-basis profile in the other of the two canonical families; "" for others.
std::string otherFamily(std::string_view url) {
  constexpr std::string_view kPlain = "http://hl7.no/fhir/StructureDefinition/no-basis-";
  constexpr std::string_view kGuide = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-";
  if (url.starts_with(kPlain)) return std::string(kGuide).append(url.substr(kPlain.size()));
  if (url.starts_with(kGuide)) return std::string(kPlain).append(url.substr(kGuide.size()));
  return {};
}

// How well a version answers what was asked: 0 not, 1 as a longer one of the same line, 2 exactly.
int matchOf(std::string_view version, std::string_view asked) {
  if (asked.empty() || version == asked) return 2;
  return version.starts_with(asked) && version[asked.size()] == '.' ? 1 : 0;
}

std::vector<std::string_view> versionParts(std::string_view version) {
  std::vector<std::string_view> parts;
  while (!version.empty()) {
    const std::size_t end = version.find_first_of(".-+");
    parts.push_back(version.substr(0, end));
    if (end == std::string_view::npos) break;
    if (version[end] == '-') parts.push_back("-");
    version.remove_prefix(end + 1);
  }
  return parts;
}

std::optional<unsigned long> numberOf(std::string_view part) {
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
  return value;
}

void describe(const Resource& resource, Added& added) {
  const Element root = resource.root();
  added.type = root.typeName();
  added.url = root.textOf("url");
  added.version = root.textOf("version");
  if (added.type == "CodeSystem") added.supplements = root.textOf("supplements");
}

// One bad file spoils no package: what was fatal for the file is an error of the package.
void keepIssues(std::vector<Issue> found, const std::string& source, std::vector<Issue>& issues) {
  for (Issue& issue : found) {
    if (issue.severity == Severity::kFatal) issue.severity = Severity::kError;
    issue.place.source = source;
    issues.push_back(std::move(issue));
  }
}

std::string bytesOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool isOlderVersion(std::string_view a, std::string_view b) {
  const auto left = versionParts(a);
  const auto right = versionParts(b);
  for (std::size_t i = 0; i < left.size() || i < right.size(); ++i) {
    // A version that goes on with "-" is a pre-release of the one that ends there.
    if (i == left.size()) return right[i] != "-";
    if (i == right.size()) return left[i] == "-";
    if (left[i] == right[i]) continue;
    const auto x = numberOf(left[i]);
    const auto y = numberOf(right[i]);
    if (x && y) {
      if (*x != *y) return *x < *y;
      continue;
    }
    if (x.has_value() != y.has_value()) return y.has_value();
    return left[i] < right[i];
  }
  return false;
}

struct Registry::State {
  std::deque<Added> added;
  std::deque<PackedPackage> packed;
  std::set<std::string, std::less<>> origins;  // names of packages
  std::optional<PackedPackages> kept;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_url;
  std::vector<PackageInfo> packages;
  std::mutex mutex;

  static std::uint32_t coreSize() {
    return static_cast<std::uint32_t>(Core::instance().store().size());
  }

  static Entry coreEntry(std::size_t i) {
    const PackedStore& store = Core::instance().store();
    return {store.url(i), store.type(i), store.version(i),
            {},           kCorePackage,  static_cast<std::uint32_t>(i)};
  }
  Entry addedEntry(std::size_t i) const {
    const Added& a = added[i];
    return {a.url,         a.type,    a.version,
            a.supplements, a.package, coreSize() + static_cast<std::uint32_t>(i)};
  }

  // Keeps `best` the better of itself and `candidate`.
  static void better(std::optional<Entry>& best, const Entry& candidate, std::string_view type,
                     std::string_view version) {
    if (!type.empty() && candidate.type != type) return;
    const int match = matchOf(candidate.version, version);
    if (match == 0) return;
    if (best) {
      const int before = matchOf(best->version, version);
      if (match < before || (match == before && isOlderVersion(candidate.version, best->version)))
        return;
    }
    best = candidate;
  }

  std::optional<Entry> lookUp(std::string_view url, std::string_view type,
                              std::string_view version) const {
    std::optional<Entry> mine;
    if (const auto found = by_url.find(url); found != by_url.end()) {
      for (const std::uint32_t i : found->second) {
        if (!added[i].replaced) better(mine, addedEntry(i), type, version);
      }
    }
    std::optional<Entry> core;
    const PackedStore& store = Core::instance().store();
    for (std::size_t i = store.lowerBound(url); i < store.size() && store.url(i) == url; ++i)
      better(core, coreEntry(i), type, version);
    if (!mine || !core) return mine ? mine : core;
    if (!url.starts_with(kCoreBase)) return mine;
    return matchOf(mine->version, version) > matchOf(core->version, version) ? mine : core;
  }

  // Whether core has that very resource, as a copy of core in a package does.
  static bool isInCore(const Added& fresh) {
    const PackedStore& store = Core::instance().store();
    for (std::size_t i = store.lowerBound(fresh.url); i < store.size() && store.url(i) == fresh.url;
         ++i) {
      if (store.type(i) == fresh.type && store.version(i) == fresh.version) return true;
    }
    return false;
  }

  // Enters the newest added one into the index; what it replaces is told.
  // `file` is where in the package or other origin it stands.
  void index(std::vector<Issue>& issues, std::string_view origin, std::string_view file = {}) {
    Added& fresh = added.back();
    if (fresh.url.empty()) return;
    auto& same = by_url[fresh.url];
    for (const std::uint32_t i : same) {
      Added& earlier = added[i];
      if (earlier.replaced || earlier.type != fresh.type || earlier.version != fresh.version)
        continue;
      earlier.replaced = true;
      Place place;
      place.source = origin;
      if (!file.empty()) place.source.append(": ").append(file);
      issues.push_back(makeIssue("PB-0205", std::move(place),
                                 {std::string(fresh.url), std::string(fresh.version)}));
    }
    same.push_back(static_cast<std::uint32_t>(added.size() - 1));
  }

  std::vector<Issue> addPacked(PackedPackage package, PackageInfo info);
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

const Resource* Registry::find(std::string_view canonical, std::string_view type) const {
  const std::size_t bar = canonical.find('|');
  const std::string_view url = canonical.substr(0, bar);
  const std::string_view version =
      bar == std::string_view::npos ? std::string_view{} : canonical.substr(bar + 1);
  auto entry = state_->lookUp(url, type, version);
  if (!entry) {
    const std::string other = otherFamily(url);
    if (!other.empty()) entry = state_->lookUp(other, type, version);
  }
  return entry ? get(*entry) : nullptr;
}

void Registry::forEach(std::string_view type,
                       const std::function<void(const Entry&)>& visit) const {
  const PackedStore& store = Core::instance().store();
  for (std::size_t i = 0; i < store.size(); ++i) {
    if (type.empty() || store.type(i) == type) visit(State::coreEntry(i));
  }
  for (std::size_t i = 0; i < state_->added.size(); ++i) {
    const Added& one = state_->added[i];
    if (!one.replaced && (type.empty() || one.type == type)) visit(state_->addedEntry(i));
  }
}

const Resource* Registry::get(const Entry& entry) const {
  if (entry.number < State::coreSize()) return Core::instance().get(entry.number);
  Added& one = state_->added[entry.number - State::coreSize()];
  if (one.whole) return &one.whole;
  return one.slot.get(state_->mutex, [&] { return one.make(); });
}

Resource Registry::makeOnce(const Entry& entry) const {
  if (entry.number < State::coreSize()) return Core::instance().make(entry.number);
  return state_->added[entry.number - State::coreSize()].make();
}

std::vector<Issue> Registry::addResource(Resource resource, std::string_view origin) {
  std::vector<Issue> issues;
  Added& fresh = state_->added.emplace_back();
  describe(resource, fresh);
  fresh.package = *state_->origins.emplace(origin).first;
  fresh.whole = std::move(resource);
  state_->index(issues, origin);
  return issues;
}

std::vector<Issue> Registry::addOwnProfiles() {
  std::vector<Issue> issues;
  for (const std::string& path : builtinFiles("profiles/ip/")) {
    if (!path.ends_with(".json") || path.ends_with("/package.json")) continue;
    ReadOutcome read = readResource(builtinFile(path).value_or(""));
    keepIssues(read.issues, path, issues);
    if (!read.resource) continue;
    keepIssues(addResource(std::move(read.resource), kOwnPackage), path, issues);
  }
  return issues;
}

std::vector<Issue> Registry::State::addPacked(PackedPackage package, PackageInfo info) {
  const std::string shown = info.name;
  if (!package.name().empty()) info.name = package.name();
  info.version = package.version();
  const PackedPackage& kept_here = packed.emplace_back(std::move(package));
  const std::string_view origin = *origins.emplace(info.name).first;
  std::vector<Issue> issues = kept_here.issues(shown);
  const bool refused = !issues.empty();
  info.resources = kept_here.entries().size();
  for (const PackedPackage::Entry& entry : kept_here.entries()) {
    Added& fresh = added.emplace_back();
    fresh.url = entry.url;
    fresh.type = entry.type;
    fresh.version = entry.version;
    fresh.supplements = entry.supplements;
    fresh.package = origin;
    fresh.packed = &entry;
    if (isInCore(fresh)) {
      added.pop_back();
    } else {
      index(issues, shown, entry.file);
    }
  }
  if (info.resources > 0) {
    packages.push_back(std::move(info));
  } else if (!refused) {
    Place place;
    place.source = shown;
    issues.push_back(makeIssue("PB-0204", std::move(place), {shown}));
  }
  return issues;
}

void Registry::keepPackedIn(std::filesystem::path folder) {
  state_->kept.emplace(std::move(folder));
}

std::vector<Issue> Registry::addPackage(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) {
    const std::string shown = path.filename().string();
    if (std::filesystem::file_size(path, error) <= kMaxArchiveBytes)
      return addPackageBytes(bytesOf(path), shown);
    Place place;
    place.source = shown;
    return {makeIssue("PB-0203", std::move(place), {shown, "the archive itself is too large"})};
  }
  PackageInfo info;
  info.name = path.filename().string();
  return addPackageFiles(std::move(info),
                         [&path](const auto& visit) { return readPackage(path, visit); });
}

std::vector<Issue> Registry::addPackageBytes(std::string_view bytes, const std::string& shown,
                                             std::string sha256) {
  PackageInfo info;
  info.name = shown;
  info.sha256 = sha256.empty() ? sha256Hex(bytes) : std::move(sha256);
  if (state_->kept.has_value()) {
    if (auto known = state_->kept->find(info.sha256))
      return state_->addPacked(std::move(*known), std::move(info));
  }
  return addPackageFiles(std::move(info),
                         [&](const auto& visit) { return readPackageBytes(bytes, shown, visit); });
}

std::vector<Issue> Registry::addPackageFiles(PackageInfo info, const PackageFiles& files) {
  auto packing = std::make_shared<PackedBytes>(packPackage(files));
  if (packing->whole && !info.sha256.empty() && state_->kept.has_value())
    state_->kept->keep(info.sha256, packing->bytes);
  const std::string_view bytes = packing->bytes;
  auto package = PackedPackage::open(bytes, std::move(packing));
  if (package) return state_->addPacked(std::move(*package), std::move(info));
  Place place;
  place.source = info.name;
  return {makeIssue("PB-0203", std::move(place), {info.name, package.error().message})};
}

const std::vector<PackageInfo>& Registry::packages() const { return state_->packages; }

}  // namespace planbro::fhir
