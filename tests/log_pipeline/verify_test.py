#!/usr/bin/env python3
"""The program computes what verify.py computes: on generated logs, and on lines that were broken at random."""

import pathlib
import random
import subprocess

import support
import verify


class Verified(support.PipelineTest):
    def generated(self, count, seed, threads):
        result = self.run_program("--lines", count, "--seed", seed, "--threads", threads)
        self.assertEqual(0, result.returncode, result.stderr)
        path = next(self.directory.glob("log-*.ndjson"))
        expected = self.assert_verified((str(path), path.read_bytes()))
        self.assertEqual(count, expected.lines_in)
        return expected, result

    def test_generated_log_on_two_workers(self):
        expected, _ = self.generated(40000, seed=1, threads=2)
        self.assertGreater(len(expected.rejected), 10)  # it has invalid lines, on purpose

    def test_generated_log_on_one_worker(self):
        self.generated(20000, seed=2, threads=1)

    def test_generated_log_on_more_workers_than_processors(self):
        self.generated(40000, seed=3, threads=7)

    def test_the_log_is_kept_and_made_again_only_when_it_is_not_whole(self):
        self.run_program("--lines", 5000)
        path = next(self.directory.glob("log-*.ndjson"))
        whole, first = path.read_bytes(), path.stat().st_ino
        self.run_program("--lines", 5000)
        self.assertEqual(first, path.stat().st_ino)
        for broken in (whole[:-100], whole[whole.index(b"\n") + 1:], whole[:-3] + b"}}\n", b""):
            path.write_bytes(broken)
            self.run_program("--lines", 5000)
            self.assertEqual(whole, path.read_bytes())

    def test_the_same_seed_gives_the_same_log_and_a_longer_one_begins_with_it(self):
        for count, seed in ((1000, 1), (2000, 1), (1000, 2)):
            self.run_program("--lines", count, "--seed", seed)
        read = lambda name: (self.directory / name).read_bytes()
        self.assertTrue(read("log-2000-1.ndjson").startswith(read("log-1000-1.ndjson")))
        self.assertNotEqual(read("log-1000-1.ndjson"), read("log-1000-2.ndjson"))

    def test_lines_broken_at_random_are_judged_alike(self):
        chance = random.Random(7)
        pieces = [b"", b'"', b"{", b"}", b"\\", b",", b":", b"\xff", b"\xc3\xa9", b"\x00", b"\x1f", b"-", b"0", b"1.5", b"e9",
                  b"null", b"\t", b" ", b"[]", b'"x":{"y":[1,2]},', b'"status":200,', b'"n":123456789012345678901234,',
                  b'"s":"\\u00e9",', b'"s":"\\x",', b'"s":"\\u12",', b'"class":"ok",', b"\r", b"1e999", b"NaN", b"::1"]
        text = bytearray()
        for number in range(20000):
            whole = bytearray(support.line(number, ip=chance.choice(["10.0.0.1", "::1", "fe80::", "1.2.3", "1.2.3.4.5"]))[:-1])
            for _ in range(chance.randrange(3)):
                at = chance.randrange(len(whole) + 1)
                whole[at:at + chance.randrange(3)] = chance.choice(pieces)
            text += whole.replace(b"\n", b"") + b"\n"
        path = self.file("broken.ndjson", bytes(text))
        self.assertEqual(0, self.run_program(path).returncode)
        expected = self.assert_verified((path, bytes(text)))
        self.assertGreater(len(expected.rejected), 4000)
        self.assertGreater(len(expected.output), 4000)

    def test_verify_itself_sees_a_changed_output(self):
        _, _ = self.generated(2000, seed=1, threads=2)
        path = next(self.directory.glob("log-*.ndjson"))
        check = [str(pathlib.Path(verify.__file__)), "--output", str(self.output), "--json", str(self.json), str(path)]
        self.assertEqual(0, subprocess.run(["python3", *check], check=False, capture_output=True).returncode)
        out = self.output.read_bytes().split(b"\n")
        out[10], out[11] = out[11], out[10]
        self.output.write_bytes(b"\n".join(out))
        self.assertEqual(1, subprocess.run(["python3", *check], check=False, capture_output=True).returncode)

    def test_the_report_has_its_keys(self):
        self.generated(2000, seed=1, threads=2)
        self.assertEqual({"lines_in", "lines_out", "lines_rejected", "wall_s", "lines_per_s", "cpu_util", "idle_rss_bytes",
                          "peak_rss_bytes", "runtime_allocations_per_line", "queues", "reactor_lag_ns", "services",
                          "mimalloc", "workers_granted"}, set(self.report()))
        for queue in self.report()["queues"].values():
            self.assertEqual({"capacity", "high_water"}, set(queue))
            self.assertLessEqual(queue["high_water"], queue["capacity"])


if __name__ == "__main__":
    support.main()
