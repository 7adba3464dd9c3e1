// Bodies that stay the same as long as the program runs: answers share their bytes, which are
// packed once for all who take them packed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace planbro::service {

struct Response;

// Any thread.
class ConstantBody {
 public:
  // `media_type` with its charset, as Content-Type shows it.
  ConstantBody(std::string bytes, std::string media_type);

  std::string_view bytes() const { return bytes_; }
  const std::string& mediaType() const { return media_type_; }
  const std::string& entityTag() const { return entity_tag_; }  // strong

  // Makes of the bytes their packed form; nothing where it cannot.
  using Pack = std::function<std::optional<std::string>(std::string_view bytes)>;
  // What `pack` made of these bytes when this was called first; later calls make nothing.
  std::shared_ptr<const ConstantBody> packed(const Pack& pack) const;

 private:
  std::string bytes_;
  std::string media_type_;
  std::string entity_tag_;
  mutable std::once_flag packing_;
  mutable std::shared_ptr<const ConstantBody> packed_;  // nullptr: it could not be packed
};

// Has `response` answer with `body`, which clients may keep if they ask again each time; or with
// 304, if their `if_none_match` names it.
void answerConstant(std::shared_ptr<const ConstantBody> body, std::string_view if_none_match,
                    Response& response);

}  // namespace planbro::service
