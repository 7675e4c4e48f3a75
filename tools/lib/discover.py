#!/usr/bin/env python3
"""discover.py PROGRAM PREFIX TIMEOUT OUT - writes the ctest file that runs each test case of a doctest program by itself.

The test is named PREFIX/<test case> and labelled with its suite. Unlike doctest_discover_tests this takes any name
(semicolons, brackets, commas), asks the program once, and refuses two test cases with one name.
"""

import subprocess
import sys
import xml.etree.ElementTree


def quoted(text):
    """A CMake bracket argument: nothing inside has a meaning."""
    equals = "="
    while f"]{equals}]" in text or text.endswith(f"]{equals}"):
        equals += "="
    return f"[{equals}[{text}]{equals}]"


def main(arguments):
    if len(arguments) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    program, prefix, timeout, out = arguments[1:]
    listed = subprocess.run([program, "--list-test-cases", "--reporters=xml"], check=True, capture_output=True, text=True)
    lines, seen = [], set()
    for case in xml.etree.ElementTree.fromstring(listed.stdout).iter("TestCase"):
        if case.get("skipped") == "true":
            continue
        name = case.get("name")
        if name in seen:
            print(f"{case.get('filename')}:{case.get('line')}: a second test case is named {name!r}", file=sys.stderr)
            return 1
        seen.add(name)
        test = quoted(f"{prefix}/{name}")
        select = quoted("--test-case=" + name.replace(",", "\\,"))
        labels = quoted(";".join(filter(None, (prefix, case.get("testsuite")))))
        lines.append(f"add_test({test} {quoted(program)} --case-sensitive=true {select})")
        lines.append(f"set_tests_properties({test} PROPERTIES TIMEOUT {timeout} LABELS {labels})")
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
