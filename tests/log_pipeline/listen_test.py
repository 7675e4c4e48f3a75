#!/usr/bin/env python3
"""--listen: many clients at once, each in its own order; stops, broken clients, addresses that cannot be had."""

import collections
import signal
import socket
import struct
import subprocess
import threading

import support
import verify


class Listen(support.ListenTest):
    def end(self, process, status=143, number=signal.SIGTERM):
        process.send_signal(number)
        output, errors = process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(status, process.returncode, errors)
        r = self.report()
        self.assertEqual(r["lines_in"], r["lines_out"] + r["lines_rejected"])
        return output, errors

    def test_many_clients_each_in_its_order(self):
        clients, each = 16, 3000
        process = self.start(output="-")
        contents = [b"".join(support.line(i, service=f"c{c}") for i in range(each)) for c in range(clients)]

        def send(content):
            with self.connect() as client:
                client.sendall(content)

        threads = [threading.Thread(target=send, args=(content,)) for content in contents]
        for t in threads:
            t.start()
        received = self.receive(process, clients * each)
        for t in threads:
            t.join()
        self.end(process)
        by_client = collections.defaultdict(list)
        for text in received:
            by_client[text.split(b'"service":"', 1)[1].split(b'"', 1)[0]].append(text)
        for c, content in enumerate(contents):
            expected = verify.Expected()
            expected.add_file("client", content)
            self.assertEqual(expected.output, by_client[b"c%d" % c])
        self.assertEqual(clients * each, self.report()["lines_in"])

    def test_one_after_the_other_and_a_last_line_without_newline(self):
        process = self.start(output="-")
        for i in range(20):
            with self.connect() as client:
                client.sendall(support.line(i)[:-1])
            self.assertIn(b'"line %d"' % i, self.receive(process, 1)[0])
        self.end(process, 130, signal.SIGINT)

    def test_a_client_that_trickles_does_not_hold_up_the_others(self):
        process = self.start(output="-")
        slow, fast = self.connect(), self.connect()
        slow.sendall(support.line(1)[:30])
        fast.sendall(support.lines(5000))
        self.receive(process, 5000)
        slow.sendall(support.line(1)[30:])
        self.assertIn(b'"line 1"', self.receive(process, 1)[0])
        self.end(process)

    def test_more_silent_clients_than_batches(self):
        process = self.start("--threads", 1, output="-")
        silent = [self.connect() for _ in range(100)]
        for client in silent:
            client.sendall(b'{"ts":')
        silent[50].sendall(b"\n" + support.line(7))
        self.assertIn(b'"line 7"', self.receive(process, 1)[0])
        _, errors = self.end(process)
        self.assertEqual((101, 100), (self.report()["lines_in"], self.report()["lines_rejected"]))
        self.assertIn(b":1: not valid JSON", errors)
        # Each of the others has begun a line, which is not lost silently; nine of them are shown.
        cut_off = [m.split(b":1: ")[0].decode() for m in errors.splitlines() if b":1: cut off" in m]
        self.assertEqual(9, len(set(cut_off)))
        self.assertLessEqual(set(cut_off), {"%s:%d" % client.getsockname() for client in silent})

    def test_bad_lines_are_numbered_per_client_and_long_ones_bounded(self):
        process = self.start(output="-")
        with self.connect() as client:
            client.sendall(support.line(1) + b"x" * (3 << 20) + b"\n" + support.line(2) + b"[]\n" + support.line(3))
            name = "%s:%d" % client.getsockname()
            self.receive(process, 3)
        _, errors = self.end(process)
        self.assertIn(f"{name}:2: longer than 1 MiB", errors.decode())
        self.assertIn(f"{name}:4: not a JSON object", errors.decode())

    def test_a_client_that_resets_is_reported_and_the_others_go_on(self):
        process = self.start(output="-")
        rude = self.connect()
        name = "%s:%d" % rude.getsockname()
        rude.sendall(support.line(1) + b"half")
        self.receive(process, 1)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.close()
        self.assertIn(b"reset", self.said(process))
        with self.connect() as client:
            client.sendall(support.line(2))
        self.receive(process, 1)
        _, errors = self.end(process)
        self.assertEqual((3, 2, 1), tuple(self.report()[k] for k in ("lines_in", "lines_out", "lines_rejected")))
        self.assertIn(f"{name}:2: cut off", errors.decode())

    def test_a_stop_while_the_output_is_stuck_drains_what_was_read(self):
        process = self.start("--threads", 1, output="-")  # nobody reads it yet
        client = self.connect()
        content = support.lines(150_000)
        sending = threading.Thread(target=lambda: self.send_what_is_taken(client, content))
        sending.start()
        received = process.stdout.read(1)
        rest, errors = self.end(process)
        received += rest
        sending.join()
        lines_in, lines_out, rejected = (self.report()[k] for k in ("lines_in", "lines_out", "lines_rejected"))
        expected = verify.Expected()
        expected.add_file("client", b"".join(content.splitlines(keepends=True)[:lines_out]))
        self.assertEqual(expected.output, received.split(b"\n")[:-1])  # a beginning of it, with nothing missing
        # What was read last may end inside a line: that one is not lost silently, and it is the only one.
        self.assertEqual(errors.decode().count(f":{lines_in}: cut off"), rejected)

    @staticmethod
    def send_what_is_taken(client, content):
        try:
            client.sendall(content)
        except OSError:  # it stopped
            pass

    def test_an_output_that_fails_ends_the_run(self):
        process = self.start(output="/dev/full")
        with self.connect() as client:
            client.sendall(support.lines(10))
            _, errors = process.communicate(timeout=support.LIMIT_S)
        self.assert_failed_with(subprocess.CompletedProcess([], process.returncode, b"", errors), 74, "No space left")

    def test_addresses_that_cannot_be_had(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assert_failed_with(self.run_program("--listen", f"127.0.0.1:{port}"), 71, str(port), "in use")
        self.assert_failed_with(self.run_program("--listen", "nonsense"), 64, "nonsense")
        self.assert_failed_with(self.run_program("--listen", "127.0.0.1:0", "file"), 64, "FILE")

    def test_a_name_is_resolved(self):
        process = subprocess.Popen(self.command("--listen", "localhost:0"), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        self.assertIn(b"listening on ", self.said(process))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=support.LIMIT_S)
        self.assertEqual(143, process.returncode)


if __name__ == "__main__":
    support.main()
