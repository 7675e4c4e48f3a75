#!/usr/bin/env python3
"""snippets.py ROOT OUT - writes every ```cpp block of README.md and docs/**/*.md as a translation unit below OUT.

  program   a block with `int main`: OUT/program/<file>_<n>.cpp, linked and run by ctest.
  unit      a block that starts with #include: OUT/unit/<file>_<n>.cpp, compiled.
  fragment  any other block: OUT/unit/<file>_<n>.cpp, compiled as a function's body after #include <weir/weir.hpp>. It
            sees `weir::runtime& rt`; one that awaits outside of any braces becomes the body of a task<void>.

Errors of the compiler carry the line of the Markdown file. A block tagged with anything after `cpp` (no-compile, say)
is refused: what the docs show compiles. Files keep their timestamps when their content did not change.
"""

import pathlib
import re
import sys

OPEN = re.compile(r"^(\s*)(```+|~~~+)\s*(.*?)\s*$")
CPP = {"cpp", "c++", "cc", "cxx", "hpp"}
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def blocks(path):
    """Yields (line of the first code line, tag, code) for every fenced block."""
    fence = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = OPEN.match(line)
        if fence is None:
            if match:
                indent, fence, tag = len(match.group(1)), match.group(2), match.group(3)
                first, code = number + 1, []
        elif match and match.group(2).startswith(fence) and not match.group(3):
            yield first, tag, "\n".join(code) + "\n"
            fence = None
        else:
            code.append(line[indent:] if not line[:indent].strip() else line)
    if fence is not None:
        raise ValueError(f"{path}:{first - 1}: a code block is not closed")


def awaits_at_top(code):
    """Whether co_await, co_return or co_yield stands outside of all braces."""
    depth = 0
    for token in re.findall(r"[{}]|\bco_(?:await|return|yield)\b", NOISE.sub(" ", code)):
        if token in "{}":
            depth += 1 if token == "{" else -1
        elif depth == 0:
            return True
    return False


def unit(name, line, where, code):
    """(kind, text of the translation unit) of one block."""
    located = f'#line {line} "{where}"\n{code}'
    if re.search(r"\bint\s+main\s*\(", NOISE.sub(" ", code)):
        return "program", located
    if code.lstrip().startswith("#include"):
        return "unit", located
    opening = "#include <weir/weir.hpp>\n\n"
    if awaits_at_top(code):
        head, tail = f"weir::task<void> {name}([[maybe_unused]] weir::runtime& rt) {{\n{{\n", "}\nco_return;\n}\n"
    else:
        head, tail = f"void {name}([[maybe_unused]] weir::runtime& rt) {{\n{{\n", "}\n}\n"
    declaration = head.split("{", 1)[0].strip() + ";\n"
    return "unit", opening + declaration + head + located + tail


def units(root):
    """All translation units of the tree: {relative path: text}."""
    result = {}
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        if not path.exists():
            continue
        where = path.relative_to(root)
        stem, count = re.sub(r"\W+", "_", str(where.with_suffix(""))), 0
        for line, tag, code in blocks(path):
            words = tag.lower().split()
            if not words or words[0].split("{")[0] not in CPP:
                continue
            if words != ["cpp"]:
                raise ValueError(f"{where}:{line - 1}: a C++ block is tagged ```cpp and nothing else, not ```{tag}")
            count += 1
            kind, text = unit(f"{stem}_{count}", line, where, code)
            result[f"{kind}/{stem}_{count}.cpp"] = text
    return result


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    root, out = pathlib.Path(arguments[1]), pathlib.Path(arguments[2])
    try:
        wanted = units(root)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in out.glob("*/*.cpp"):
        if str(path.relative_to(out)) not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
