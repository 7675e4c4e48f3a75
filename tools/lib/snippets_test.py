#!/usr/bin/env python3
"""What snippets.py makes of Markdown: programs, units and fragments, and what it refuses."""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import snippets  # noqa: E402

# (what, markdown, expected file, text that its unit must contain)
CASES = [
    ("a program", "```cpp\nint main() {}\n```\n", "program/README_1.cpp", '#line 2 "README.md"\nint main'),
    ("a unit", "x\n\n```cpp\n#include <map>\nint f();\n```\n", "unit/README_1.cpp", '#line 4 "README.md"\n#include'),
    ("a fragment", "```cpp\nrt.wait_idle();\n```\n", "unit/README_1.cpp", "void README_1("),
    ("an awaiting fragment", "```cpp\nco_await f();\n```\n", "unit/README_1.cpp", "weir::task<void> README_1("),
    ("a lambda that awaits", "```cpp\nauto f = [] { co_await g(); };\n```\n", "unit/README_1.cpp", "void README_1("),
    ("an await in a comment", "```cpp\nf();  // co_await\n```\n", "unit/README_1.cpp", "void README_1("),
    ("main in a comment", "```cpp\nf();  // int main()\n```\n", "unit/README_1.cpp", "void README_1("),
    ("an indented block", "- item\n\n  ```cpp\n  int main() {\n  }\n  ```\n", "program/README_1.cpp", "\nint main() {\n}"),
    ("a longer fence", "````cpp\n// ```\nint x;\n````\n", "unit/README_1.cpp", "int x;"),
    ("the second block", "```sh\nls\n```\n```cpp\nint x;\n```\n```cpp\nint y;\n```\n", "unit/README_2.cpp", "int y;"),
]
REFUSED = ["```cpp no-compile\nx\n```\n", "```c++\nx\n```\n", "```cpp\nx\n"]


def units(markdown):
    with tempfile.TemporaryDirectory() as root:
        pathlib.Path(root, "README.md").write_text(markdown, encoding="utf-8")
        return snippets.units(pathlib.Path(root))


def main():
    failures = 0
    for what, markdown, name, expected in CASES:
        found = units(markdown)
        if expected not in found.get(name, ""):
            failures += 1
            print(f"{what}: {found}")
    for markdown in REFUSED:
        try:
            found = units(markdown)
        except ValueError:
            continue
        failures += 1
        print(f"not refused: {markdown!r}: {found}")
    print(f"snippets_test: {len(CASES) + len(REFUSED)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
