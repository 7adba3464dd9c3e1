#!/usr/bin/env python3
"""test_scripts.py PROGRAM SUITES: runs FHIR TestScripts and queries against a `planbro serve` of
its own. Every MUST has to hold; a SHOULD, MAY or query that does not hold is listed with its reason in
test_scripts_known.tsv. Without the suites it says so and passes (exit 77, which ctest shows as skipped).

Source: FHIR R4, testscript.html. Of TestScript this runs operations with resource, params, url,
encodeRequestUrl, accept, contentType, requestHeader, method, sourceId, responseId and targetId, fixtures,
variables, setup and teardown, and assertions on status, headers, media type, body, path and expression-free
values; anything else in a script is a failure, never skipped over."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
OPERATIONS = {  # code: (method, what stands behind the type)
    "capabilities": ("GET", "metadata"), "read": ("GET", ""), "vread": ("GET", ""), "search": ("GET", ""),
    "history": ("GET", "/_history"), "create": ("POST", ""), "update": ("PUT", ""),
    "updateCreate": ("PUT", ""), "delete": ("DELETE", ""), "deleteCondSingle": ("DELETE", ""),
    "patch": ("PATCH", ""), "transaction": ("POST", ""), "batch": ("POST", ""),
}
RESPONSES = {
    "okay": "200", "created": "201", "noContent": "204", "notModified": "304", "bad": "400",
    "forbidden": "403", "notFound": "404", "methodNotAllowed": "405", "conflict": "409", "gone": "410",
    "preconditionFailed": "412", "unprocessable": "422",
}
MEDIA = {"json": "application/fhir+json", "xml": "application/fhir+xml", "none": ""}


class Server:
    """planbro serve on a free port, with an empty store in a scratch folder."""

    def __init__(self, program, config):
        self.data = tempfile.TemporaryDirectory()
        command = [program, "--log", "warn", "serve", "--listen", "127.0.0.1:0", "--data", self.data.name]
        if config:
            command += ["--config", config]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.base = ""
        for line in self.process.stdout:
            if line.startswith("FHIR"):
                self.base = line.split()[1]
            if line.startswith("Listening"):
                break
        if not self.base:
            raise SystemExit("planbro serve did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.data.cleanup()
        return self.process.returncode

    def send(self, method, path, headers, body=None):
        """path is below the FHIR base; it goes as written but for what no request line can hold."""
        url = self.base + path if path.startswith(("/", "?")) or not path else self.base + "/" + path
        url = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]|")
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = str(status), headers, body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def at_path(value, path):
    """The first value a simple JSONPath or dotted path names."""
    for step in re.findall(r"[^.\[\]$]+", path):
        if isinstance(value, list):
            index = int(step) if step.isdigit() else 0
            value = value[index] if index < len(value) else None
            if step.isdigit():
                continue
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def holds(operator, actual, expected):
    members = [part.strip() for part in expected.split(",")]
    operators = {
        "equals": lambda: actual == expected,
        "notEquals": lambda: actual != expected,
        "in": lambda: actual in members,
        "notIn": lambda: actual not in members,
        "contains": lambda: expected in actual,
        "notContains": lambda: expected not in actual,
        "matchesRegex": lambda: re.search(expected, actual) is not None,
        "matchesMimeClass": lambda: actual.split(";")[0].strip().split("+")[-1].split("/")[-1]
        == expected.split(";")[0].strip().split("+")[-1].split("/")[-1],
        "empty": lambda: actual == "",
        "notEmpty": lambda: actual != "",
        "greaterThan": lambda: float(actual) > float(expected),
        "lessThan": lambda: float(actual) < float(expected),
    }
    if operator not in operators:
        raise Unknown(f"operator {operator}")
    return operators[operator]()


class Unknown(Exception):
    """Something in a script that this runner does not know."""


class Script:
    def __init__(self, server, script, folder):
        self.server, self.script = server, script
        self.fixtures, self.answers, self.last = {}, {}, None
        for contained in script.get("contained", []):
            self.fixtures["#" + contained.get("id", "")] = contained
        for fixture in script.get("fixture", []):
            reference = fixture["resource"]["reference"]
            if reference not in self.fixtures:
                with open(os.path.join(folder, reference), encoding="utf-8") as file:
                    self.fixtures[reference] = json.load(file)
            self.fixtures[fixture["id"]] = self.fixtures[reference]

    def run(self):
        """What did not hold, as texts."""
        failures = []
        phases = [self.script.get("setup", {})] + self.script.get("test", [])
        try:
            for phase in phases:
                for action in phase.get("action", []):
                    failures += self.step(action)
        except Unknown as unknown:
            failures.append(f"not understood: {unknown}")
        finally:
            for action in self.script.get("teardown", {}).get("action", []):
                if "operation" in action:
                    self.operate(action["operation"])
        return failures

    def step(self, action):
        if "operation" in action:
            self.operate(action["operation"])
            return []
        return self.check(action["assert"])

    def filled(self, text):
        def value(match):
            for variable in self.script.get("variable", []):
                if variable["name"] != match.group(1):
                    continue
                answer = self.answers.get(variable.get("sourceId"), self.last)
                if "headerField" in variable and answer:
                    return answer.headers.get(variable["headerField"], "")
                if "path" in variable or "expression" in variable:
                    source = self.fixtures.get(variable.get("sourceId")) or (answer.json() if answer else None)
                    return at_path(source, variable.get("path") or variable["expression"].split(".", 1)[-1])
                return variable.get("defaultValue", "")
            return match.group(0)
        return re.sub(r"\$\{([^}]+)\}", value, text)

    def operate(self, operation):
        code = operation.get("type", {}).get("code", "search")
        if "url" not in operation and code not in OPERATIONS and "method" not in operation:
            raise Unknown(f"operation {code}")
        method, behind = OPERATIONS.get(code, ("GET", ""))
        method = operation.get("method", method).upper()
        if "url" in operation:
            path = self.filled(operation["url"]).removeprefix(self.server.base)
        else:
            path = "/" + operation["resource"] if "resource" in operation else ""
            if code == "capabilities":
                path += "/metadata"
            elif behind:
                path += behind
            if "targetId" in operation and "params" not in operation:
                target = self.answers.get(operation["targetId"])
                made = target.json() if target else self.fixtures.get(operation["targetId"])
                path = f"/{made['resourceType']}/{made['id']}{behind}"
            path += self.filled(operation.get("params", ""))
        headers = {"Accept": "application/fhir+json"}
        if "accept" in operation:
            headers["Accept"] = MEDIA.get(operation["accept"], operation["accept"])
        for field in operation.get("requestHeader", []):
            headers[field["field"]] = self.filled(field["value"])
        body = None
        if "sourceId" in operation:
            body = self.filled(json.dumps(self.fixtures[operation["sourceId"]])).encode()
            kind = operation.get("contentType", "application/fhir+json")
            headers.setdefault("Content-Type", MEDIA.get(kind, kind))
        self.last = self.server.send(method, path, headers, body)
        if "responseId" in operation:
            self.answers[operation["responseId"]] = self.last

    def check(self, asserted):
        known = {"label", "description", "operator", "responseCode", "response", "contentType", "headerField",
                 "value", "responseBody", "resource", "path", "expression", "sourceId", "direction",
                 "warningOnly", "id", "minimumId", "navigationLinks", "compareToSourceId"}
        strange = set(asserted) - known
        if strange or "minimumId" in asserted or "compareToSourceId" in asserted:
            raise Unknown(f"assertion with {sorted(strange) or sorted(asserted)}")
        answer = self.answers.get(asserted.get("sourceId"), self.last)
        operator = asserted.get("operator", "equals")
        checks = []  # (what, actual, expected)
        if "responseCode" in asserted:
            checks.append(("status", answer.status, asserted["responseCode"]))
        if "response" in asserted:
            checks.append(("status", answer.status, RESPONSES[asserted["response"]]))
        if "contentType" in asserted:
            expected = MEDIA.get(asserted["contentType"], asserted["contentType"])
            checks.append(("media type", answer.headers.get("Content-Type", ""), expected))
        if "headerField" in asserted:
            checks.append((asserted["headerField"], answer.headers.get(asserted["headerField"], ""),
                           self.filled(asserted.get("value", ""))))
        if "responseBody" in asserted:
            checks.append(("body", answer.body, asserted["responseBody"]))
        if "resource" in asserted:
            checks.append(("resource", at_path(answer.json(), "resourceType"), asserted["resource"]))
        if "path" in asserted or "expression" in asserted:
            path = asserted.get("path") or asserted["expression"].split(".", 1)[-1]
            checks.append((path, at_path(answer.json(), path), self.filled(asserted.get("value", ""))))
        if "navigationLinks" in asserted:
            relations = [link["relation"] for link in (answer.json() or {}).get("link", [])]
            checks.append(("links", "true" if {"self"} <= set(relations) else "false", "true"))
        if not checks:
            raise Unknown(f"assertion with {sorted(asserted)}")
        failures = []
        for what, actual, expected in checks:
            chosen = "matchesMimeClass" if what == "media type" and "operator" not in asserted else operator
            if not holds(chosen, actual, expected) and not asserted.get("warningOnly"):
                failures.append(f"{what}: {actual[:300]!r} {chosen} {expected!r} does not hold")
        return failures


SAMPLES = {"patient_id": "p1", "patient_family": "Smith", "practitioner_id": "d1",
           "condition_code": "http://snomed.info/sct|38341003", "procedure_code": "http://snomed.info/sct|80146002"}


def query(server, case):
    """What is wrong with the answer to a query: anything but an answer that FHIR knows."""
    path = case["path"]
    parameters = "&".join(f"{name}={value}" for name, value in case["params"].items())
    for name, sample in (case.get("sample") or {}).items():
        path = path.replace("{{%s}}" % name, SAMPLES[sample])
        parameters = parameters.replace("{{%s}}" % name, SAMPLES[sample])
    headers = case.get("headers") or {"Accept": "application/fhir+json"}
    answer = server.send(case["method"], path + ("?" + parameters if parameters else ""), headers)
    status = int(answer.status)
    if case.get("inSearchWorkload"):
        found = answer.json() or {}
        asked_one = "{{" in case["path"]
        if status != 200 or (not asked_one and found.get("resourceType") != "Bundle"):
            return [f"{status}: {answer.body[:300]}"]
        if case.get("sample") and not asked_one and not found.get("entry"):
            return ["nothing was found of what is there"]
        return []
    if status >= 500 or (status >= 400 and (answer.json() or {}).get("resourceType") != "OperationOutcome"):
        return [f"{status}: {answer.body[:300]}"]
    return []


def known_gaps():
    gaps = {}
    with open(os.path.join(HERE, "test_scripts_known.tsv"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, reason = line.rstrip("\n").split("\t")
                gaps[name] = reason
    return gaps


def main():
    program, suites = sys.argv[1:3]
    folder = os.path.join(suites, "rest", "mockhealth")
    if not os.path.exists(os.path.join(folder, "cases.json")):
        print(f"skipped: {folder} is not there")
        sys.exit(77)
    with open(os.path.join(folder, "cases.json"), encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    gaps = known_gaps()
    server = Server(program, os.path.join(HERE, "test_scripts.yaml"))
    failed, counts = 0, {}
    try:
        with open(os.path.join(HERE, "test_scripts_data.json"), "rb") as file:
            seeded = server.send("POST", "", {"Content-Type": "application/fhir+json"}, file.read())
        if seeded.status != "200":
            raise SystemExit(f"the data were refused: {seeded.body}")
        for case in cases:
            if case["kind"] == "testscript":
                path = os.path.join(folder, case["file"])
                with open(path, encoding="utf-8") as file:
                    failures = Script(server, json.load(file), os.path.dirname(path)).run()
                level = case["level"]
            else:
                failures, level = query(server, case), "query"
            name = case["name"]
            counts.setdefault(level, [0, 0])[1] += 1
            if not failures:
                counts[level][0] += 1
                if name in gaps:
                    failed += 1
                    print(f"FAILED {name}: it holds, so it is no known gap any more")
                continue
            excused = name in gaps and level != "MUST"
            failed += not excused
            print(f"{'known gap' if excused else 'FAILED'} {name}: {gaps.get(name, '')}")
            for failure in failures:
                print("   ", failure)
    finally:
        if server.stop() != 0:
            print("planbro serve did not end cleanly")
            failed += 1
    for level, (passed, total) in sorted(counts.items()):
        print(f"{level}: {passed} of {total} hold")
    sys.exit(1 if failed else 0)


main()
