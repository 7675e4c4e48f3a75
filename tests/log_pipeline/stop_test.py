#!/usr/bin/env python3
"""SIGINT and SIGTERM: log_pipeline stops reading, drains, reports, and exits with 130 or 143."""

import os
import resource
import select
import signal
import subprocess
import time

import support


class Stop(support.PipelineTest):
    def start(self, *arguments, **how):
        return subprocess.Popen(self.command(*arguments, **how), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, bufsize=0)

    def stopped_while_waiting(self, number, status):
        """A run that has passed on what it was given, and waits for more."""
        process = self.start("-", output="-")
        os.write(process.stdin.fileno(), support.lines(200) + b"half a line")
        for _ in range(200):
            self.assertIn(b"fingerprint", process.stdout.readline())
        process.send_signal(number)
        _, errors = process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(status, process.returncode, errors)
        self.assertEqual((201, 200, 1), tuple(self.report()[k] for k in ("lines_in", "lines_out", "lines_rejected")))
        self.assertIn(b"lines out", errors)
        self.assertIn(b"stdin:201: cut off", errors)  # the half line was read, and is not lost silently

    def test_sigint_while_it_waits_for_a_pipe(self):
        self.stopped_while_waiting(signal.SIGINT, 130)

    def test_sigterm_while_it_waits_for_a_pipe(self):
        self.stopped_while_waiting(signal.SIGTERM, 143)

    def test_sigint_in_the_middle_of_a_file_drains_what_was_read(self):
        log = self.file("a", support.lines(200000))
        process = self.start(log, output="-")
        out = process.stdout.readline()  # it works, and cannot have finished: the pipe takes 64 KiB
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(130, process.returncode, errors)
        out += rest
        r = self.report()
        self.assertTrue(0 < r["lines_in"] < 200000)
        self.assertEqual(r["lines_in"], r["lines_out"] + r["lines_rejected"])
        self.assertEqual(r["lines_out"], out.count(b"\n"))
        self.assertTrue(out.endswith(b"}\n"))
        self.assertIn(f'"line {r["lines_out"] - 1}"'.encode(), out.splitlines()[-1])  # none is missing before the last

    def test_while_the_log_is_generated(self):
        process = self.start("--lines", 20_000_000)  # which would take seconds
        self.assertIn(b"generating", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=support.LIMIT_S / 4)
        self.assertEqual(130, process.returncode, errors)
        self.assertEqual([], list(self.directory.glob("log-*")))

    def test_a_log_without_end_or_without_room_is_not_begun(self):
        # The limit is for a program that begins it anyway.
        how = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))}
        for count in (-1, 1 << 64, 1_000_000_000_001):
            self.assert_failed_with(self.run_program("--lines", count, **how), 64, "--lines")
        self.assert_failed_with(self.run_program("--lines", 1_000_000_000_000, **how), 66, "GiB are free", "--data-dir")
        self.assertEqual([], list(self.directory.glob("log-*")))

    def test_a_second_signal_ends_a_run_whose_output_is_stuck(self):
        self.stuck(200000)

    def test_a_second_signal_ends_a_run_that_has_read_everything_and_whose_output_is_stuck(self):
        self.stuck(2000)

    def stuck(self, count):
        log = self.file("a", support.lines(count))
        process = self.start(log, output="-")  # nobody reads
        process.stdout.read(1)
        limit = time.monotonic() + support.LIMIT_S / 2
        while process.poll() is None and time.monotonic() < limit:  # the first stops it, the next that comes ends it
            process.send_signal(signal.SIGTERM)
            select.select([], [], [], 0.01)
        process.kill()
        process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(-signal.SIGTERM, process.returncode)


if __name__ == "__main__":
    support.main()
