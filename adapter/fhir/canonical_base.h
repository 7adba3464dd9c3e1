// The one place that says under which base our own canonical URLs stand. The domain is yet to be
// registered; tools/set-canonical-base.sh replaces it here and in all data at once.
#pragma once

#define PLANBRO_CANONICAL_BASE "https://planbro.no/fhir"
