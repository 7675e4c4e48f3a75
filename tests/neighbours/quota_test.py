"""quota_test.py PROGRAM FILTER... - runs a test program in a real cgroup that gets 20 % of one processor.

Everything must still end: no spin waits for a thread that the quota has stopped. And weir must see the quota: with less
than one processor there is one worker. Needs root and a cgroup file system that may be written (v1 or v2); otherwise it
says why and exits with 77, which ctest shows as skipped.
"""

import os
import pathlib
import subprocess
import sys
import time

PERIOD_US, QUOTA_US = 100_000, 20_000


def skip(why):
    print(f"SKIPPED: no cgroup quota here: {why}", flush=True)
    sys.exit(77)


class quota_group:
    """A cgroup of ours with the quota, below the root of v1's cpu controller or of v2."""

    def __init__(self):
        v1, v2 = pathlib.Path("/sys/fs/cgroup/cpu"), pathlib.Path("/sys/fs/cgroup")
        if os.geteuid() != 0:
            skip("this needs root")
        top, self.version = (v1, 1) if (v1 / "cpu.cfs_quota_us").exists() or (v1 / "tasks").exists() else (v2, 2)
        self.path = top / f"weir-quota-{os.getpid()}"
        try:
            self.path.mkdir()
        except OSError as error:
            skip(f"cannot make {self.path}: {error.strerror}")
        try:
            if self.version == 1:
                (self.path / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self.path / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
            else:
                (self.path / "cpu.max").write_text(f"{QUOTA_US} {PERIOD_US}")
        except OSError as error:
            self.remove()
            skip(f"the cpu controller cannot be used: {error.strerror}")

    def join(self):
        """In the child, before it becomes the program."""
        (self.path / "cgroup.procs").write_text("0")

    def throttled(self):
        """How many periods the group has been stopped in."""
        fields = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return int(fields["nr_throttled"])

    def remove(self):
        for _ in range(100):
            try:
                return self.path.rmdir()
            except OSError:
                time.sleep(0.05)


def main():
    program, filters = sys.argv[1], sys.argv[2:]
    group = quota_group()
    try:
        began = time.monotonic()
        for test in filters:
            command = [program, "--no-skip", f"--test-case={test}"]
            done = subprocess.run(command, preexec_fn=group.join, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, env=dict(os.environ, WEIR_WATCHDOG="240"))
            print(done.stdout, end="")
            if done.returncode != 0:
                print(f"FAILED at 20 % of a processor: {' '.join(command)}")
                return 1
        took, throttled = time.monotonic() - began, group.throttled()
        print(f"cgroup v{group.version}: {took:.1f} s, stopped by the quota in {throttled} periods of {PERIOD_US // 1000} ms")
        if throttled == 0:
            print("FAILED: the quota never acted, so this has shown nothing")
            return 1
        return 0
    finally:
        group.remove()


sys.exit(main())
