// The portal's pages: files of web/portal, linked into the program.
#pragma once

#include "portal/viewer.h"
#include "service/request.h"

namespace planbro::portal {

// For the address /portal. Without --demo (no `demonstration`) every address answers 401: there is
// no log-in yet. Any thread; `demonstration` must outlive it.
class Pages {
 public:
  explicit Pages(const DemonstrationViewers* demonstration) : demonstration_(demonstration) {}
  service::Response handle(const service::Request& request) const;

 private:
  const DemonstrationViewers* demonstration_;
};

}  // namespace planbro::portal
