#!/usr/bin/env python3
"""Descriptors: unbounded runs out of them, and survives; bounded does with few."""

import resource

import support


class Descriptors(support.AccountTest):
    def test_running_out_of_descriptors_is_survived_and_reported(self):
        done = self.run_program("--shape", "unbounded", "--accounts", 1500, "--descriptors", 64)
        one = self.report()["unbounded"]
        self.assertEqual(1500, one["calls"])
        self.assertTrue(32 < one["peak_in_flight"] < 64, one)
        self.assertGreaterEqual(one["failed_reported"], 14)
        self.assertGreater(one["peak_rss_bytes"], 1 << 20)  # reading it takes no descriptor
        self.assertRegex(done.stdout, r"unbounded: ran out of descriptors \(EMFILE\) [1-9]\d* times")

    def test_a_bounded_run_does_with_few_descriptors(self):
        one = self.bounded("--accounts", 400, "--latency", "5ms", "--limit", 20, "--descriptors", 64)
        self.assertEqual((400, 14), (one["calls"], one["failed_reported"]))
        self.assertLessEqual(one["peak_in_flight"], 20)

    def test_a_system_that_gives_fewer_descriptors_than_wanted(self):
        done = self.run_program("--shape", "bounded", "--accounts", 100, "--latency", 5, status=71,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
        self.assertIn("account_sync: bounded: the system gives a process 128 descriptors at most; see"
                      " --descriptors\n", done.stderr)


if __name__ == "__main__":
    support.main()
