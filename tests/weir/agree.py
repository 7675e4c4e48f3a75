#!/usr/bin/env python3
"""agree.py WEIR READER FILE... - the command `weir` and the reader that was written from the page alone count the same.

WEIR: the command. READER: read_wtr.py. Compared are the numbers of events of each type and of each thread's, what is lost, the
generations, the threads, and that both find the file whole.
"""
import collections
import csv
import importlib.util
import io
import json
import subprocess
import sys


def ours(weir, path):
    counted = json.loads(subprocess.run([weir, "check", "--json", path], check=True, capture_output=True).stdout)
    lines = subprocess.run([weir, "convert", "--to", "csv", "-o", "-", path], check=True, capture_output=True, text=True).stdout
    events = collections.Counter()
    for row in csv.DictReader(io.StringIO(lines)):
        events[int(row["thread"]), row["type"], row["name"]] += 1
    trace = counted["trace"]
    return {"types": counted["counts"], "events": events, "lost": trace["lost"], "generations": trace["generations"],
            "threads": trace["threads"], "all": trace["events"]}


def theirs(reader, path):
    with open(path, "rb") as file:
        read = reader.trace(file.read())
    read.check_order()
    types, events = collections.Counter(), collections.Counter()
    for thread, all_of_it in read.events.items():
        for e in all_of_it:
            types[reader.TYPES[e[1]]] += 1
            events[thread, reader.TYPES[e[1]], read.sites[e[3]]] += 1
    return {"types": dict(types), "events": events, "lost": read.lost, "generations": read.generations,
            "threads": len(read.threads), "all": sum(types.values())}


def main():
    weir, script, *paths = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("read_wtr", script)
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    for path in paths:
        a, b = ours(weir, path), theirs(reader, path)
        for key in a:
            if a[key] != b[key]:
                sys.exit(f"{path}: {key}: the command says {a[key]}, the page's reader {b[key]}")
        if a["all"] < 100:
            sys.exit(f"{path}: hardly anything to compare: {a}")


if __name__ == "__main__":
    main()
