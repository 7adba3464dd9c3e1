// The interactions, one file each; the route table (routes.cc) leads to them. Any thread.
#pragma once

#include "service/call.h"

namespace planbro::service {

Answer read(const Call& call);               // read.cc
Answer readVersion(const Call& call);        // read.cc
Answer create(const Call& call);             // create.cc
Answer update(const Call& call);             // update.cc
Answer conditionalUpdate(const Call& call);  // update.cc
Answer remove(const Call& call);             // delete.cc
Answer conditionalRemove(const Call& call);  // delete.cc
Answer history(const Call& call);            // history.cc
Answer searchType(const Call& call);         // search.cc
Answer transaction(const Call& call);        // transaction.cc
Answer capabilities(const Call& call);       // capability.cc
Answer validate(const Call& call);           // validate.cc

}  // namespace planbro::service
