// The interactions, one file each; the route table (routes.cc) leads to them. Any thread.
#pragma once

#include "service/call.h"

namespace planbro::service {

Answer read(const Call& call);               // read.cc
Answer readVersion(const Call& call);        // read.cc
Answer create(const Call& call);             // create.cc
Answer update(const Call& call);             // update.cc
Answer conditionalUpdate(const Call& call);  // update.cc
Answer patch(const Call& call);              // patch.cc, also conditional
Answer remove(const Call& call);             // delete.cc
Answer conditionalRemove(const Call& call);  // delete.cc
Answer history(const Call& call);            // history.cc
Answer searchType(const Call& call);         // search.cc
Answer searchSystem(const Call& call);       // search_system.cc
Answer transaction(const Call& call);        // transaction.cc
Answer capabilities(const Call& call);       // capability.cc
Answer validate(const Call& call);           // validate.cc
Answer patientEverything(const Call& call);  // everything.cc
Answer planEverything(const Call& call);     // everything.cc
Answer planDocument(const Call& call);       // document.cc
Answer asyncStatus(const Call& call);        // async.cc
Answer asyncCancel(const Call& call);        // async.cc
Answer exportStart(const Call& call);        // export.cc
Answer exportStatus(const Call& call);       // export.cc
Answer exportCancel(const Call& call);       // export.cc
Answer bulkImport(const Call& call);         // bulk_import.cc
Answer exportFile(const Call& call);         // export_file.cc

Answer expand(const Call& call);                // expand.cc
Answer lookup(const Call& call);                // lookup.cc
Answer validateCodeInSet(const Call& call);     // validate_code.cc
Answer validateCodeInSystem(const Call& call);  // validate_code.cc
Answer translate(const Call& call);             // translate.cc
Answer subsumes(const Call& call);              // subsumes.cc
Answer meta(const Call& call);                  // meta.cc
Answer metaOfMany(const Call& call);            // meta.cc
Answer metaAdd(const Call& call);               // meta.cc
Answer metaDelete(const Call& call);            // meta.cc
Answer convert(const Call& call);               // convert.cc
Answer snapshot(const Call& call);              // snapshot.cc
Answer transform(const Call& call);             // transform.cc
Answer smartConfiguration(const Call& call);    // smart.cc
Answer openApi(const Call& call);               // openapi.cc

}  // namespace planbro::service
