#!/usr/bin/env python3
"""SIGINT and SIGTERM, wrong arguments, and a report that cannot be written."""

import os
import pathlib
import signal
import subprocess
import time

import support


def children_of(process):
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()


class Stop(support.AccountTest):
    def started(self, *arguments, children=2):
        """Running with so many children: the partner, and the shape."""
        process = subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        limit = time.monotonic() + support.LIMIT_S / 4
        while len(children_of(process.pid)) < children:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        return process

    def stopped(self, number, status):
        process = self.started("--shape", "bounded", "--accounts", 40_000)
        children = children_of(process.pid)
        process.send_signal(number)
        out, errors = process.communicate(timeout=support.LIMIT_S / 4)
        self.assertEqual(status, process.returncode, errors)
        self.assertIn("bounded: stopped by", out + errors)
        for child in children:
            self.assertFalse(pathlib.Path("/proc", child).exists())

    def test_sigint(self):
        self.stopped(signal.SIGINT, 130)

    def test_sigterm(self):
        self.stopped(signal.SIGTERM, 143)

    def test_what_was_done_until_then_is_reported(self):
        process = self.started("--shape", "bounded", "--accounts", 40_000)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=support.LIMIT_S / 4)
        self.assertIn("of 40000 accounts", out)
        self.assertLess(self.report()["bounded"]["calls"], 40_000)

    def test_in_virtual_time_too(self):
        process = self.started("--virtual", "--shape", "serial", "--accounts", 10_000_000, children=1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=support.LIMIT_S / 4)
        self.assertEqual((130, "account_sync: serial: stopped by a signal\n"), (process.returncode, errors))

    def test_its_children_end_with_it(self):
        process = self.started("--shape", "bounded", "--accounts", 40_000)
        children = children_of(process.pid)
        process.kill()
        process.communicate()
        limit = time.monotonic() + support.LIMIT_S / 4
        while any(pathlib.Path("/proc", child, "cmdline").exists() and
                  pathlib.Path("/proc", child, "cmdline").read_bytes() for child in children):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)

    def test_wrong_arguments(self):
        for arguments in (("--shape", "round"), ("--accounts", 0), ("--latency", "-1"), ("--limit", 0), ("nonsense",),
                          ("--accounts", 5, "--failures", 6), ("--limit", 100, "--descriptors", 64), ("--limit", 5000)):
            with self.subTest(arguments):
                done = self.run_program(*arguments, status=64)
                self.assertEqual(1, done.stderr.count("\n"), done.stderr)

    def test_a_report_that_cannot_be_written(self):
        done = subprocess.run([support.PROGRAM, "--virtual", "--accounts", "100", "--json", "/nowhere/x.json"],
                              capture_output=True, check=False, text=True)
        self.assertEqual((74, ""), (done.returncode, done.stdout))
        self.assertIn("/nowhere/x.json", done.stderr)

    def test_help(self):
        self.assertIn("Exit status", self.run_program("--help").stdout)


if __name__ == "__main__":
    support.main()
