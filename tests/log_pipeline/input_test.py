#!/usr/bin/env python3
"""What log_pipeline reads: files, stdin, ends without newline, long and bad lines, inputs that cannot be read."""

import ctypes
import mmap
import os
import pathlib
import resource
import signal
import subprocess
import threading

import support

MIB = 1 << 20


class Input(support.PipelineTest):
    def verified_run(self, *inputs, arguments=()):
        """Runs on files with these (name, content)s and verifies; the result of the process."""
        paths = [(self.file(name, content), content) for name, content in inputs]
        result = self.run_program(*arguments, *[path for path, _ in paths])
        self.assertEqual(0, result.returncode, result.stderr)
        self.expected = self.assert_verified(*paths)
        return result

    def test_files_are_read_in_the_order_they_are_named(self):
        self.verified_run(("b", support.lines(3000)), ("a", support.line(5)), ("c", support.lines(4000)))
        self.assertEqual(7001, len(self.expected.output))

    def test_stdin(self):
        content = support.lines(20000)
        result = self.run_program("-", input=content)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assert_verified(("stdin", content))

    def test_stdin_in_small_pieces(self):
        process = subprocess.Popen(self.command("-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        content = support.lines(300)
        for at in range(0, len(content), 37):
            os.write(process.stdin.fileno(), content[at:at + 37])
        process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(0, process.returncode)
        self.assert_verified(("stdin", content))

    def test_whole_lines_of_a_silent_pipe_come_out_before_it_ends(self):
        process = subprocess.Popen(self.command("-", output="-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        os.write(process.stdin.fileno(), support.line(1) + support.line(2)[:20])
        self.assertIn(b'"class":"ok"', process.stdout.readline())  # waits, the pipe is still open
        os.write(process.stdin.fileno(), support.line(2)[20:])
        self.assertIn(b'"line 2"', process.stdout.readline())
        process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(0, process.returncode)

    def test_a_file_between_two_stdins_and_files_again(self):
        path = self.file("a", support.lines(10))
        result = self.run_program(path, "-", path, input=support.lines(5))
        self.assertEqual((0, 25), (result.returncode, self.report()["lines_in"]))

    def test_named_pipes_between_files(self):
        content = support.lines(20000)
        first, second, path = self.pipe("p"), self.pipe("q"), self.file("a", support.lines(10))
        # The pipes are written one after the other, as by a shell: the second has its writer when the first has ended.
        writing = threading.Thread(target=lambda: [pathlib.Path(p).write_bytes(content) for p in (first, second)], daemon=True)
        writing.start()
        result = self.run_program(first, path, second)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assert_verified((first, content), (path, support.lines(10)), (second, content))

    def test_a_named_pipe_that_nobody_writes_can_be_stopped(self):
        process = subprocess.Popen(self.command(self.pipe("p")), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        self.wait_for(self.output.exists)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=support.LIMIT_S / 4)
        self.assertEqual((143, 0), (process.returncode, self.report()["lines_in"]), errors)

    def test_more_files_than_descriptors(self):
        path = self.file("a", support.line(1))
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        self.assertEqual(0, self.run_program(*[path] * 100, preexec_fn=limit).returncode)
        self.assertEqual(100, self.report()["lines_out"])

    def test_no_newline_at_the_end(self):
        self.verified_run(("a", support.lines(10)[:-1]), ("b", support.line(11)[:-1]), ("c", support.line(12)))
        self.assertEqual(12, len(self.expected.output))

    def test_an_empty_file(self):
        self.verified_run(("a", b""))
        self.assertEqual(b"", self.output.read_bytes())

    def test_an_empty_file_among_others(self):
        self.verified_run(("a", support.line(1)), ("b", b""), ("c", support.line(2)))

    def test_empty_lines_are_lines_and_rejected(self):
        self.verified_run(("a", b"\n\n" + support.line(1) + b"\n   \n" + support.line(2)))
        self.assertEqual(4, self.report()["lines_rejected"])

    def test_crlf(self):
        self.verified_run(("a", support.lines(100).replace(b"\n", b"\r\n")))
        self.assertEqual(100, self.report()["lines_out"])
        self.assertNotIn(b"\r", self.output.read_bytes())

    def test_the_first_ten_bad_lines_are_shown_with_file_and_number(self):
        a = b"".join(b"bad\n" if i % 3000 == 2999 else support.line(i) for i in range(12000))
        b = support.lines(100) + b"\n" + b"[]\n" * 20
        result = self.verified_run(("a", a), ("b", b))
        shown = [m for m in result.stderr.decode().splitlines() if str(self.directory) in m]
        self.assertEqual([f"{name}:{number}" for name, number in self.expected.rejected[:10]],
                         [m.rsplit(":", 1)[0] for m in shown])
        self.assertIn("... and 15 more rejected lines", result.stderr.decode())
        self.assertIn("b:101: empty line", shown[4])
        self.assertIn("b:102: not a JSON object", shown[5])

    def test_strict_exits_1_after_the_whole_run(self):
        good, bad = self.file("good", support.lines(10)), self.file("bad", b"bad\n" + support.lines(10))
        self.assertEqual(0, self.run_program("--strict", good).returncode)
        self.assertEqual(0, self.run_program(bad).returncode)
        self.assertEqual(1, self.run_program("--strict", bad).returncode)
        self.assertEqual(10, self.report()["lines_out"])

    def test_a_line_of_exactly_1_mib_passes_and_one_byte_more_does_not(self):
        padding = MIB - len(support.line(msg="")) + 1
        fits, too_long = support.line(msg="x" * padding), support.line(msg="x" * (padding + 1))
        self.assertEqual(MIB + 1, len(fits))
        mixed = support.line(1) + fits + support.line(2) + too_long + support.line(3) + fits[:-1]
        result = self.verified_run(("a", mixed))
        self.assertEqual((6, 5), (self.report()["lines_in"], self.report()["lines_out"]))
        self.assertIn("a:4: longer than 1 MiB", result.stderr.decode())

    def test_long_lines_everywhere(self):
        long = b"x" * (2 * MIB + 3)
        self.verified_run(("a", long + b"\n" + long + b"\n\n" + support.lines(3000) + long + b"\n" + support.line(4) + long))
        self.verified_run(("b", long), ("c", b"y" * (MIB + 1)), ("d", b"y" * (MIB + 1) + b"\n"))

    def test_a_missing_file_is_seen_before_anything_is_read_or_overwritten(self):
        self.output.write_bytes(b"precious\n")
        good = self.file("good", support.lines(10))
        self.assert_failed_with(self.run_program(good, str(self.directory / "absent")), 66, "absent", "No such file")
        self.assertEqual(b"precious\n", self.output.read_bytes())

    def test_a_directory(self):
        self.assert_failed_with(self.run_program(self.directory), 66, "Is a directory")

    def test_a_file_without_permission(self):
        path = self.file("secret", support.lines(1))
        os.chmod(path, 0)
        if os.access(path, os.R_OK):
            self.skipTest("this user may read everything")
        self.assert_failed_with(self.run_program(path), 66, "secret", "Permission denied")

    def test_a_file_that_fails_to_read_ends_the_run_after_what_came_before(self):
        good = self.file("good", support.lines(5000))
        self.assert_failed_with(self.run_program(good, "/proc/self/mem", good), 66, "/proc/self/mem", "Input/output error")
        self.assertEqual((5000, 5000), (self.report()["lines_in"], self.report()["lines_out"]))

    def test_lines_before_a_read_error_in_the_same_batch_are_not_lost(self):
        # Our memory as a file: what follows this mapping cannot be read.
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        size, guard = 16 * mmap.PAGESIZE, 16 * mmap.PAGESIZE
        at = libc.mmap(None, ctypes.c_size_t(size + guard), mmap.PROT_READ | mmap.PROT_WRITE,
                       mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, ctypes.c_long(0))
        libc.munmap(ctypes.c_void_p(at + size), ctypes.c_size_t(guard))
        content = support.lines(100)
        ctypes.memmove(at, content + b"x" * (size - len(content)), size)
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            memory.seek(at)
            result = self.run_program("-", stdin=memory)
        self.assert_failed_with(result, 66, "stdin", "Input/output error")
        self.assertEqual((101, 100, 1), tuple(self.report()[k] for k in ("lines_in", "lines_out", "lines_rejected")))
        self.assertIn(b"stdin:101: cut off", result.stderr)

    def test_a_closed_stdin_is_no_empty_log(self):
        result = self.run_program("-", preexec_fn=lambda: os.close(0))
        self.assert_failed_with(result, 66, "stdin", "Bad file descriptor")

    def test_usage(self):
        self.assert_failed_with(self.run_program("--thread", "2"), 64, "--help")
        self.assert_failed_with(self.run_program("--threads", "many"), 64, "--threads")
        self.assertEqual(0, self.run_program("--help").returncode)

    def test_options_that_would_change_nothing_or_mean_something_else_are_refused(self):
        log = self.file("a", support.lines(10))
        for option in ("--lines", "--seed"):
            self.assert_failed_with(self.run_program(option, "3", log), 64, option)
            self.assert_failed_with(self.run_program(option, "3", "--listen", "127.0.0.1:0"), 64, option)
            self.assert_failed_with(self.run_program(option, "-1"), 64, option)
        for option in ("--listen", "--json", "--trace", "--data-dir", "--output"):
            for empty in ([option, ""], [f"{option}="]):
                result = subprocess.run([support.PROGRAM, *empty, log], capture_output=True, check=False)
                self.assert_failed_with(result, 64, option, "empty")

    def test_help_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([support.PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assert_failed_with(result, 74, "No space left")
        self.assertIn(b"; 71 ", self.run_program("--help").stdout)

    def test_nothing_that_is_written_may_be_an_input_or_be_written_twice(self):
        a, link = self.file("a", support.lines(10)), str(self.directory / "link")
        os.symlink(a, link)
        absent = str(self.directory / "absent")
        os.symlink(absent, self.directory / "to_absent")
        lines, json, trace = "the output", "the report (--json)", "the trace (--trace)"
        b = self.file("b", support.lines(10))
        for arguments, parts in (((b, "-o", b), ("the input", lines)),
                                 ((a, b, "-o", absent, "--json", b), ("the input", json)),
                                 ((a, b, "-o", absent, "--trace", link), ("the input", trace)),
                                 ((a, "-o", b, "--json", b), (json, lines)),
                                 ((a, "-o", b, "--trace", b), (trace, lines)),
                                 ((a, "-o", absent, "--json", b, "--trace", b), (trace, json)),
                                 ((a, "-o", absent, "--trace", str(self.directory / "to_absent")), (trace, lines)),
                                 ((a, "-o", absent, "--trace", self.pipe("p")), (trace, "pipe"))):
            result = subprocess.run([support.PROGRAM, *arguments], capture_output=True, timeout=support.LIMIT_S, check=False)
            self.assert_failed_with(result, 64, *parts)
            self.assertEqual(support.lines(10), pathlib.Path(a).read_bytes())
            self.assertEqual(support.lines(10), pathlib.Path(b).read_bytes())
        result = subprocess.run([support.PROGRAM, a, "-o", "/dev/null", "--json", "/dev/null"], capture_output=True, check=False)
        self.assertEqual(0, result.returncode, result.stderr)

    def test_the_output_must_not_be_an_input(self):
        path = self.file("a", support.lines(10))
        self.assert_failed_with(self.run_program(path, output=path), 64, "also the output")
        self.assertEqual(support.lines(10), pathlib.Path(path).read_bytes())


if __name__ == "__main__":
    support.main()
