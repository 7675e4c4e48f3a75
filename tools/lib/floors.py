#!/usr/bin/env python3
"""floors.py ROOT - checks the rules of the tree that no compiler checks. Exit status 1 and one line per breach.

  floors    a file includes its own floor and lower ones; cpu and io do not include each other. The floor of a file is
            its directory (runtime/<floor>/) or the tag [floor: x] in its first line (include/weir/**); both must agree.
  public    include/weir/** includes only weir, the standard library and POSIX (interop/ is exempt: it adapts others;
            detail/atomic.hpp names the model's explorer).
  orders    an atomic operation that is not relaxed lives in runtime/sync/ or in a file that tools/lib/orders.allow
            names with a reason. A call without an order counts as seq_cst; names that no longer need it are breaches.
  enums     a scoped enumeration in include/weir is as wide as an int: gcc passes narrower ones unextended, and clang's
            callees, which may be in the user's code, expect them extended.
  tool      tools/weir reads files of any program: of weir it includes the format and the version, nothing else.
  length    no source file is longer than 400 lines.
  names     a source file uses every name it declares with `using a::b;`.
  sleeps    no test sleeps: a test forces its race, or waits for the event itself.
"""

import pathlib
import re
import sys

FLOORS = {"base": 0, "sync": 1, "trace": 2, "job": 3, "cpu": 4, "io": 4, "rt": 5, "coro": 6, "flow": 7, "roof": 8}
SOURCES = ("include", "runtime", "tests", "bench", "tools", "docs", ".ci")
CODE = {".hpp", ".cpp", ".h", ".py", ".sh", ".cmake", ".in", ""}
MAX_LINES = 400

