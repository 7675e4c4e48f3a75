#!/usr/bin/env python3
"""log_pipeline's memory does not depend on what it reads: more lines, longer lines, more names. Nor does it allocate."""

import signal
import subprocess

import support

MIB = 1 << 20


class Memory(support.ListenTest):
    def peak_above_idle(self, *arguments, **how):
        result = self.run_program(*arguments, output="/dev/null", **how)
        self.assertEqual(0, result.returncode, result.stderr)
        return self.report()["peak_rss_bytes"] - self.report()["idle_rss_bytes"]

    def test_eight_times_the_lines_need_the_same_memory(self):
        few = self.peak_above_idle("--lines", 100_000)
        few_peak = self.report()["peak_rss_bytes"]
        many = self.peak_above_idle("--lines", 800_000)
        self.assertLessEqual(max(few, many), 64 * MIB)
        self.assertLessEqual(self.report()["peak_rss_bytes"], 1.1 * few_peak)

    def test_nothing_is_allocated_per_line_after_warm_up(self):
        self.peak_above_idle("--lines", 800_000)
        self.assertLess(self.report()["runtime_allocations_per_line"], 1e-4)

    def test_a_line_without_end_costs_bounded_memory(self):
        process = subprocess.Popen(self.command("-", output="/dev/null"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdin.write(b"[")
        for _ in range(256):
            process.stdin.write(b"1," * (MIB // 2))
        process.stdin.write(b"\n" + support.line(1))
        process.communicate(timeout=support.LIMIT_S)
        r = self.report()
        self.assertEqual((2, 1, 1), (r["lines_in"], r["lines_out"], r["lines_rejected"]))
        self.assertLessEqual(r["peak_rss_bytes"] - r["idle_rss_bytes"], 64 * MIB)

    def test_unfinished_lines_of_many_clients_cost_bounded_memory(self):
        count = 200
        process = self.start(output="-")
        clients = [self.connect() for _ in range(count)]
        for client in clients:
            client.sendall(b"x" * (MIB - 1))
        for number, client in enumerate(clients):
            client.sendall(b"\n" + support.line(number))
        self.receive(process, count)  # each one's next line comes out
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=support.LIMIT_S)
        r = self.report()
        self.assertEqual((2 * count, count), (r["lines_in"], r["lines_rejected"]))
        self.assertLessEqual(r["peak_rss_bytes"] - r["idle_rss_bytes"], 64 * MIB)

    def test_short_unfinished_lines_are_never_given_up(self):
        process = self.start(output="-")
        long, short = self.connect(), self.connect()
        padded = support.line(7, msg="x" * 7000)
        short.sendall(padded[:-1])
        for _ in range(40):
            other = self.connect()
            other.sendall(b"x" * (MIB - 1))
        long.sendall(support.line(1))
        self.receive(process, 1)
        short.sendall(padded[-1:])
        self.assertIn(b'"msg":"xxx', self.receive(process, 1)[0])
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=support.LIMIT_S)
        self.assertEqual((42, 40), (self.report()["lines_in"], self.report()["lines_rejected"]), errors)

    def test_names_without_end_cost_bounded_memory(self):
        names = self.file("a", b"".join(support.line(i * 60_000, latency=1, service=f"s{i}") for i in range(200_000)))
        self.assertLessEqual(self.peak_above_idle(names), 64 * MIB)
        services = self.report()["services"]
        self.assertLessEqual(len(services), 300)
        self.assertEqual(200_000, sum(s["lines"] for s in services.values()))  # all are counted, if not by name
        self.assertEqual(200_000, sum(m["lines"] for s in services.values() for m in s["minutes"].values()))


if __name__ == "__main__":
    support.main()
