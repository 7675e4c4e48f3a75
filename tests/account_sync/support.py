"""What the tests of account_sync share: running it, reading its figures, and the arithmetic that it must agree with."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ.get("ACCOUNT_SYNC", "account_sync")
LIMIT_S = 100
SHAPES = ("serial", "unbounded", "bounded", "batches")
KEYS = ("shape calls wall_s predicted_s peak_in_flight peak_rss_bytes rejected_429 failed_reported recovery_s").split()


def predict_ms(accounts, latency_ms, limit):
    """ceil(N / c) * L."""
    return -(-accounts // limit) * latency_ms


class AccountTest(unittest.TestCase):
    """A directory per test, and a program to run in it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="account_sync."))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.json = self.directory / "report.json"

    def command(self, *arguments):
        return [PROGRAM, "--json", str(self.json), *map(str, arguments)]

    def run_program(self, *arguments, status=0, **how):
        done = subprocess.run(self.command(*arguments), capture_output=True, timeout=LIMIT_S, check=False, text=True,
                              **how)
        self.assertEqual(status, done.returncode, done.stderr)
        return done

    def report(self):
        """The figures by shape."""
        return {one["shape"]: one for one in json.loads(self.json.read_text(encoding="utf-8"))}

    def figures(self, *arguments):
        self.run_program(*arguments)
        return self.report()

    def bounded(self, *arguments):
        return self.figures("--shape", "bounded", *arguments)["bounded"]

    def assert_seconds(self, ms, seconds):
        """Exactly: both are the same number of nanoseconds."""
        self.assertEqual(round(ms * 1_000_000), round(seconds * 1_000_000_000))


def main():
    sys.exit(not unittest.main(exit=False, verbosity=2).result.wasSuccessful())
