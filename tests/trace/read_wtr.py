#!/usr/bin/env python3
"""Reads a .wtr file, knowing only docs/reference/trace-format.md: python3 read_wtr.py FILE [KEY=N | KEY>N ...]

Checks structure, checksums, counts and the order of each thread. KEY is `lost`, `generations`, `threads`, `whole` (1: nothing
is missing at the end), TYPE (how many events of it), TYPE:NAME (those whose site has that name),
THREAD:NAME, or several joined by +.
`balance=1` also asks that every task that was started has ended, and that every resumption had its wake-up.
"""
import collections
import re
import struct
import sys
import zlib

TYPES = {1: "LOST", 2: "MARK", 16: "SPAWN", 17: "BEGIN", 18: "END", 19: "SUSPEND", 20: "WAKE", 21: "RESUME",
         22: "STOP_REQUEST", 23: "DETACH", 24: "DROPPED", 25: "UNOBSERVED", 26: "GROUP_BEGIN", 27: "GROUP_SETTLE",
         28: "GROUP_END", 29: "MEMBER", 40: "ENTER", 41: "LEAVE", 42: "PARK", 43: "UNPARK", 44: "STEAL",
         50: "BLOCK_BEGIN", 51: "BLOCK_END", 60: "IO_SUBMIT", 61: "IO_COMPLETE", 62: "TICK", 64: "TIMER_ARM",
         65: "TIMER_FIRE", 70: "LIMIT", 71: "PERMIT_WAIT", 72: "PERMIT_TAKE", 73: "PERMIT_GIVE", 80: "QUEUE_OPEN",
         81: "QUEUE_PUSH", 82: "QUEUE_POP", 83: "QUEUE_FULL", 84: "QUEUE_HIGH", 85: "QUEUE_LOW", 86: "QUEUE_CLOSE",
         90: "COUNTER"}
EVENT = struct.Struct("<QHHIQQ")
BLOCK = struct.Struct("<IHHIIQII")


def fail(message):
    sys.exit(f"{sys.argv[1]}: {message}")