OF_THE_TOOL = {"runtime/trace/format.hpp", "runtime/trace/crc32.hpp", "include/weir/detail/trace_event.hpp",
               "include/weir/version.hpp"}

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
variant vector version
""".split())
MODEL_SEAM = ("include/weir/detail/atomic.hpp", "explorer/atomic.hpp")
POSIX = re.compile(r"(sys|netinet|arpa|net)/\w+\.h|(fcntl|netdb|poll|pthread|sched|signal|stddef|stdint|time|unistd)\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
TAG = re.compile(r"\[floor: (\w+)\]")
COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.S)
STRONG = re.compile(r"memory_order(?:_|::)(?:acquire|release|acq_rel|seq_cst|consume)\b")
OPERATION = re.compile(r"\.(?:load\(\s*\)|(?:exchange|fetch_\w+|compare_exchange_\w+|store)\()")
NARROW = re.compile(r"enum (?:class|struct) (\w+) : (?!unsigned \{|int \{|std::u?int(?:32|64)_t)")
USING = re.compile(r"^\s*using (?:\w+::)+(\w+);", re.M)
SLEEP = re.compile(r"this_thread::sleep_(?:for|until)|\b(?:usleep|nanosleep|clock_nanosleep)\s*\(|(?<![\w:])(?:::)?sleep\s*\(\s*\d")


def strip_comments(text):
    """The text without comments; every line keeps its number."""
    return COMMENT.sub(lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group(0)), text)


def arguments(text, start):
    """The argument list of the call whose opening parenthesis is the last character before start."""
    depth = 1
    for end in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    return text[start:]


class tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.breaches = []

    def breach(self, path, line, what):
        self.breaches.append(f"{path.relative_to(self.root)}:{line}: {what}")

    def files(self, *directories):
        for directory in directories:
            for path in sorted((self.root / directory).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield path

    def floor(self, path):
        """The floor of a file of ours, or None where floors do not apply."""
        part = path.relative_to(self.root).parts
        if part[0] == "runtime":
            return part[1] if len(part) > 2 and part[1] in FLOORS else None
        if part[:2] == ("include", "weir"):
            with path.open(encoding="utf-8") as file:
                tag = TAG.search(file.readline())
            return tag.group(1) if tag and tag.group(1) in FLOORS else None
        return None

    def find(self, name, path):
        """The file of ours that an include names, or None."""
        for base in (self.root / "include", self.root / "runtime", path.parent):
            if (base / name).is_file():
                return (base / name).resolve()
        return None

    def check_floors(self):
        for path in self.files("include", "runtime"):
            if path.suffix not in (".hpp", ".cpp"):
                continue
            text = path.read_text(encoding="utf-8")
            mine = self.floor(path)
            if mine is None:
                self.breach(path, 1, "has no floor: a first line tagged [floor: x], or a directory runtime/<floor>/")
                continue
            tag = TAG.search(text.split("\n", 1)[0])
            if tag and tag.group(1) != mine:
                self.breach(path, 1, f"is tagged {tag.group(1)} but lies in {mine}")
            public = path.relative_to(self.root).parts[0] == "include"
            for match in INCLUDE.finditer(strip_comments(text)):
                line = text.count("\n", 0, match.start(1)) + 1
                self.check_include(path, line, match.group(1), mine, public)

    def check_include(self, path, line, name, mine, public):
        target = self.find(name, path)
        if target is None or self.root.resolve() not in target.parents:
            seam = (str(path.relative_to(self.root)), name) == MODEL_SEAM
            if public and "interop" not in path.parts and name not in STANDARD and not POSIX.fullmatch(name) and not seam:
                self.breach(path, line, f"public header includes {name}")
            return
        target = self.root / target.relative_to(self.root.resolve())
        if public and target.relative_to(self.root).parts[0] != "include":
            self.breach(path, line, f"public header includes the private {name}")
        theirs = self.floor(target)
        if theirs is None:
            return  # reported for the target itself
        if FLOORS[theirs] > FLOORS[mine]:
            self.breach(path, line, f"{mine} includes the higher floor {theirs} ({name})")
        elif FLOORS[theirs] == FLOORS[mine] and theirs != mine:
            self.breach(path, line, f"{mine} includes its sibling {theirs} ({name})")

    def check_tool(self):
        for path in self.files("tools/weir"):
            if path.suffix not in (".hpp", ".cpp"):
                continue
            text = strip_comments(path.read_text(encoding="utf-8"))
            for match in INCLUDE.finditer(text):
                for base in ("include", "runtime"):
                    name = f"{base}/{match.group(1)}"
                    if (self.root / name).is_file() and name not in OF_THE_TOOL:
                        self.breach(path, text.count("\n", 0, match.start(1)) + 1, f"the tool includes {name}")

    def check_orders(self):
        allowed = self.read_allowed()
        used = set()
        for path in self.files("include", "runtime"):
            name = str(path.relative_to(self.root))
            if path.suffix not in (".hpp", ".cpp") or name.startswith("runtime/sync/"):
                continue
            text = strip_comments(path.read_text(encoding="utf-8"))
            lines = [text.count("\n", 0, m.start()) + 1 for m in STRONG.finditer(text)]
            for match in OPERATION.finditer(text):
                if "load" in match.group(0) or "memory_order" not in arguments(text, match.end()):
                    lines.append(text.count("\n", 0, match.start()) + 1)
            if lines and name in allowed:
                used.add(name)
            elif lines:
                self.breach(path, min(lines), f"non-relaxed atomics ({len(lines)}) outside runtime/sync; "
                            "move them there, or name the file with a reason in tools/lib/orders.allow")
        for name in sorted(allowed.keys() - used):
            self.breach(self.root / "tools/lib/orders.allow", allowed[name], f"{name} has no non-relaxed atomics (any more)")

    def read_allowed(self):
        path, allowed = self.root / "tools/lib/orders.allow", {}
        if not path.exists():
            return allowed
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            name, _, reason = line.partition(": ")
            if len(reason.split()) < 3:
                self.breach(path, number, "a line is `file: reason`, with a reason")
            allowed[name] = number
        return allowed

    def check_length_and_sleeps(self):
        for path in self.files(*SOURCES):
            if path.suffix not in CODE:
                continue
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a binary fixture
            if path.suffix in (".hpp", ".cpp", ".h", ".py", ".sh", ".cmake") and text.count("\n") > MAX_LINES:
                self.breach(path, MAX_LINES + 1, f"{text.count(chr(10))} lines; the limit is {MAX_LINES}")
            if path.relative_to(self.root).parts[0] == "tests" and path.suffix in (".hpp", ".cpp"):
                for match in SLEEP.finditer(strip_comments(text)):
                    self.breach(path, text.count("\n", 0, match.start()) + 1, "a test sleeps")

    def check_names(self):
        for path in self.files(*SOURCES):
            if path.suffix != ".cpp":
                continue
            text = strip_comments(path.read_text(encoding="utf-8"))
            for match in USING.finditer(text):
                if len(re.findall(rf"\b{match.group(1)}\b", text)) == 1:
                    self.breach(path, text.count("\n", 0, match.start(1)) + 1, f"does not use {match.group(1)}")

    def check_enums(self):
        for path in self.files("include"):
            text = strip_comments(path.read_text(encoding="utf-8"))
            for match in NARROW.finditer(text):
                self.breach(path, text.count("\n", 0, match.start()) + 1, f"{match.group(1)} is a narrow enumeration")

    def check(self):
        self.check_floors()
        self.check_tool()
        self.check_enums()
        self.check_names()
        self.check_orders()
        self.check_length_and_sleeps()
        return self.breaches


def main(arguments_):
    if len(arguments_) != 2 or not pathlib.Path(arguments_[1], "runtime").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    breaches = tree(arguments_[1]).check()
    for line in breaches:
        print(line)
    print(f"floors: {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
