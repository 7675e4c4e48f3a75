"""time_limit.py run FILE PROGRAM...   runs a model; how long it took goes to FILE, its exit status is the model's
time_limit.py sum LIMIT FILE...     the total of all models, which must not pass LIMIT seconds

Processor time, so that a machine that does other things beside does not count; a model is one thread that never waits.
"""

import os
import pathlib
import resource
import subprocess
import sys
import time


def run(file, command):
    began = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{usage.ru_utime + usage.ru_stime:.3f} {time.monotonic() - began:.3f}\n")
    if status < 0:
        os.kill(os.getpid(), -status)  # ctest shows how it died
    return status


def total(limit, files):
    missing = [f.name for f in files if not f.exists()]
    if missing:
        print(f"not run yet: {', '.join(missing)}")
        return 1
    times = sorted(((*map(float, f.read_text().split()), f.name) for f in files), reverse=True)
    for processor, wall, name in times:
        print(f"{processor:7.2f} s  ({wall:.2f} s by the clock)  {name}")
    processor = sum(t[0] for t in times)
    print(f"{processor:7.2f} s in total for {len(times)} models; they must not take more than {limit:g} s")
    return int(processor > limit)


if sys.argv[1] == "run":
    sys.exit(run(pathlib.Path(sys.argv[2]), sys.argv[3:]))
sys.exit(total(float(sys.argv[2]), [pathlib.Path(a) for a in sys.argv[3:]]))
