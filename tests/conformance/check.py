#!/usr/bin/env python3
"""check.py SUITE PROGRAM SUITES: replays a suite, has the suites' own scorer score it, and fails
below the share named here. Without the suites it says so and passes (exit 77, which ctest shows as
skipped)."""
import json
import os
import subprocess
import sys
import tempfile

# What is asked for, by suite: (name of the share, how it is read from the score, least).
ASKED = {
    "roundtrip": [("lossless", lambda s: s["ok"] / s["total"], 1.0)],
    "examples": [("clean", lambda s: 1 - s["flagged"] / s["total"], 0.995)],
    "fhirpath": [("by value", lambda s: s["valueRate"], 0.985),
                 ("strict", lambda s: s["strictRate"], 0.97)],
    "validator": [("tier 1", lambda s: s["agg"]["tier1"]["agreement"], 0.93),
                  ("tier 1, balanced", lambda s: s["agg"]["tier1"]["balanced"], 0.92),
                  ("tier 1, places", lambda s: s["agg"]["tier1"]["locRecallNear"], 0.75),
                  ("all", lambda s: s["agg"]["all"]["agreement"], 0.82)],
    "snapshot": [("elements", lambda s: s["elementsOk"] / s["elements"], 0.99),
                 ("whole profiles", lambda s: s["whole"] / s["profiles"], 0.95)],
    # The cases with assertions are not among these.
    "structure-mapping": [("cases", lambda s: s["ok"] / (s["ok"] + len(s["failed"])), 0.95)],
    # The suite has no diffs for its XML cases.
    "patch": [("FHIRPath Patch", lambda s: s["fhirpath-patch"][0] / s["fhirpath-patch"][1], 1.0),
              ("JSON Patch", lambda s: s["json-patch"][0] / s["json-patch"][1], 1.0)],
}


def main():
    suite, program, suites = sys.argv[1:4]
    scorer = os.path.join(suites, "score.py")
    if not os.path.exists(scorer):
        print(f"skipped: {suites} is not there")
        sys.exit(77)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as results:
        subprocess.run([program, suite, suites], stdout=results, check=True)
        scored = subprocess.run(
            [sys.executable, scorer, suite, suites, results.name], capture_output=True, check=True)
    score = json.loads(scored.stdout)
    print(json.dumps(score, indent=1)[:4000])
    failed = False
    for name, share, least in ASKED[suite]:
        reached = share(score)
        print(f"{suite}, {name}: {reached:.4f}, at least {least} is asked for")
        failed = failed or reached < least
    sys.exit(1 if failed else 0)


main()
