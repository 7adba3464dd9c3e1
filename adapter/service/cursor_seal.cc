#include "service/cursor_seal.h"

#include <algorithm>

#include "base/digest.h"
#include "base/secret.h"

namespace planbro::service {
namespace {

constexpr std::string_view kName = "cursor-key";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSealBytes = 16;  // of the HMAC; half is kept (RFC 2104, section 5)

std::string forAddress(std::string_view bytes) {
  std::string text = base64Encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> fromAddress(std::string_view text) {
  std::string plain(text);
  if (plain.find_first_of("+/= \t\r\n") != std::string::npos) return std::nullopt;
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  while (plain.size() % 4 != 0) plain += '=';
  auto bytes = base64Decode(plain);
  // The last character has bits that stand for nothing: one text alone is the cursor.
  if (!bytes || forAddress(*bytes) != text) return std::nullopt;
  return bytes;
}

Result<std::string> storedKey(store::Store& store) {
  PLANBRO_ASSIGN_OR_RETURN(const auto view, store.snapshot());
  return view->value(kName);
}

}  // namespace

Status CursorSeal::prepare() {
  auto made = key();
  if (!made.has_value()) return std::unexpected(std::move(made.error()));
  return {};
}

Result<std::string> CursorSeal::key() {
  const std::lock_guard hold(lock_);
  if (!key_.empty()) return key_;
  auto known = storedKey(store_);
  if (!known.has_value() && known.error().code != ErrorCode::kNotFound) return known;
  if (!known.has_value()) {
    const std::string fresh = randomBytes(kKeyBytes);
    PLANBRO_RETURN_IF_ERROR(store_.transact([&](store::Transaction& transaction) -> Status {
      // Another process may have been first.
      const auto others = transaction.value(kName);
      if (others.has_value()) return {};
      if (others.error().code != ErrorCode::kNotFound) return std::unexpected(others.error());
      return transaction.setValue(kName, base64Encode(fresh));
    }));
    known = storedKey(store_);
    if (!known.has_value()) return known;
  }
  const auto bytes = base64Decode(*known);
  if (!bytes || bytes->size() != kKeyBytes)
    return fail(ErrorCode::kCorrupt, "The stored key of the cursors is none.");
  key_ = *bytes;
  return key_;
}

std::string CursorSeal::sealOf(std::string_view key, std::string_view cursor,
                               std::string_view bound) const {
  std::string message = std::to_string(bound.size());
  message.append(":").append(bound).append(cursor);
  return hmacSha256(key, message).substr(0, kSealBytes);
}

Result<std::string> CursorSeal::seal(std::string_view cursor, std::string_view bound) {
  PLANBRO_ASSIGN_OR_RETURN(const std::string with, key());
  std::string bytes = sealOf(with, cursor, bound);
  return forAddress(bytes.append(cursor));
}

Result<std::string> CursorSeal::open(std::string_view sealed, std::string_view bound) {
  PLANBRO_ASSIGN_OR_RETURN(const std::string with, key());
  const auto bytes = fromAddress(sealed);
  if (!bytes || bytes->size() < kSealBytes ||
      !sameSecret(std::string_view(*bytes).substr(0, kSealBytes),
                  sealOf(with, std::string_view(*bytes).substr(kSealBytes), bound)))
    return fail(ErrorCode::kInvalidArgument, "The cursor is none that was given to this caller.");
  return bytes->substr(kSealBytes);
}

}  // namespace planbro::service