class trace:
    def __init__(self, data):
        self.sites, self.threads, self.events = {0: ""}, {}, collections.defaultdict(list)
        self.lost = self.generations = self.whole = 0
        if data[:8] != b"\x89WTR\r\n\x1a\n":
            fail("not a trace")
        (major, _, endian, kind, header, size, self.mask, self.sample, self.pid, self.clock) = struct.unpack_from(
            "<HHIIIIIIII", data, 8)
        if (major, endian, header, size) != (1, 0x01020304, 128, 32):
            fail("a version that this reader does not know")
        if zlib.crc32(data[:124]) != struct.unpack_from("<I", data, 124)[0]:
            fail("the file header is damaged")
        (self.stream if kind == 1 else self.rings)(data)

    def add(self, thread, raw):
        for e in EVENT.iter_unpack(raw):
            if e[1] == 0:
                fail("an event of type 0")
            if e[1] == 1:
                self.lost += e[5]
            self.events[thread].append(e)

    def stream(self, data):
        at, sites, threads, begun, events, lost, total, all_lost = 128, set(), set(), False, 0, 0, 0, 0
        while at + BLOCK.size <= len(data):
            magic, kind, _, size, crc, generation, thread, header_crc = BLOCK.unpack_from(data, at)
            if magic != 0x4B4C4257 or zlib.crc32(data[at:at + 28]) != header_crc:
                fail(f"no block at {at}")
            body = data[at + 32:at + 32 + size]
            if len(body) < size:
                break
            if zlib.crc32(body) != crc or size % 8:
                fail(f"a damaged block at {at}")
            at += 32 + size
            if kind == 1:
                if begun or generation != self.generations + 1:
                    fail("a generation begins inside another, or out of turn")
                begun, sites, threads, events, lost = True, set(), set(), 0, 0
                self.generations = generation
            elif kind == 2:
                sites |= self.read_sites(body)
            elif kind == 3:
                for i in range(0, size, 32):
                    number, tid, name, _ = struct.unpack_from("<II16sQ", body, i)
                    self.threads[number] = (tid, name.rstrip(b"\0").decode())
                    threads.add(number)
            elif kind == 4:
                before = self.lost
                self.add(thread, body)
                events, lost = events + size // 32, lost + self.lost - before
                if thread not in threads or any(e[3] not in sites for e in EVENT.iter_unpack(body) if e[3]):
                    fail(f"generation {generation} does not describe all that it names")
            elif kind == 5:
                said = struct.unpack_from("<QQQ", body, 32)
                if not begun or said[:2] != (events, lost):
                    fail(f"generation {generation} says {said}, has {events} events, {lost} lost")
                begun, total, all_lost = False, total + events, all_lost + lost
                self.lost += said[2]
            elif kind == 6:
                said = struct.unpack_from("<QQQ", body, 0)
                if said != (self.generations, total, all_lost) or at != len(data):
                    fail(f"the file says {said}, has {(self.generations, total, all_lost)}")
                self.whole = 1

    def read_sites(self, body):
        at, seen = 0, set()
        while at < len(body):
            site, line, _, name, file, _ = struct.unpack_from("<IIHHHH", body, at)
            text = body[at + 16:at + 16 + name]
            self.sites[site] = text.decode(errors="replace")
            seen.add(site)
            at += (16 + name + file + 7) // 8 * 8
        return seen

    def rings(self, data):
        sites, rings, syncs, homeless, self.whole = struct.unpack_from("<IIQQQ", data, 128)
        if syncs == 0:
            fail("no sync point")
        self.lost += homeless
        for site in range(sites):
            at = 73728 + site * 256
            _, _, name, _ = struct.unpack_from("<IHHH", data, at)
            self.sites[site] = data[at + 16:at + 16 + name].decode(errors="replace")
        for index in range(rings):
            at, capacity = struct.unpack_from("<QQ", data, 6144 + index * 16)
            magic, number, again, base, tenants = struct.unpack_from("<IIQQQ", data, at)
            if (magic, number, again) != (0x474E5257, index, capacity):
                fail(f"ring {index} is damaged")
            head = struct.unpack_from("<Q", data, at + 64)[0]
            first = max(base, head - capacity + 1)
            known = [struct.unpack_from("<QII16s", data, at + 192 + t % 64 * 32)
                     for t in range(max(0, tenants - 64), tenants)]
            if not known:
                continue
            start = min(max(first, known[0][0]), head)
            self.lost += start - base
            for n in range(start, head):
                begun, thread, tid, name = [t for t in known if t[0] <= n][-1]
                self.threads[thread] = (tid, name.rstrip(b"\0").decode())
                slot = at + 4096 + n % capacity * 32
                self.add(thread, data[slot:slot + 32])

    def check_order(self):
        for thread, events in self.events.items():
            if any(a[0] > b[0] for a, b in zip(events, events[1:])):
                fail(f"thread {thread} goes back in time")

    def check_balance(self):
        started, ended, waits = collections.Counter(), collections.Counter(), collections.Counter()
        for e in sorted((e for events in self.events.values() for e in events), key=lambda e: e[1] != 16):
            if e[1] == 16:
                started[e[4]] += 1
            elif e[1] == 17 and e[2] == 0 and e[4] not in started:
                fail(f"a job begins that was never started: {e[4]}")
            elif e[1] == 18 and e[2] != 4:
                ended[e[4]] += 1
            elif e[1] in (20, 21) and e[2] & 1 == 0:
                waits[e[4]] += 1 if e[1] == 20 else -1
        if started != ended:
            fail(f"started and not ended, or the other way: {(started - ended) + (ended - started)}")
        if any(waits.values()):
            fail(f"resumed without a wake-up, or the other way: {[i for i in waits.items() if i[1]]}")

    def count(self, key):
        if "+" in key:
            return sum(map(self.count, key.split("+")))
        special = {"lost": self.lost, "generations": self.generations, "threads": len(self.threads), "whole": self.whole}
        if key in special:
            return special[key]
        kind, _, name = key.partition(":")
        if kind == "THREAD":
            return sum(t[1] == name for t in self.threads.values())
        if kind not in TYPES.values():
            fail(f"no such type: {kind}")
        return sum(TYPES.get(e[1]) == kind and (not name or self.sites[e[3]] == name)
                   for events in self.events.values() for e in events)


def main():
    with open(sys.argv[1], "rb") as file:
        read = trace(file.read())
    read.check_order()
    for wanted in sys.argv[2:]:
        key, relation, number = re.fullmatch(r"(.*?)([=>])(\d+)", wanted).groups()
        if key == "balance":
            read.check_balance()
            continue
        found = read.count(key)
        if not (found == int(number) if relation == "=" else found > int(number)):
            fail(f"wanted {wanted}, found {found}")


if __name__ == "__main__":
    main()
