#!/usr/bin/env python3
"""tidy.py BUILD_DIR [REGEX...] - clang-tidy over our translation units, as many at a time as there are processors.

Output of clean files is dropped. What passed is remembered in BUILD_DIR/tidy by a hash of the unit after preprocessing,
the configuration and the command, so a second run looks only at what changed.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = "clang-tidy-19"


def key(entry):
    """The hash of all that decides the outcome, or None when the unit does not preprocess."""
    words = shlex.split(entry["command"])
    if "ccache" in os.path.basename(words[0]):
        words = words[1:]
    words = words[: words.index("-o")] + words[words.index("-o") + 2:]
    done = subprocess.run([*words, "-E", "-C", "-w"], cwd=entry["directory"], capture_output=True, check=False)
    if done.returncode:
        return None
    parts = (done.stdout, (ROOT / ".clang-tidy").read_bytes(), entry["command"].encode(), TOOL.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def tidy(entry, build, passed):
    """(file, what clang-tidy complains about or an empty string)."""
    name = os.path.relpath(entry["file"], ROOT)
    mark = key(entry)
    if mark and (passed / mark).exists():
        return name, ""
    done = subprocess.run([TOOL, "-p", str(build), "--quiet", entry["file"]], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        return name, done.stdout + ("" if done.stdout.strip() else done.stderr)
    if mark:
        (passed / mark).touch()
    return name, ""


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    build = pathlib.Path(arguments[1])
    wanted = [re.compile(text) for text in arguments[2:]]
    passed = build / "tidy"
    passed.mkdir(exist_ok=True)
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        name = os.path.relpath(entry["file"], ROOT)
        if not name.startswith(("..", "build")) and (not wanted or any(r.search(name) for r in wanted)):
            entries.setdefault(name, entry)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, complaint in pool.map(lambda e: tidy(e, build, passed), entries.values()):
            if complaint:
                failures += 1
                print(f"== {name}\n{complaint}")
    print(f"clang-tidy: {len(entries)} units, {failures} with findings")
    return 1 if failures or not entries else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
