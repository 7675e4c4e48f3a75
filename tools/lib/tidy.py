#!/usr/bin/env python3
"""tidy.py BUILD_DIR [REGEX...] - clang-tidy over our translation units, as many at a time as there are processors.

Most of a run is spent on the standard library's headers, not on ours. So units of one directory and one command line are
looked at together, included one after the other by a file of BUILD_DIR/tidy. A group with findings, or one that does not
compile because its members use one name for two things, is halved until each complaint is that of a unit alone.
Output of clean files is dropped. What passed is remembered in BUILD_DIR/tidy by a hash of the source after
preprocessing, the configuration and the command, so a second run looks only at what changed.
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
GROUP = 8  # units per run; beyond that memory grows and nothing is gained
NOT_IN_GROUPS = "--checks=-bugprone-suspicious-include"


def without_precompiled(words):
    """The words that do not put a precompiled header before the file: it has to include what it uses."""
    kept, words = [], list(words)
    while words:
        if words[:2] in (["-Xclang", "-include-pch"], ["-Xclang", "-include"]):
            words = words[4:]  # -Xclang OPTION -Xclang FILE
        elif words[0] in ("-Winvalid-pch", "-fpch-instantiate-templates"):
            words = words[1:]
        else:
            kept.append(words.pop(0))
    return kept


class Unit:
    """A source file and the words that compile it, without the compiler launcher, the input and the output."""

    def __init__(self, entry):
        self.path = entry["file"]
        self.name = os.path.relpath(self.path, ROOT)
        self.directory = entry["directory"]
        words = shlex.split(entry["command"])
        words = words[1:] if "ccache" in os.path.basename(words[0]) else words
        self.compiler = words[0]
        drop = words.index("-o")
        words = without_precompiled(words[1:drop] + words[drop + 2:])
        self.flags = tuple(w for w in words if w not in ("-c", entry["file"]))


class Run:
    """One call of clang-tidy: over a unit, or over several through a file that includes them."""

    def __init__(self, units, passed):
        self.units, self.passed = units, passed
        self.source = units[0].path
        if len(units) > 1:
            text = "".join(f'#include "{u.path}"\n' for u in units)
            group = passed / f"group_{hashlib.sha256(text.encode()).hexdigest()[:16]}.cpp"
            group.write_text(text, encoding="utf-8")
            self.source = str(group)

    def configuration(self):
        """The options that hold for the first unit, wherever the file is that stands for it."""
        return subprocess.run([TOOL, "--dump-config", self.units[0].path, "--"], cwd=ROOT, capture_output=True, text=True,
                              check=True).stdout

    def key(self, configuration):
        """The hash of all that decides the outcome, or None when it does not preprocess."""
        first = self.units[0]
        done = subprocess.run([first.compiler, *first.flags, "-E", "-C", "-w", self.source], cwd=first.directory,
                              capture_output=True, check=False)
        if done.returncode:
            return None
        parts = (done.stdout, configuration.encode(), " ".join(first.flags).encode(), TOOL.encode())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def findings(self):
        """[(name, complaint)]; empty when clean."""
        configuration = self.configuration()
        mark = self.key(configuration)
        if mark and (self.passed / mark).exists():
            return []
        first, several = self.units[0], len(self.units) > 1
        checks = [NOT_IN_GROUPS] if several else []
        done = subprocess.run([TOOL, "--quiet", f"--config={configuration}", *checks, self.source, "--", *first.flags],
                              cwd=first.directory, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            if mark:
                (self.passed / mark).touch()
            return []
        if several:
            middle = len(self.units) // 2
            return Run(self.units[:middle], self.passed).findings() + Run(self.units[middle:], self.passed).findings()
        return [(first.name, done.stdout + ("" if done.stdout.strip() else done.stderr))]


def groups(units):
    """Units that may share a run: of one directory and command line, and not a program of their own."""
    alike = {}
    for unit in units:
        alone = "int main(" in pathlib.Path(unit.path).read_text(encoding="utf-8")
        place = unit.path if alone else os.path.dirname(unit.path)
        alike.setdefault((place, unit.directory, unit.flags), []).append(unit)
    for some in alike.values():
        for i in range(0, len(some), GROUP):
            yield some[i:i + GROUP]


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    build = pathlib.Path(arguments[1]).resolve()
    wanted = [re.compile(text) for text in arguments[2:]]
    passed = build / "tidy"
    passed.mkdir(exist_ok=True)
    units = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        name = os.path.relpath(entry["file"], ROOT)
        if not name.startswith(("..", "build")) and (not wanted or any(r.search(name) for r in wanted)):
            units.setdefault(name, Unit(entry))
    runs = sorted((Run(g, passed) for g in groups(units.values())), key=lambda r: -len(r.units))
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(Run.findings, runs):
            failures += len(found)
            for name, complaint in found:
                print(f"== {name}\n{complaint}")
    print(f"clang-tidy: {len(units)} units in {len(runs)} groups, {failures} with findings")
    return 1 if failures or not units else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
