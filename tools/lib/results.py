#!/usr/bin/env python3
"""results.py DIRECTORY - the last line of a CI run, from ctest's own result files in DIRECTORY.

Prints one line per file, the names of failed tests, and at the very end `N passed, N failed`. A test that did not run
because of another one counts as failed, one that said it cannot run here (SKIP_*) as neither. Each line of
DIRECTORY/failed_steps (a build that failed, say) counts as one failure. Exit status 1 when anything failed, or when
fewer tests ran than tools/lib/test_floor records: tests that silently vanish are a failure too.
"""

import pathlib
import sys
import xml.etree.ElementTree


def outcomes(path):
    """Yields (name, passed | failed | skipped) of one result file."""
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if case.get("status") == "run" and case.find("failure") is None:
            yield case.get("name"), "passed"
        elif skipped is not None and skipped.get("message", "").startswith("SKIP_"):
            yield case.get("name"), "skipped"
        elif case.get("status") == "disabled":
            yield case.get("name"), "skipped"
        else:
            yield case.get("name"), "failed"


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    total = {"passed": 0, "failed": 0, "skipped": 0}
    directory = pathlib.Path(arguments[1])
    for path in sorted(directory.glob("*.xml")):
        mine = {"passed": 0, "failed": 0, "skipped": 0}
        for name, outcome in outcomes(path):
            mine[outcome] += 1
            if outcome == "failed":
                print(f"FAILED  {path.stem}: {name}")
        print(f"{path.stem:16} {mine['passed']:6} passed {mine['failed']:4} failed {mine['skipped']:4} skipped")
        for outcome, count in mine.items():
            total[outcome] += count
    if (directory / "failed_steps").exists():
        for step in (directory / "failed_steps").read_text(encoding="utf-8").splitlines():
            total["failed"] += 1
            print(f"FAILED  step: {step}")

    floor = int(pathlib.Path(__file__).with_name("test_floor").read_text(encoding="utf-8").split()[0])
    too_few = total["passed"] + total["failed"] < floor
    if too_few:
        print(f"fewer tests ran than tools/lib/test_floor records ({floor})")
    print(f"{total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] or too_few else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
