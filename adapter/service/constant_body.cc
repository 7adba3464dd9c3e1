#include "service/constant_body.h"

#include <utility>

#include "service/entity_tag.h"
#include "service/request.h"

namespace planbro::service {

ConstantBody::ConstantBody(std::string bytes, std::string media_type)
    : bytes_(std::move(bytes)),
      media_type_(std::move(media_type)),
      entity_tag_(entityTagOf(bytes_)) {}

std::shared_ptr<const ConstantBody> ConstantBody::packed(const Pack& pack) const {
  std::call_once(packing_, [&] {
    if (auto made = pack(bytes_); made.has_value())
      packed_ = std::make_shared<const ConstantBody>(std::move(*made), media_type_);
  });
  return packed_;
}

void answerConstant(std::shared_ptr<const ConstantBody> body, std::string_view if_none_match,
                    Response& response) {
  response.headers.set("ETag", body->entityTag());
  response.headers.set("Cache-Control", "no-cache");
  if (namesTag(if_none_match, body->entityTag())) {
    response.status = 304;
    return;
  }
  response.headers.set("Content-Type", body->mediaType());
  response.constant = std::move(body);
}

}  // namespace planbro::service
