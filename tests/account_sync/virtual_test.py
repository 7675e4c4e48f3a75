#!/usr/bin/env python3
"""--virtual: the documents' numbers exactly, and the closed form in worlds nobody has looked at before."""

import random

import support


class Documents(support.AccountTest):
    def test_forty_thousand_accounts_at_thirty_take_66_7_s_and_report_14_failures(self):
        one = self.bounded("--virtual")
        self.assertEqual(support.KEYS, list(one))
        self.assertEqual((40_000, 30, 0, 14), tuple(one[k] for k in (
            "calls", "peak_in_flight", "rejected_429", "failed_reported")))
        self.assert_seconds(66_700, one["wall_s"])
        self.assert_seconds(66_700, one["predicted_s"])
        self.assertIsNone(one["recovery_s"])

    def test_every_failure_is_reported_by_its_account(self):
        done = self.run_program("--virtual", "--shape", "bounded", "--shape", "batches", "--accounts", 5000)
        refused = dict(line.split(": refused: ") for line in done.stdout.splitlines() if ": refused: " in line)
        self.assertEqual(14, len(set(refused["bounded"].split())))
        self.assertEqual(refused["bounded"], refused["batches"])

    def test_the_other_shapes_beside_it(self):
        all_shapes = self.figures("--virtual", "--accounts", 4000)
        self.assertEqual(support.SHAPES, tuple(all_shapes))
        for shape, limit in (("serial", 1), ("bounded", 30), ("batches", 30)):
            one = all_shapes[shape]
            self.assert_seconds(support.predict_ms(4000, 50, limit), one["wall_s"])
            self.assertEqual((4000, limit, 0, 14), tuple(one[k] for k in (
                "calls", "peak_in_flight", "rejected_429", "failed_reported")), shape)
        unbounded = all_shapes["unbounded"]
        self.assert_seconds(50, unbounded["predicted_s"])
        self.assertGreater(unbounded["wall_s"], unbounded["predicted_s"])
        self.assertEqual(256, unbounded["peak_in_flight"])  # all descriptors there are
        self.assertGreater(unbounded["rejected_429"], 0)

    def test_serial_takes_33_minutes(self):
        serial = self.figures("--virtual", "--shape", "serial")["serial"]
        self.assertEqual((40_000, 1, 14), tuple(serial[k] for k in ("calls", "peak_in_flight", "failed_reported")))
        self.assert_seconds(2_000_000, serial["wall_s"])

    def test_a_tail_makes_batches_slower_than_the_window(self):
        all_shapes = self.figures("--virtual", "--accounts", 6000, "--tail", 0.2, "--shape", "bounded",
                                  "--shape", "batches")
        self.assertLess(all_shapes["bounded"]["wall_s"] * 1.3, all_shapes["batches"]["wall_s"])
        self.assertAlmostEqual(all_shapes["bounded"]["predicted_s"], all_shapes["bounded"]["wall_s"], delta=0.5)


class Worlds(support.AccountTest):
    def test_twenty_random_worlds_agree_with_the_closed_form(self):
        for number in range(20):
            draw = random.Random(number)
            accounts, limit = draw.randint(1, 5000), draw.randint(1, 200)
            latency, failures = draw.randint(1, 2000), draw.randint(0, min(accounts, 50))
            world = ("--accounts", accounts, "--latency", latency, "--limit", limit, "--failures", failures, "--seed",
                     number)
            with self.subTest(world):
                one = self.bounded("--virtual", *world)
                self.assert_seconds(support.predict_ms(accounts, latency, limit), one["wall_s"])
                self.assertEqual(one["predicted_s"], one["wall_s"])
                self.assertEqual((accounts, min(limit, accounts), 0, failures), tuple(one[k] for k in (
                    "calls", "peak_in_flight", "rejected_429", "failed_reported")))

    def test_in_twenty_random_worlds_a_restart_costs_no_account(self):
        for number in range(20):
            draw = random.Random(1000 + number)
            world = ("--accounts", draw.randint(500, 2000), "--latency", draw.randint(1, 3000), "--limit",
                     draw.randint(1, 200), "--tail", draw.choice((0, 0.2, 0.5)), "--failures", 20, "--seed", number)
            with self.subTest(world):
                one = self.bounded("--virtual", "--restart", *world)
                self.assertEqual((world[1], 20), (one["calls"], one["failed_reported"]))
                self.assertTrue(0 < one["recovery_s"] < 10, one)

    def test_worlds_at_the_edge(self):
        for accounts, limit, refused in ((1, 1, 1), (13, 30, 13), (30, 30, 14), (31, 30, 14), (5000, 5000, 14)):
            one = self.bounded("--virtual", "--accounts", accounts, "--limit", limit)
            self.assert_seconds(support.predict_ms(accounts, 50, limit), one["wall_s"])
            self.assertEqual((accounts, refused), (one["calls"], one["failed_reported"]))

    def test_the_same_seed_is_the_same_run(self):
        world = ("--virtual", "--accounts", 600, "--tail", 0.3, "--restart", "--shape", "unbounded", "--shape",
                 "bounded", "--seed")
        runs = []
        for seed in (7, 7, 8):
            runs.append({shape: {k: v for k, v in one.items() if k != "peak_rss_bytes"}
                         for shape, one in self.figures(*world, seed).items()})
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])

    def test_a_partner_that_carries_less_than_promised_to_the_limit_says_429(self):
        one = self.bounded("--virtual", "--accounts", 2000, "--limit", 60, "--rate", 600)
        self.assertGreater(one["rejected_429"], 0)
        self.assertEqual(60, one["peak_in_flight"])

    def test_a_restart_is_survived_by_all_accounts_and_over_within_ten_seconds(self):
        for shape, one in self.figures("--virtual", "--accounts", 2000, "--restart").items():
            with self.subTest(shape):
                self.assertEqual((2000, 14), (one["calls"], one["failed_reported"]))
                self.assertTrue(0 < one["recovery_s"] < 10, one)
                self.assertGreater(one["wall_s"], 1 + one["predicted_s"])  # it was away for a second


if __name__ == "__main__":
    support.main()
