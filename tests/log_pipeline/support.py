"""What the tests of log_pipeline share: running it, making lines, looking at what it left."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import verify

PROGRAM = os.environ.get("LOG_PIPELINE", "log_pipeline")
LIMIT_S = 120


def line(number=0, **changes):
    """One valid line; changes replace fields, None removes one."""
    record = {"ts": 1767225600000 + number, "level": "info", "service": "auth", "status": 200, "latency": 100 + number,
              "ip": "10.0.0.1", "path": "/", "msg": f"line {number}", **changes}
    return json.dumps({k: v for k, v in record.items() if v is not None}, separators=(",", ":")).encode() + b"\n"


def lines(count):
    return b"".join(line(i) for i in range(count))


class PipelineTest(unittest.TestCase):
    """A directory per test, and a program to run in it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="log_pipeline."))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.output = self.directory / "out.ndjson"
        self.json = self.directory / "report.json"

    def file(self, name, content):
        path = self.directory / name
        path.write_bytes(content)
        return str(path)

    def pipe(self, name):
        """A named pipe."""
        path = self.directory / name
        os.mkfifo(path)
        return str(path)

    def wait_for(self, what):
        """Until what() is true: the program has got that far."""
        limit = time.monotonic() + LIMIT_S / 4
        while not what():
            self.assertLess(time.monotonic(), limit, "it does not happen")
            time.sleep(0.005)

    def command(self, *arguments, output=None):
        """The program with a report, into the test's output file (or another: "-" is stdout)."""
        return [PROGRAM, "--json", str(self.json), "--data-dir", str(self.directory), "--output",
                str(output or self.output), *map(str, arguments)]

    def run_program(self, *arguments, output=None, **how):
        return subprocess.run(self.command(*arguments, output=output), capture_output=True, timeout=LIMIT_S,
                              check=False, **how)

    @staticmethod
    def said(process):
        """The program's next line on stderr. That the reactor was slow says only that the machine is (a sanitizer)."""
        while (line := process.stderr.readline()).startswith(b"weir: slow_continuation"):
            pass
        return line

    def report(self):
        return json.loads(self.json.read_text(encoding="utf-8"))

    def assert_verified(self, *inputs):
        """Output and report are what verify.py computes from (name, content) pairs."""
        expected = verify.Expected()
        for name, content in inputs:
            expected.add_file(name, content)
        self.assertEqual([], list(verify.differences(expected, self.output.read_bytes(), self.report())))
        return expected

    def assert_failed_with(self, result, status, *parts):
        """One message, with these parts, and this exit status."""
        messages = [m for m in result.stderr.decode().splitlines() if m.startswith("log_pipeline: ")]
        self.assertEqual((status, 1), (result.returncode, len(messages)), result.stderr)
        for part in parts:
            self.assertIn(part, messages[0])


class ListenTest(PipelineTest):
    """A program that listens, and clients."""

    def start(self, *arguments, output=None):
        process = subprocess.Popen(self.command("--listen", "127.0.0.1:0", *arguments, output=output),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        said = self.said(process).decode()
        self.assertTrue(said.startswith("listening on 127.0.0.1:"), said)
        self.address = ("127.0.0.1", int(said.rsplit(":", 1)[1]))
        return process

    def connect(self):
        client = socket.create_connection(self.address, timeout=LIMIT_S)
        self.addCleanup(client.close)
        return client

    def receive(self, process, count):
        """That many lines of the program's stdout."""
        lines = []
        rest = b""
        while len(lines) < count:
            rest += process.stdout.read(1 << 16)
            *whole, rest = rest.split(b"\n")
            lines += whole
        self.assertEqual((count, b""), (len(lines), rest))
        return lines


def main():
    sys.exit(not unittest.main(exit=False, verbosity=2).result.wasSuccessful())
