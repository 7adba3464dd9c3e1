#include "contract/store_contract.h"

#include <unistd.h>

#include <utility>

namespace planbro::store {

StoreContract::StoreContract() {
  static int next = 0;
  folder_ = std::filesystem::path(testing::TempDir()) /
            ("planbro-store-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  std::filesystem::create_directories(folder_);
  reopen();
}

StoreContract::~StoreContract() {
  store_.reset();
  std::filesystem::remove_all(folder_);
}

void StoreContract::reopen() {
  store_.reset();
  auto opened = GetParam().open(folder_);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return;
  }
  store_ = std::move(*opened);
}

void StoreContract::put(const std::string& type, const std::string& id, std::vector<IndexRow> index,
                        const std::string& body) {
  const std::int64_t now = now_ += 1'000'000;
  const Status status = store_->transact([&](Transaction& transaction) {
    const auto current = transaction.read(type, id);
    Put put = makePut(type, id, current ? current->version + 1 : 1);
    put.last_updated = {now};
    put.index = index;
    if (!body.empty()) put.body = body;
    return transaction.put(put);
  });
  EXPECT_TRUE(status) << status.error().message;
}

void StoreContract::remove(const std::string& type, const std::string& id) {
  const std::int64_t now = now_ += 1'000'000;
  const Status status = store_->transact([&](Transaction& transaction) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(const Version current, transaction.read(type, id));
    Put put = makePut(type, id, current.version + 1);
    put.last_updated = {now};
    put.deleted = true;
    put.method = "DELETE";
    put.body.clear();
    return transaction.put(put);
  });
  EXPECT_TRUE(status) << status.error().message;
}

std::vector<std::string> StoreContract::find(const Query& query) {
  std::vector<std::string> ids;
  auto reader = store_->snapshot();
  if (!reader) {
    ADD_FAILURE() << reader.error().message;
    return ids;
  }
  auto page = (*reader)->search(query);
  if (!page) {
    ADD_FAILURE() << page.error().message;
    return ids;
  }
  for (const Version& version : page->matches) ids.push_back(version.id);
  return ids;
}

std::string bodyOf(const std::string& type, const std::string& id, const std::string& more) {
  return R"({"resourceType":")" + type + R"(","id":")" + id + R"(","text":")" + more + R"("})";
}

Put makePut(const std::string& type, const std::string& id, std::uint64_t version) {
  Put put;
  put.type = type;
  put.id = id;
  put.version = version;
  put.last_updated = {StoreContract::kStart};
  put.body = bodyOf(type, id, "version " + std::to_string(version));
  return put;
}

std::string idsAndVersions(Reader& reader, const HistoryQuery& query) {
  std::string out;
  const auto versions = reader.history(query);
  EXPECT_TRUE(versions);
  if (!versions) return out;
  for (const Version& version : *versions)
    out += version.id + std::to_string(version.version) + " ";
  return out;
}

IndexRow tokenRow(std::string parameter, std::string system, std::string value) {
  IndexRow row;
  row.kind = IndexRow::Kind::kToken;
  row.parameter = std::move(parameter);
  row.system = std::move(system);
  row.value = std::move(value);
  return row;
}

IndexRow stringRow(std::string parameter, std::string value, std::string exact) {
  IndexRow row;
  row.kind = IndexRow::Kind::kString;
  row.parameter = std::move(parameter);
  row.value = std::move(value);
  row.exact = std::move(exact);
  return row;
}

IndexRow referenceRow(std::string parameter, std::string type, std::string id) {
  IndexRow row;
  row.kind = IndexRow::Kind::kReference;
  row.parameter = std::move(parameter);
  row.system = std::move(type);
  row.value = std::move(id);
  return row;
}

IndexRow dateRow(std::string parameter, std::int64_t low, std::int64_t high) {
  IndexRow row;
  row.kind = IndexRow::Kind::kDate;
  row.parameter = std::move(parameter);
  row.low = low;
  row.high = high;
  return row;
}

Predicate leaf(Predicate::Op op, IndexRow row) {
  Predicate out;
  out.op = op;
  out.row = std::move(row);
  return out;
}

Predicate both(std::vector<Predicate> children) {
  Predicate out;
  out.op = Predicate::Op::kAnd;
  out.children = std::move(children);
  return out;
}

Predicate either(std::vector<Predicate> children) {
  Predicate out;
  out.op = Predicate::Op::kOr;
  out.children = std::move(children);
  return out;
}

Predicate negation(Predicate child) {
  Predicate out;
  out.op = Predicate::Op::kNot;
  out.children.push_back(std::move(child));
  return out;
}

Predicate token(std::string parameter, std::string system, std::string value) {
  return leaf(Predicate::Op::kEquals,
              tokenRow(std::move(parameter), std::move(system), std::move(value)));
}

Query queryFor(Predicate where, std::string type) {
  Query query;
  query.type = std::move(type);
  query.where = std::move(where);
  return query;
}

}  // namespace planbro::store
