#!/usr/bin/env python3
"""Against the real partner: sockets, and its restart. Times are only bounded from below."""

import support


class Real(support.AccountTest):
    def test_all_shapes_in_a_small_world(self):
        done = self.run_program("--accounts", 400, "--latency", "5ms", "--tail", 0, "--descriptors", 1000)
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


if __name__ == "__main__":
    support.main()
