// The code system an operation is about where it is not a loaded one: by its address, or in the
// request itself.
#pragma once

#include <expected>
#include <memory>

#include "service/call.h"
#include "service/operation_input.h"
#include "terminology/code_system.h"

namespace planbro::service {

// [id] of the address; else the parameter codeSystem; else nullptr. 400 if there are both, or
// something else is there, 404 if there is none of that id.
std::expected<std::unique_ptr<const terminology::CodeSystem>, Answer> askedCodeSystem(
    const Call& call, const OperationInput& input);

}  // namespace planbro::service
