#!/usr/bin/env python3
"""nesting.py FILE... [KEY=N ...] - are converted traces such that any viewer can draw them? .json (Chrome) or .pftrace.

Times do not fall; on every track ends close the last begin, and all are closed; every arrow's end has one beginning, before
it, and lies in a slice. KEY: `slices` (on threads), `async`, `arrows`, `instants`, `counters`, or NAME (slices named so).
"""
import collections
import json
import re
import sys


class wrong(Exception):
    pass


def fail(message):
    raise wrong(message)


def chrome(path):
    """(kind, track, ns, name, flow) for each event; kind as Perfetto's: 1 begin, 2 end, 3 instant, 4 counter; s, f."""
    kinds = {"B": 1, "b": 1, "E": 2, "e": 2, "i": 3, "n": 3, "C": 4, "s": "s", "f": "f"}
    with open(path) as file:
        text = file.read()
    if re.search(r'"ts":-|"ts":\d+\.(?!\d{3}[,}])|"ts":\d+[,}]', text):
        fail("a time that is not microseconds with three decimals")
    for e in json.loads(text)["traceEvents"]:
        if e["ph"] == "M":
            continue
        whole, part = str(e["ts"]).split(".") if "." in str(e["ts"]) else (e["ts"], "0")
        track = ("async", e["cat"], e["id"]) if e["ph"] in "ben" else ("thread", e.get("tid", 0))
        yield (kinds[e["ph"]], track, int(whole) * 1000 + int(part.ljust(3, "0")), e.get("name", ""),
               e["id"] if e["ph"] in "sf" else 0)


def fields(data):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 1:
            yield key >> 3, int.from_bytes(data[at:at + 8], "little")
            at += 8
        elif key & 7 == 2:
            size = varint()
            if at + size > len(data):
                fail("a field beyond its message")
            yield key >> 3, data[at:at + size]
            at += size
        else:
            fail(f"wire type {key & 7}")


def perfetto(path):
    with open(path, "rb") as file:
        data = file.read()
    kinds, names = {}, {}
    for number, packet in fields(data):
        if number != 1:
            fail("not a packet")
        packet = list(fields(packet))
        one = dict(packet)
        if one.get(10) != 1 or 13 not in one:
            fail("a packet without sequence")
        if 60 in one:
            d = dict(fields(one[60]))
            kinds[d[1]] = "thread" if 4 in d else "counter" if 8 in d else "async"
        for number, interned in fields(one.get(12, b"")):
            if number == 2:
                entry = dict(fields(interned))
                names[entry[1]] = entry[2].decode()
        if 11 in one:
            event = list(fields(one[11]))
            e = dict(event)
            if e[11] not in kinds:
                fail("an event on a track that nothing describes")
            track = (kinds[e[11]], e[11])
            yield e[9], track, one[8], names[e[10]] if 10 in e else "", 0
            for number, value in event:
                if number in (47, 48):
                    yield "s" if number == 47 else "f", track, one[8], "", value


def check(path):
    """What there is, by name and by sort."""
    count, stacks, arrows, last = collections.Counter(), collections.defaultdict(list), set(), 0
    for kind, track, at, name, flow in (chrome if path.endswith("json") else perfetto)(path):
        if at < last:
            fail(f"time falls from {last} to {at}")
        last = at
        stack = stacks[track]
        if kind == 1:
            if not name:
                fail("a slice without a name")
            stack.append(name)
            if name not in ("wake", "spawn"):  # where an arrow needs a slice to begin in
                count[name] += 1
                count["slices" if track[0] == "thread" else "async"] += 1
        elif kind == 2:
            if not stack:
                fail(f"an end without a begin on {track} at {at}")
            stack.pop()
        elif kind == "s":
            if flow in arrows:
                fail(f"arrow {flow} begins twice")
            arrows.add(flow)
        elif kind == "f":
            if flow not in arrows or not stack:
                fail(f"arrow {flow} ends and has not begun, or ends in no slice")
            arrows.remove(flow)
            count["arrows"] += 1
        elif name not in ("wake", "spawn"):
            count["instants" if kind == 3 else "counters"] += 1
    if any(stacks.values()):
        fail(f"open at the end: {[s for s in stacks.items() if s[1]]}")
    return count


def main():
    wanted = [a.rsplit("=", 1) for a in sys.argv[1:] if "=" in a]
    for path in (a for a in sys.argv[1:] if "=" not in a):
        try:
            count = check(path)
            for key, number in wanted:
                if count[key] != int(number):
                    fail(f"wanted {key}={number}, found {dict(count)}")
        except wrong as e:
            sys.exit(f"{path}: {e}")


if __name__ == "__main__":
    main()
