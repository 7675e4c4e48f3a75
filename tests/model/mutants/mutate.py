"""Plants a bug: copies a product file with one passage replaced, for the mutant programs of tests/model.

usage: mutate.py MUTANT.txt SOURCE_DIR OUTPUT_DIR
       mutate.py --check SOURCE_DIR               # every mutant beside this file still finds its passage

A mutant is a text file:      # why this is a bug (any number of lines)
                              file: runtime/sync/credits.hpp
                              - the passage as it stands in the file, one or several lines
                              + what takes its place (may be missing: the passage is removed)
White space is compared loosely, so that formatting does not make a mutant stale. The passage must occur exactly once.
"""

import pathlib
import re
import sys


def parse(text):
    file, old, new = None, [], []
    for line in text.splitlines():
        if line.startswith("file:"):
            file = line.removeprefix("file:").strip()
        elif line.startswith("-"):
            old.append(line[1:].strip())
        elif line.startswith("+"):
            new.append(line[1:].strip())
    if not file or not old:
        raise SystemExit("a mutant needs a file: line and a passage (-)")
    return file, "\n".join(old), "\n".join(new)


def plant(mutant, source):
    """(the file within runtime/ or include/, its text with the bug)."""
    file, old, new = parse(mutant.read_text())
    header = (source / file).read_text()
    pattern = r"\s+".join(re.escape(word) for word in old.split())
    found = re.findall(pattern, header)
    if len(found) != 1:
        raise SystemExit(f"{mutant.name}: the passage occurs {len(found)} times in {file}, not once: {old}")
    return pathlib.PurePath(*pathlib.PurePath(file).parts[1:]), re.sub(pattern, lambda _: new, header)


def main():
    if sys.argv[1] == "--check":
        mutants = sorted(pathlib.Path(__file__).parent.glob("*.txt"))
        for mutant in mutants:
            plant(mutant, pathlib.Path(sys.argv[2]))
        print(f"{len(mutants)} mutants find their passages")
        return 0 if mutants else "no mutants"
    mutant, source, output = map(pathlib.Path, sys.argv[1:4])
    file, text = plant(mutant, source)
    target = output / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return 0


sys.exit(main())
