// A registry of R4 and some resources of a test's own.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>

#include "fhir/registry.h"

namespace planbro::terminology {

inline std::shared_ptr<fhir::Registry> registryWith(std::initializer_list<std::string> resources) {
  auto registry = std::make_shared<fhir::Registry>();
  for (const std::string& json : resources) {
    auto read = fhir::readJson(json);
    EXPECT_TRUE(read.resource) << json;
    registry->addResource(std::move(read.resource));
  }
  return registry;
}

}  // namespace planbro::terminology
