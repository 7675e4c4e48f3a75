#!/usr/bin/env python3
"""Memory: bounded does not grow with the number of accounts, unbounded does."""

import support


class Memory(support.AccountTest):
    def peak(self, shape, accounts):
        return self.figures("--virtual", "--shape", shape, "--accounts", accounts)[shape]["peak_rss_bytes"]

    def test_bounded_grows_by_less_than_16_mb_over_forty_thousand_accounts(self):
        self.assertLess(self.peak("bounded", 40_000) - self.peak("bounded", 400), 16_000_000)

    def test_unbounded_holds_every_account_at_once(self):
        # A frame or two for each of 6000 accounts; by far the most of it cannot be anything else.
        self.assertGreater(self.peak("unbounded", 6_000) - self.peak("bounded", 6_000), 6_000 * 1_000)


if __name__ == "__main__":
    support.main()
