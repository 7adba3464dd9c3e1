// openapi.json: the route table as an OpenAPI 3.1 description; docs/api/openapi.md.
#pragma once

#include <string>

#include "service/context.h"

namespace planbro::service {

std::string makeOpenApi(const Context& context);

}  // namespace planbro::service
