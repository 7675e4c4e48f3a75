#!/usr/bin/env python3
"""Checks a Chrome trace of weir, knowing only the format: python3 check_trace.py FILE [NAME=COUNT ...]

Valid JSON; sorted by time; slices of a thread nest like brackets and are closed; spans come in pairs, begin before
end; 64-bit ids are strings; every thread has a name. NAME=COUNT: exactly so many slices, spans or instants.
"""
import collections
import json
import sys


def fail(message):
    sys.exit(f"{sys.argv[1]}: {message}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        trace = json.load(file)
    stacks, spans = collections.defaultdict(list), collections.defaultdict(list)
    named, seen, counts = set(), set(), collections.Counter()
    last = 0.0
    for event in trace["traceEvents"]:
        phase, tid, name = event["ph"], event["tid"], event["name"]
        if phase == "M":
            named.add(tid)
            continue
        seen.add(tid)
        if event["ts"] < last:
            fail(f"time runs backwards at {event}")
        last = event["ts"]
        if phase == "B":
            stacks[tid].append(name)
            counts[name] += 1
        elif phase == "E":
            if not stacks[tid] or stacks[tid].pop() != name:
                fail(f"an end without its begin: {event}")
        elif phase == "b":
            spans[event["cat"], event["id"]].append(name)
            counts[event["cat"]] += 1
        elif phase == "e":
            if not spans[event["cat"], event["id"]]:
                fail(f"a span that ends before it begins: {event}")
            spans[event["cat"], event["id"]].pop()
        elif phase in "iC":
            counts[name] += 1
        else:
            fail(f"unknown phase: {event}")
        if phase in "be" and not event["id"].startswith("0x"):
            fail(f"an id that is no string: {event}")
    if any(stacks.values()) or any(spans.values()):
        fail("slices or spans are left open")
    if seen - named:
        fail(f"threads without a name: {seen - named}")
    for wanted in sys.argv[2:]:
        name, count = wanted.rsplit("=", 1)
        got = int(trace["otherData"]["lost_events"]) if name == "lost" else counts[name]
        if got != int(count):
            fail(f"{got} of {name!r}, not {count}")


main()
