#!/usr/bin/env python3
"""Against the real partner: sockets, its restart, descriptors that run out. Times are only bounded from below."""

import resource

import support


class Real(support.AccountTest):
    def test_all_shapes_in_a_small_world(self):
        done = self.run_program("--accounts", 400, "--latency", "5ms", "--tail", 0)
        all_shapes = self.report()
        self.assertEqual(support.SHAPES, tuple(all_shapes))
        for shape, one in all_shapes.items():
            self.assertEqual(support.KEYS, list(one))
            self.assertEqual(100 if shape == "serial" else 400, one["calls"], shape)
            self.assertGreaterEqual(one["wall_s"], one["predicted_s"], shape)
            self.assertIsNone(one["recovery_s"])
        self.assertEqual([1, 3, 3], [all_shapes[s]["peak_in_flight"] for s in ("serial", "bounded", "batches")])
        self.assertEqual([14, 14], [all_shapes[s]["failed_reported"] for s in ("bounded", "batches")])
        self.assertIn("serial: extrapolated from 100 calls", done.stdout)

    def test_a_restart_is_survived(self):
        all_shapes = self.figures("--accounts", 400, "--latency", "5ms", "--restart", "--shape", "bounded",
                                  "--shape", "batches")
        for shape in ("bounded", "batches"):
            one = all_shapes[shape]
            self.assertEqual((400, 14), (one["calls"], one["failed_reported"]))
            self.assertGreater(one["wall_s"], 1)  # it was away for a second
            self.assertGreater(one["recovery_s"], 0)

    def test_running_out_of_descriptors_is_survived_and_reported(self):
        done = self.run_program("--shape", "unbounded", "--accounts", 1500, "--descriptors", 64)
        one = self.report()["unbounded"]
        self.assertEqual(1500, one["calls"])
        self.assertTrue(32 < one["peak_in_flight"] < 64, one)
        self.assertGreaterEqual(one["failed_reported"], 14)
        self.assertRegex(done.stdout, r"unbounded: ran out of descriptors \(EMFILE\) [1-9]\d* times")

    def test_a_bounded_run_does_with_few_descriptors(self):
        one = self.bounded("--accounts", 400, "--latency", "5ms", "--limit", 20, "--descriptors", 64)
        self.assertEqual((400, 14), (one["calls"], one["failed_reported"]))
        self.assertLessEqual(one["peak_in_flight"], 20)

    def test_a_system_that_gives_fewer_descriptors_than_wanted(self):
        done = self.run_program("--shape", "bounded", "--accounts", 100, "--latency", 5, status=71,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
        self.assertEqual("account_sync: bounded: the system gives a process 128 descriptors at most; see"
                         " --descriptors\n", done.stderr)


if __name__ == "__main__":
    support.main()
