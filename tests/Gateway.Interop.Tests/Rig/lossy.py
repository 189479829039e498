#!/usr/bin/env python3
"""A cable between two network cards that loses, doubles, delays and reorders IPv4 packets, for kernels without netem.

  lossy.py checksums CARD                                     no offloading: packets carry their whole checksums
  lossy.py cable LEFT RIGHT seed=1 loss=5 delay=40 jitter=20 dup=1 reorder=2

Percent and milliseconds. It runs until its input ends, and then says what it did. Other packets (ARP) pass as they are."""
import ctypes
import fcntl
import heapq
import itertools
import random
import select
import socket
import struct
import sys
import time

SIOCETHTOOL = 0x8946
# ETHTOOL_S... of receive and transmit checksums, scatter-gather, TSO, GSO and GRO.
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)
ALL_PROTOCOLS = 3
IPV4 = b"\x08\x00"


def checksums(card):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for command in OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sP8x", card.encode(), ctypes.addressof(value))
            try:
                fcntl.ioctl(handle, SIOCETHTOOL, request)
            except OSError:
                pass  # This card never had it.


def end_of(card):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    end.bind((card, 0))
    end.setblocking(False)
    return end


def cable(left, right, settings):
    chance = random.Random(int(settings["seed"]))
    ends = (end_of(left), end_of(right))
    under_way = []  # (when, order, end to leave by, packet)
    order = itertools.count()
    counts = {"seen": 0, "lost": 0, "doubled": 0, "overtaken": 0}

    def happens(name):
        return chance.random() * 100 < settings[name]

    def takes():
        return max(0.0, chance.gauss(settings["delay"], settings["jitter"] / 2)) / 1000

    def set_out(packet, out, now):
        if packet[12:14] != IPV4:
            heapq.heappush(under_way, (now, next(order), out, packet))
            return
        counts["seen"] += 1
        if happens("loss"):
            counts["lost"] += 1
            return
        copies = 1
        if happens("dup"):
            counts["doubled"] += 1
            copies = 2
        for _ in range(copies):
            due = now + takes()
            if happens("reorder"):
                counts["overtaken"] += 1
                due += 2 * settings["delay"] / 1000
            heapq.heappush(under_way, (due, next(order), out, packet))

    print("cable is up", flush=True)
    is_open = True
    while is_open:
        now = time.monotonic()
        wait = min(0.5, max(0.0, under_way[0][0] - now)) if under_way else 0.5
        readable, _, _ = select.select([*ends, sys.stdin], [], [], wait)
        now = time.monotonic()
        for end in readable:
            if end is sys.stdin:
                is_open = bool(sys.stdin.readline())
                continue
            out = ends[1] if end is ends[0] else ends[0]
            try:
                while True:
                    packet, source = end.recvfrom(65535)
                    if source[2] != socket.PACKET_OUTGOING:
                        set_out(packet, out, now)
            except BlockingIOError:
                pass
        while under_way and under_way[0][0] <= now:
            _, _, out, packet = heapq.heappop(under_way)
            try:
                out.send(packet)
            except OSError:
                pass  # The far card is gone.
    print(counts, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "checksums":
        checksums(sys.argv[2])
    else:
        given = dict(word.split("=") for word in sys.argv[4:])
        cable(sys.argv[2], sys.argv[3], {name: float(given.get(name, 0)) for name in ("seed", "loss", "delay", "jitter", "dup", "reorder")})
