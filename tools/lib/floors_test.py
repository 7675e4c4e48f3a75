#!/usr/bin/env python3
"""Each rule of floors.py rejects a tree that breaks it and accepts the tree that does not."""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import floors  # noqa: E402

GOOD = {
    "include/weir/error.hpp": "// error [floor: base]\n#include <stdexcept>\n",
    "include/weir/runtime.hpp": "// runtime [floor: rt]\n#include <weir/error.hpp>\n#include <sys/types.h>\n",
    "include/weir/interop/tbb.hpp": "// tbb [floor: roof]\n#include <tbb/tbb.h>\n#include <weir/runtime.hpp>\n",
    "runtime/sync/gate.hpp": "// gate [floor: sync]\nx.store(1, std::memory_order_release);\n",
    "runtime/cpu/arena.hpp": '// arena [floor: cpu]\n#include "sync/gate.hpp"\n#include <tbb/task_arena.h>\n',
    "runtime/io/reactor.cpp": '#include "sync/gate.hpp"\nx.load(std::memory_order_relaxed);\n',
    "runtime/rt/runtime.cpp": '#include "cpu/arena.hpp"\n// x.load() and memory_order_acquire in a comment\n',
    "runtime/cpu/slot.cpp": "x.fetch_add(1, std::memory_order_acq_rel);\n",
    "tools/lib/orders.allow": "# file: reason\nruntime/cpu/slot.cpp: its own protocol, modelled\n",
    "bench/used.cpp": "using std::chrono::hours;\nhours h{1};\nusing namespace std;\nusing std::swap;  // x\nswap(a, b);\n",
    "tests/cpu/arena_test.cpp": "co_await weir::sleep_for(1ms);\nbool engine::sleep(int);\n" + "\n" * 398,
}

# (what breaks it, file, content, part of the expected message)
BAD = [
    ("a lower floor includes a higher one", "runtime/cpu/up.cpp", "#include <weir/runtime.hpp>\n", "higher floor rt"),
    ("io includes cpu", "runtime/io/side.cpp", '#include "cpu/arena.hpp"\n', "sibling cpu"),
    ("cpu includes io", "runtime/cpu/side.hpp", '// x [floor: cpu]\n#include "io/side.hpp"\n', "sibling io"),
    ("a public header without a tag", "include/weir/new.hpp", "// new\n", "has no floor"),
    ("an unknown floor", "runtime/attic/old.cpp", "\n", "has no floor"),
    ("tag and directory differ", "runtime/cpu/lie.hpp", "// lie [floor: io]\n", "tagged io but lies in cpu"),
    ("TBB in public", "include/weir/a.hpp", "// a [floor: rt]\n#include <tbb/parallel_for.h>\n", "includes tbb/"),
    ("moodycamel in public", "include/weir/a.hpp",
     "// a [floor: rt]\n# include <concurrentqueue/concurrentqueue.h>\n", "includes concurrentqueue/"),
    ("private in public", "include/weir/a.hpp", '// a [floor: rt]\n#include "sync/gate.hpp"\n', "private sync/gate"),
    ("acquire outside sync", "runtime/rt/a.cpp", "x.load(std::memory_order_acquire);\n", "non-relaxed atomics (1)"),
    ("scoped order outside sync", "runtime/rt/a.cpp", "x.store(1, std::memory_order::release);\n", "non-relaxed"),
    ("implicit seq_cst load", "runtime/rt/a.cpp", "if (x.load()) return;\n", "non-relaxed atomics (1)"),
    ("implicit seq_cst exchange", "runtime/rt/a.cpp", "x.exchange(f(1, 2));\n", "non-relaxed atomics (1)"),
    ("orders in a public header", "include/weir/a.hpp", "// a [floor: rt]\nx.fetch_add(1);\n", "non-relaxed"),
    ("an allowance nobody needs", "tools/lib/orders.allow", "runtime/cpu/arena.hpp: has a protocol once\n"
     "runtime/cpu/slot.cpp: its own protocol, modelled\n", "any more"),
    ("an allowance without a reason", "tools/lib/orders.allow", "runtime/cpu/slot.cpp: fast\n", "with a reason"),
    ("the tool includes the library", "tools/weir/a.cpp", '#include "weir/runtime.hpp"\n', "the tool includes include/weir/runtime.hpp"),
    ("an enumeration of one byte", "include/weir/a.hpp", "// a [floor: rt]\nenum class a : std::uint8_t { x };\n",
     "a is a narrow enumeration"),
    ("401 lines", "bench/long.cpp", "\n" * 401, "401 lines"),
    ("a sleeping test", "tests/cpu/nap_test.cpp", "std::this_thread::sleep_for(1ms);\n", "a test sleeps"),
    ("a test that sleeps by sleep", "tests/cpu/nap_test.cpp", "  ::sleep(1);\n", "a test sleeps"),
    ("a name nobody uses", "bench/idle.cpp", "using std::chrono::hours;\n// hours\n", "does not use hours"),
    ("a test that naps by usleep", "tests/cpu/nap_test.cpp", "usleep(100);\n", "a test sleeps"),
]


def breaches(extra):
    with tempfile.TemporaryDirectory() as root:
        for name, content in {**GOOD, **extra}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return floors.tree(root).check()


def main():
    failures = [f"the good tree is rejected: {line}" for line in breaches({})]
    for what, name, content, expected in BAD:
        extra = {name: content}
        if what == "cpu includes io":
            extra["runtime/io/side.hpp"] = "// side [floor: io]\n"
        found = breaches(extra)
        if not any(expected in line and line.startswith(name) for line in found):
            failures.append(f"not rejected: {what}: {found}")
        if len(found) != 1:
            failures.append(f"{what}: expected exactly one breach: {found}")
    for line in failures:
        print(line)
    print(f"floors_test: {len(BAD) + 1} trees, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
