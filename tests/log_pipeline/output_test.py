#!/usr/bin/env python3
"""Where log_pipeline writes: what it does when that fails. One message, an exit status, and only whole lines."""

import json
import os
import pathlib
import pty
import resource
import select
import signal
import subprocess

import support


class Output(support.PipelineTest):
    def assert_books_balance(self):
        r = self.report()
        self.assertEqual(r["lines_in"], r["lines_out"] + r["lines_rejected"])
        return r

    def test_a_full_disk(self):
        log = self.file("a", support.lines(30000))
        self.assert_failed_with(self.run_program(log, output="/dev/full"), 74, "/dev/full", "No space left")
        self.assertEqual(0, self.assert_books_balance()["lines_out"])

    def test_a_file_at_its_limit_is_cut_back_to_a_whole_line(self):
        log = self.file("a", support.lines(30000))
        limit = 1_000_001
        result = self.run_program(log, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assert_failed_with(result, 74, "out.ndjson", "File too large")
        written = self.output.read_bytes()
        self.assertTrue(limit - 1000 < len(written) <= limit and written.endswith(b"}\n"))
        self.assertEqual(written.count(b"\n"), self.assert_books_balance()["lines_out"])

    def test_a_full_disk_stops_reading(self):
        process = subprocess.Popen(self.command("-", output="/dev/full"), stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with self.assertRaises(BrokenPipeError):  # an endless input: only a program that stops reading ends
            while True:
                os.write(process.stdin.fileno(), support.lines(1000))
        _, errors = process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(74, process.returncode, errors)

    def test_stdout_gets_the_lines_and_stderr_the_report(self):
        log = self.file("a", support.lines(1000))
        result = self.run_program(log, output="-")
        self.assertEqual((0, 1000), (result.returncode, result.stdout.count(b'"fingerprint"')))
        self.assertEqual(1000, result.stdout.count(b"\n"))
        self.assertIn(b"lines out", result.stderr)

    def test_a_reader_that_goes_away(self):
        log = self.file("a", support.lines(30000))
        process = subprocess.Popen(self.command(log, output="-"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        self.assert_failed_with(subprocess.CompletedProcess([], process.wait(support.LIMIT_S), b"", errors), 74, "stdout",
                                "Broken pipe")
        self.assert_books_balance()

    def test_a_closed_stdout(self):
        log = self.file("a", support.lines(10))
        close = lambda: os.close(1)
        self.assert_failed_with(self.run_program(log, output="-", preexec_fn=close), 74, "stdout", "Bad file descriptor")
        # The lines go to a file, and only the table has nowhere to go.
        self.assert_failed_with(self.run_program(log, preexec_fn=close), 74, "stdout")
        self.assertEqual(10, self.output.read_bytes().count(b"\n"))

    def test_all_standard_descriptors_closed(self):
        log = self.file("a", support.lines(1000))
        result = self.run_program(log, preexec_fn=lambda: os.closerange(0, 3))
        self.assertEqual(74, result.returncode)
        self.assert_verified((log, support.lines(1000)))  # and no message went into the output

    def test_an_output_that_cannot_be_created(self):
        log = self.file("a", support.lines(10))
        self.assert_failed_with(self.run_program(log, output="/absent/out"), 74, "/absent/out", "No such file")
        self.assert_failed_with(self.run_program(log, "--trace", "/absent/t"), 74, "/absent/t", "No such file")
        self.assert_failed_with(self.run_program(log, "--trace", "t.json"), 64, "--trace", "weir convert --to chrome")

    def test_a_report_that_cannot_be_written(self):
        log = self.file("a", support.lines(10))
        self.assert_failed_with(self.run_program(log, "--json", "/dev/full"), 64, "--json")  # given twice
        self.json = "/dev/full"
        self.assert_failed_with(self.run_program(log), 74, "/dev/full", "No space left")

    def start(self, *arguments, output=None):
        process = subprocess.Popen(self.command(*arguments, output=output), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def finish(self, process, status):
        _, errors = process.communicate(timeout=support.LIMIT_S / 4)
        self.assertEqual(status, process.returncode, errors)

    def test_a_named_pipe_as_output_waits_for_its_reader(self):
        log, pipe = self.file("a", support.lines(30000)), self.pipe("p")
        process = self.start(log, output=pipe)
        self.wait_for(self.json.exists)  # created after it has found nobody there
        self.output.write_bytes(pathlib.Path(pipe).read_bytes())
        self.finish(process, 0)
        self.assert_verified((log, support.lines(30000)))

    def test_a_named_pipe_that_nobody_reads_can_be_stopped(self):
        log, pipe = self.file("a", support.lines(10)), self.pipe("p")
        process = self.start(log, output=pipe)
        self.wait_for(self.json.exists)
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)

    def test_a_named_pipe_for_the_report(self):
        log = self.file("a", support.lines(10))
        self.json = self.pipe("p")
        process = self.start(log)
        self.assertIn(b"output", process.stdout.readline())  # the table is there, and the run over
        self.assertEqual(10, json.loads(pathlib.Path(self.json).read_bytes())["lines_out"])
        self.finish(process, 0)
        process = self.start(log)
        self.assertIn(b"output", process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        self.finish(process, 143)

    def test_the_report_for_machines_on_stdout(self):
        log = self.file("a", support.lines(10))
        self.json = "-"
        result = self.run_program(log)
        self.assertEqual((0, 10), (result.returncode, json.loads(result.stdout)["lines_out"]))
        self.assertIn(b"lines out", result.stderr)

    def test_allocations_of_a_short_run_are_not_made_up(self):
        result = self.run_program(self.file("a", support.lines(8)))
        self.assertIn(b"not measured (takes more than 200000 lines)", result.stdout)
        self.assertIsNone(self.report()["runtime_allocations_per_line"])

    def test_an_old_output_is_replaced(self):
        self.output.write_bytes(b"x" * 1_000_000)
        log = self.file("a", support.lines(10))
        self.assertEqual(0, self.run_program(log).returncode)
        self.assert_verified((log, support.lines(10)))

    def test_progress_is_drawn_on_a_terminal_only(self):
        log = self.file("a", support.lines(200000))
        self.assertNotIn(b"\r", self.run_program(log).stderr)
        terminal, its_end = pty.openpty()
        process = subprocess.Popen(self.command("-"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=its_end)
        os.close(its_end)
        shown = b""
        while shown.count(b"lines/s") < 3:  # a silent input is no reason to stand still
            self.assertTrue(select.select([terminal], [], [], support.LIMIT_S)[0])
            shown += os.read(terminal, 4096)
        self.assertIn(b"in flight", shown)
        process.stdin.close()
        self.assertEqual(0, process.wait(support.LIMIT_S))
        os.close(terminal)

    def test_progress_is_not_drawn_into_the_lines(self):
        log = self.file("a", support.lines(100))
        terminal, its_end = pty.openpty()
        process = subprocess.Popen(self.command(log, output="-"), stdin=subprocess.DEVNULL, stdout=its_end, stderr=its_end)
        os.close(its_end)
        shown = b""
        try:
            while piece := os.read(terminal, 4096):
                shown += piece
        except OSError:  # the other end is closed
            pass
        self.assertEqual(0, process.wait(support.LIMIT_S))
        os.close(terminal)
        self.assertEqual(100, shown.count(b'"fingerprint"'))
        self.assertNotIn(b"\x1b", shown)


if __name__ == "__main__":
    support.main()
