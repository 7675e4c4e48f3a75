#!/usr/bin/env python3
"""check.py FILE COMPILER FLAGS... - a misuse must not compile, and the compiler must say why.

FILE compiles as it is: the right form. With -DMISUSE it does not, and the output matches the regular expression of its
first line, `// expect: REGEX`. The first half keeps the second honest: nothing else in the file is wrong.
"""

import re
import subprocess
import sys


def compile_it(compiler, flags, path):
    done = subprocess.run([compiler, "-fsyntax-only", *flags, path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def main(path, compiler, *flags):
    with open(path, encoding="utf-8") as source:
        first = source.readline()
    expect = re.fullmatch(r"// expect: (.+)\n", first)
    if not expect:
        sys.exit(f"{path}:1: the first line must be `// expect: REGEX`")
    status, said = compile_it(compiler, flags, path)
    if status != 0:
        sys.exit(f"the right form does not compile:\n{said}")
    status, said = compile_it(compiler, [*flags, "-DMISUSE"], path)
    if status == 0:
        sys.exit("the misuse compiles")
    if not re.search(expect.group(1), said):
        sys.exit(f"the misuse does not compile, but not for the expected reason ({expect.group(1)}):\n{said}")


main(*sys.argv[1:])
