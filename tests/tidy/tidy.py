"""The rules of the tree, checked by reading it. Usage: tidy.py ROOT"""

import pathlib
import re
import sys

# Pure rules see messages, the ground floor and mathematics: no log, no runtime, no server, no file.
DOMAIN_MAY = re.compile(
    r"(dangol/.*\.pb\.h|google/(protobuf|rpc|type)/.*|absl/.*|boost/math/.*|unicode/.*|phonenumbers/.*"
    r"|libs/(base|expr|stats)/.*|services/\w+/domain/.*|[a-z_]+|math\.h)$")
DOMAIN_MAY_NOT = re.compile(r"\.grpc\.pb\.h$|^absl/time/clock\.h$|^(fstream|iostream|filesystem|thread|chrono)$")
CLOCKS = re.compile(
    r"system_clock|absl::Now\(|absl::GetCurrentTimeNanos|std::random_device|\bgettimeofday\("
    r"|\btime\((nullptr|NULL|0)\)|\bclock_gettime\("
)
INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]', re.MULTILINE)
SERVICES = {"profile", "segmentation", "offer", "campaign", "response"}
# The one process that runs all five is the one place that may know them all.
WIRING = {"dangold"}


def sources(root):
    for folder in ("libs", "services", "tools", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(root).as_posix(), path.read_text()


def service_of(name):
    parts = name.split("/")
    return parts[1] if parts[0] == "services" else None


def include_findings(name, text):
    for header in INCLUDE.findall(text):
        test = name.endswith("_test.cc")
        if "/domain/" in name and not test and (
                DOMAIN_MAY_NOT.search(header) or not DOMAIN_MAY.match(header)):
            yield f"{name}: domain/ includes the infrastructure header {header}"
        owner, wanted = service_of(name), service_of(header)
        if owner in SERVICES and wanted and wanted != owner:
            yield f"{name}: service {owner} includes service {wanted} ({header})"
        if header.startswith("rocksdb/") and not name.startswith("libs/backbone/embedded/"):
            yield f"{name}: RocksDB outside libs/backbone/embedded ({header})"
        if header.startswith("librdkafka/") and not name.startswith("libs/backbone/"):
            yield f"{name}: librdkafka outside libs/backbone ({header})"
        if header.startswith("hiredis/") and not name.startswith("libs/online/"):
            yield f"{name}: hiredis outside libs/online ({header})"
        if name.startswith("libs/") and header.startswith(("services/", "tools/", "tests/")):
            yield f"{name}: a library includes a service ({header})"
        if name.startswith("services/") and header.startswith(("tools/", "tests/")):
            yield f"{name}: a service includes a tool or a test ({header})"


def clock_findings(name, text):
    if name.startswith("libs/base/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        if CLOCKS.search(code):
            yield f"{name}:{number}: reads the wall clock or a random device: {line.strip()}"


TOPIC_LIST = r"\{([^}]*)\}"
# spec.inputs = {…} and .inputs = {…}, or the spec's first three members in order.
BY_NAME = r"\.{}\s*=\s*" + TOPIC_LIST
BY_ORDER = re.compile(r"Service::k\w+,\s*" + TOPIC_LIST + r",\s*" + TOPIC_LIST)


def topics_in(text):
    """Inboxes are left out: every service reads and writes its own."""
    return sorted(t for t in re.findall(r"Topic::k(\w+)", text) if not t.startswith("Inbox"))


def declared_topics(text):
    """(inputs, outputs) of the ServiceSpec in the text, or None."""
    inputs, outputs = (re.search(BY_NAME.replace("{}", f), text) for f in ("inputs", "outputs"))
    if inputs and outputs:
        return topics_in(inputs.group(1)), topics_in(outputs.group(1))
    ordered = BY_ORDER.search(text)
    return (topics_in(ordered.group(1)), topics_in(ordered.group(2))) if ordered else None


def declared_graph(root):
    """service → (inputs, outputs), as the ServiceSpec in each processor declares them."""
    graph = {}
    for service in sorted(SERVICES):
        for path in sorted((root / "services" / service).glob("*.cc")):
            text = path.read_text()
            declared = declared_topics(text) if "ServiceSpec Spec(" in text else None
            if declared:
                graph[service] = declared
    return graph


def documented_graph(root):
    """service → (inputs, outputs), from the table of ARCHITECTURE.md."""
    path = root / "ARCHITECTURE.md"
    graph = {}
    rows = re.findall(r"^\| (\w+) \| ([\w, ]*) \| ([\w, ]*) \|", path.read_text() if path.exists() else "", re.MULTILINE)
    for service, inputs, outputs in rows:
        if service in SERVICES:
            camel = lambda words: sorted(w.strip().capitalize() for w in words.split(",") if w.strip())
            graph[service] = (camel(inputs), camel(outputs))
    return graph


def graph_findings(root):
    declared, documented = declared_graph(root), documented_graph(root)
    for service in sorted(SERVICES):
        if not (root / "services" / service / "CMakeLists.txt").exists():
            continue
        if service not in declared:
            yield f"services/{service}: no ServiceSpec with .inputs and .outputs found"
        elif declared[service] != documented.get(service):
            yield (f"ARCHITECTURE.md: the event graph says {documented.get(service)} for {service}, "
                   f"its processor declares {declared[service]}")


def alert_findings(root):
    """An alert without a test may never fire, and one without a row wakes somebody who does not know why."""
    rules = root / "deploy" / "prometheus" / "alerts.yml"
    if not rules.exists():
        return
    tests = (root / "deploy" / "prometheus" / "alerts_test.yml").read_text()
    guide = (root / "docs" / "operations.md").read_text()
    for alert in re.findall(r"^\s*- alert: (\w+)", rules.read_text(), re.MULTILINE):
        if f"alertname: {alert}\n" not in tests:
            yield f"deploy/prometheus/alerts_test.yml: does not try {alert}"
        if f"\n| `{alert}` |" not in guide:
            yield f"docs/operations.md: has no row for the alert {alert}"


def findings(root):
    for name, text in sources(root):
        yield from include_findings(name, text)
        yield from clock_findings(name, text)
    yield from graph_findings(root)
    yield from alert_findings(root)
    for folder in [*(root / "libs").iterdir(), *(root / "services").iterdir()]:
        if folder.is_dir() and not (folder / "README.md").exists():
            yield f"{folder.relative_to(root)}: no README.md"


def main():
    found = list(findings(pathlib.Path(sys.argv[1])))
    for finding in found:
        print(finding)
    print(f"tidy: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
