#!/usr/bin/env python3
"""bench_rows.py DIRECTORY OUT MIMALLOC - joins the rows of all benchmark programs into one JSON list.

DIRECTORY/*.json are lists of rows already; DIRECTORY/*.google are Google Benchmark's: each of its cases becomes a row
without a peer, in nanoseconds of wall time per iteration (per item where the case counts items).
"""

import json
import pathlib
import sys


def google_rows(path, allocator):
    text = path.read_text(encoding="utf-8")
    if not text.strip():
        return  # nothing passed the filter
    to_ns = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    for case in json.loads(text)["benchmarks"]:
        if case.get("run_type") == "aggregate" or case.get("error_occurred"):
            continue
        per_item = "items_per_second" in case
        value = 1e9 / case["items_per_second"] if per_item else case["real_time"] * to_ns[case["time_unit"]]
        yield {"case": case["name"], "unit": "ns/item" if per_item else "ns/iteration", "workers": case.get("threads", 1),
               "allocator": allocator, "ours": value, "peer": None, "peer_name": None, "ratio": None, "spread": None,
               "low": None, "high": None, "target": None, "by_interval": False,
               "met": True}


def main(arguments):
    if len(arguments) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    allocator = "mimalloc" if arguments[3] in ("ON", "1", "TRUE") else "system"
    rows = []
    for path in sorted(pathlib.Path(arguments[1]).iterdir()):
        if path.suffix == ".json":
            rows += json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".google":
            rows += google_rows(path, allocator)
    pathlib.Path(arguments[2]).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
