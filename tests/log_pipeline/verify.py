#!/usr/bin/env python3
"""verify.py --output ENRICHED --json REPORT INPUT... - what log_pipeline did, computed again from its input.

Shares no code with the program: Python's json, hashlib and socket say what is valid, what each enriched line must be and
what the report must count. Every line of the output is compared, in order (so its class and SHA-256 are, too); then the
counts, the sums per service and minute, and the percentiles within the histogram's error. Exit status 1 and one line per
difference.
"""

import argparse
import collections
import hashlib
import itertools
import json
import math
import re
import socket
import sys
import time

MAX_LINE = 1 << 20
NAME = re.compile(r"[a-z0-9_.-]{1,64}\Z")
FIELDS = {"ts", "level", "service", "status", "latency", "ip", "path", "msg"}


class Rejected(Exception):
    pass


def require(condition, why):
    if not condition:
        raise Rejected(why)


def integer(text):
    value = int(text)
    require(-(2**63) <= value < 2**64, "not JSON: number")  # what simdjson's DOM can represent
    return value


def real(text):
    value = float(text)
    require(math.isfinite(value), "not JSON: number")
    return value


def constant(text):
    raise Rejected("not JSON: " + text)


def is_address(text):
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        socket.inet_pton(family, text)
        return True
    except (OSError, ValueError):
        return False


def parse(line):
    """The record of a line without white space around it; Rejected says why it is none."""
    require(line, "empty")
    try:
        pairs = json.loads(line.decode("utf-8"), object_pairs_hook=list, parse_int=integer, parse_float=real,
                           parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Rejected("not JSON") from error
    require(line[:1] == b"{", "not an object")
    names = [name for name, _ in pairs if name in FIELDS]
    require(not {"class", "fingerprint"} & {name for name, _ in pairs}, "already enriched")
    require(len(names) == len(set(names)) == len(FIELDS), "a field is missing or twice")
    r = dict(pairs)
    is_integer = lambda v: isinstance(v, int) and not isinstance(v, bool)
    is_text = lambda v: isinstance(v, str)
    require(is_integer(r["ts"]) and 0 <= r["ts"] < 253402300800000, "ts")
    require(is_text(r["level"]) and r["level"] in ("debug", "info", "warn", "error"), "level")
    require(is_text(r["service"]) and NAME.match(r["service"]), "service")
    require(is_integer(r["status"]) and 100 <= r["status"] <= 599, "status")
    require(is_integer(r["latency"]) and 0 <= r["latency"] <= 3600000000, "latency")
    require(is_text(r["ip"]) and is_address(r["ip"]), "ip")
    require(is_text(r["path"]) and r["path"].startswith("/"), "path")
    require(is_text(r["msg"]), "msg")
    return r


def classify(r):
    if r["status"] >= 500 or r["level"] == "error":
        return "failed"
    if r["status"] >= 400:
        return "refused"
    return "slow" if r["latency"] > 500000 else "ok"


def lines_of(data):
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


class Expected:
    """What must come out for these bytes, file by file."""

    def __init__(self):
        self.lines_in = 0
        self.rejected = []  # (file, line number from 1)
        self.output = []
        self.services = {}

    def add_file(self, name, data):
        for number, line in enumerate(lines_of(data), 1):
            self.lines_in += 1
            try:
                require(len(line) <= MAX_LINE, "too long")
                self.add_record(line.strip(b" \t\r"))
            except Rejected:
                self.rejected.append((name, number))

    def add_record(self, text):
        r = parse(text)
        kind = classify(r)
        digest = hashlib.sha256(text).hexdigest()
        self.output.append(text[:-1] + b',"class":"%s","fingerprint":"%s"}' % (kind.encode(), digest.encode()))
        s = self.services.setdefault(r["service"], {"kinds": collections.Counter(), "latencies": [], "minutes": {}})
        s["kinds"][kind] += 1
        s["latencies"].append(r["latency"])
        minute = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(r["ts"] // 60000 * 60))
        m = s["minutes"].setdefault(minute, {"lines": 0, "errors": 0, "latency_sum_us": 0})
        m["lines"] += 1
        m["errors"] += kind == "failed"
        m["latency_sum_us"] += r["latency"]


def differing_lines(expected, output):
    actual = lines_of(output)
    for number, (want, have) in enumerate(itertools.zip_longest(expected.output, actual), 1):
        if want != have:
            yield f"output line {number}: expected {want!r}, found {have!r}"
            return
    if output and not output.endswith(b"\n"):
        yield "the output does not end with a newline"


def differing_service(name, want, have):
    latencies = sorted(want["latencies"])
    counts = {"lines": len(latencies), "latency_sum_us": sum(latencies), "minutes": want["minutes"],
              **{kind: want["kinds"][kind] for kind in ("ok", "slow", "refused", "failed")}}
    for key, value in counts.items():
        if have[key] != value:
            yield f"services.{name}.{key}: expected {value}, found {have[key]}"
    if not math.isclose(have["error_rate"], want["kinds"]["failed"] / len(latencies), rel_tol=1e-6):
        yield f"services.{name}.error_rate: found {have['error_rate']}"
    for key, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)):
        exact = latencies[max(math.ceil(p * len(latencies)), 1) - 1]
        limit = exact if key == "max" else exact * (1 + 1 / 64)
        if not exact <= have["latency_us"][key] <= limit:
            yield f"services.{name}.latency_us.{key}: exact {exact}, found {have['latency_us'][key]}"


def differences(expected, output, report):
    """One line for everything that is not as it must be."""
    yield from differing_lines(expected, output)
    counts = {"lines_in": expected.lines_in, "lines_out": len(expected.output), "lines_rejected": len(expected.rejected)}
    for key, value in counts.items():
        if report[key] != value:
            yield f"{key}: expected {value}, found {report[key]}"
    if report["lines_in"] != report["lines_out"] + report["lines_rejected"]:
        yield "lines in != lines out + lines rejected"
    if set(report["services"]) != set(expected.services):
        yield f"services: expected {sorted(expected.services)}, found {sorted(report['services'])}"
        return
    for name, want in expected.services.items():
        yield from differing_service(name, want, report["services"][name])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--output", required=True)
    arguments.add_argument("--json", required=True)
    arguments.add_argument("inputs", nargs="+")
    given = arguments.parse_args()
    expected = Expected()
    for name in given.inputs:
        with open(name, "rb") as file:
            expected.add_file(name, file.read())
    with open(given.output, "rb") as output, open(given.json, encoding="utf-8") as report:
        found = list(differences(expected, output.read(), json.load(report)))
    print("\n".join(found) or f"{expected.lines_in} lines verified")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
