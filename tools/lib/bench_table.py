#!/usr/bin/env python3
"""bench_table.py ROWS.json [GCC.json] - the tables of docs/reference/performance.md from the rows of `tools/bench --json`.

With a second file, a column shows what the other compiler's build measured: ours, and the ratio where there is a peer.
"""

import json
import pathlib
import sys

SECTIONS = [
    ("Fork-join of functions, parallel algorithms", ("fork_join/", "parallel_sort", "parallel_for/")),
    ("Fork-join of coroutines", ("coro_fork/",)),
    ("Submission", ("post", "submit")),
    ("Wake-up, hand-over, a full queue", ("burst/", "full_queue/", "hand_over/", "idle/", "round_trip/")),
]


def figure(value):
    """Three significant digits, without an exponent where that is readable."""
    if value is None:
        return ""
    if value and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def target(row):
    if row["target"] is None:
        return "", ""
    text = figure(row["target"]) + ("" if row["peer_name"] is None else "x")
    if row.get("by_interval"):
        text = f"interval from {row['low']:.2f}x, {text}"
    return text, "met" if row["met"] else "**missed**"


def identity(row):
    return row["case"], row["workers"], row["peer_name"]


def line(row, first, other):
    """first: the case and our figure have not been written by the row before."""
    case = f"`{row['case']}`" if first else ""
    ours = f"{figure(row['ours'])} {row['unit']}" if first else ""
    peer = "" if row["peer_name"] is None else f"{row['peer_name']}: {figure(row['peer'])}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}x"
    cells = [case, str(row["workers"]), ours, peer, ratio, f"{100 * row['spread']:.0f} %", *target(row)]
    if other is not None:
        same = other.get(identity(row))
        there = [] if same is None else [figure(same["ours"])] if first else []
        if same is not None and same["ratio"] is not None:
            there.append(f"{same['ratio']:.2f}x")
        cells.append(", ".join(there))
    return "| " + " | ".join(cells) + " |"


def table(rows, other):
    if other is not None and not any(identity(row) in other for row in rows):
        other = None
    heads = ["workload", "W", "ours", "peer", "ratio", "±", "target", ""] + ([] if other is None else ["gcc 12"])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    before = None
    for row in rows:
        now = row["case"], row["workers"], row["ours"]
        lines.append(line(row, now != before, other))
        before = now
    return lines


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    read = [json.loads(pathlib.Path(name).read_text(encoding="utf-8")) for name in arguments[1:]]
    other = {identity(row): row for row in read[1]} if len(read) > 1 else None
    for title, prefixes in SECTIONS:
        rows = [row for row in read[0] if row["case"].startswith(prefixes)]
        if rows:
            print(f"## {title}\n", *table(rows, other), "", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
