"""A child of the bench: sends pre-signed requests over kept-alive connections, as lightly as it can, and times the answers.

Closed loop: each connection sends its next request when its answer has come. Open loop: requests fall due at a constant rate, whether or not answers
come, and latency counts from the instant a request was due, so that a stall is seen by all who would have suffered it.
Standard library only on the way: one epoll, plain sockets, ready-made bytes, and of an answer nothing is read but its status and its length.
"""

import gc
import mmap
import os
import select
import socket
import sys
from array import array
from collections import Counter, deque
from time import perf_counter_ns as clock
from typing import Any

import msgspec
from msgspec import Struct

from haidang.gateway.serving import die_with_parent
from haidang.platform.standing_back import stand_back
from haidang.site.bench.measuring import percentile

_BUFFER = 1 << 20
_KEEP_EVERY = 16
_STALL_S = 30.0
_CREATED = b"201"


class Order(Struct, frozen=True):
    """What to send: over how many connections, for how long, at which constant rate a second (0: closed loop), from which pools.

    `stands_back`: the generator gives way to the lanes, for load whose senders would be other machines and whose own answers are not timed.
    """

    port: int
    connections: int
    seconds: float
    rate: int
    pools: list[tuple[int, int]]
    stands_back: bool = False


class Result(Struct, frozen=True):
    """What came back. `seconds` is from the first byte sent to the last answer; `kept` are some bodies of 201, for the mix of channels."""

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    statuses: dict[str, int]
    ran_out: bool
    channels: dict[str, int]
    a_refusal: str = ""


class Stalled(Exception):
    """No answer came for half a minute, or the lane hung up."""


class Connection:
    """One kept-alive connection; at most one request is under way."""

    __slots__ = ("_socket", "_unsent", "began", "buffer", "fd", "recv", "send", "wanted")

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._socket.settimeout(_STALL_S)  # a request fits the buffer: sending does not wait
        self.fd = self._socket.fileno()
        self.send = self._socket.sendall
        self.recv = self._socket.recv
        self.began = 0
        self.buffer = b""
        self.wanted = 0

    def answer(self) -> bytes | None:
        """Return the whole answer when it is there, else None."""
        data = self.recv(_BUFFER)
        if not data:
            raise Stalled("the lane hung up")
        if self.buffer:
            data = self.buffer + data
        if not self.wanted:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = data
                return None
            self.wanted = end + 4 + _content_length(data, end)
        if len(data) < self.wanted:
            self.buffer = data
            return None
        self.buffer = b""
        self.wanted = 0
        return data


def _content_length(data: bytes, end: int) -> int:
    at = data.find(b"content-length: ", 0, end)
    if at < 0:
        raise Stalled(f"an answer without a length: {data[:end]!r}")
    return int(data[at + 16 : data.find(b"\r", at)])


class Load:
    """The requests, and what is known of their answers."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.requests = [request for pool in order.pools for request in _requests(*pool)]
        self.latencies = array("q")
        self.statuses: Counter[bytes] = Counter()
        self.kept: list[bytes] = []
        self.refusal = b""
        self.connections = {each.fd: each for each in (Connection(order.port) for _ in range(order.connections))}
        self.epoll = select.epoll()
        for fd in self.connections:
            self.epoll.register(fd, select.EPOLLIN)

    def note(self, answer: bytes, since: int, now: int) -> None:
        """Write down one answer."""
        self.latencies.append(now - since)
        status = answer[9:12]
        self.statuses[status] += 1
        if status != _CREATED:
            self.refusal = self.refusal or answer
        elif len(self.latencies) % _KEEP_EVERY == 0:
            self.kept.append(answer)

    def closed(self) -> int:
        """Run the closed loop; return the nanoseconds it took."""
        connections, poll, note = self.connections, self.epoll.poll, self.note
        coming = iter(self.requests)
        start = clock()
        until = start + int(self.order.seconds * 1e9)
        under_way = 0
        for connection, request in zip(connections.values(), coming, strict=False):
            connection.began = clock()
            connection.send(request)
            under_way += 1
        while under_way:
            events = poll(_STALL_S)
            if not events:
                raise Stalled("no answer for half a minute")
            for fd, _ in events:
                connection = connections[fd]
                answer = connection.answer()
                if answer is None:
                    continue
                now = clock()
                note(answer, connection.began, now)
                following = next(coming, None) if now < until else None
                if following is None:
                    under_way -= 1
                else:
                    connection.began = now
                    connection.send(following)
        return clock() - start

    def open(self) -> int:
        """Run the open loop; return the nanoseconds it took. A request that is due while every connection is busy waits, and its clock runs."""
        gap = 1_000_000_000 // self.order.rate
        count = min(len(self.requests), int(self.order.seconds * self.order.rate))
        free = deque(self.connections.values())
        start = clock()
        sent = answered = 0
        while answered < count:
            now = clock()
            while sent < count and free and start + sent * gap <= now:
                connection = free.popleft()
                connection.began = start + sent * gap
                connection.send(self.requests[sent])
                sent += 1
            self._wait(start + sent * gap - clock() if sent < count and free else None)
            for fd, _ in self.epoll.poll(0):
                connection = self.connections[fd]
                answer = connection.answer()
                if answer is not None:
                    self.note(answer, connection.began, clock())
                    free.append(connection)
                    answered += 1
        return clock() - start

    def _wait(self, nanoseconds: int | None) -> None:
        """Wait for an answer, or until the next request is due. By select: its clock is finer than epoll's milliseconds."""
        if nanoseconds is None:
            if not select.select([self.epoll], [], [], _STALL_S)[0]:
                raise Stalled("no answer for half a minute")
        elif nanoseconds > 0:
            select.select([self.epoll], [], [], nanoseconds / 1e9)

    def result(self, nanoseconds: int) -> Result:
        """Return what the parent wants to know."""
        times = sorted(self.latencies)
        channels = Counter(msgspec.json.decode(_body(answer), type=_Answer).channel_name for answer in self.kept)
        return Result(
            answered=len(times),
            seconds=nanoseconds / 1e9,
            p50_ms=percentile(times, 50) / 1e6,
            p99_ms=percentile(times, 99) / 1e6,
            slowest_ms=times[-1] / 1e6,
            statuses={status.decode(): count for status, count in self.statuses.items()},
            ran_out=not self.order.rate and len(times) == len(self.requests),
            channels=dict(channels),
            a_refusal=_body(self.refusal)[:2_000].decode(errors="replace"),
        )


class _Answer(Struct):
    channel_name: str = ""
    """A list of parcels has none: each of its parcels has."""


def _body(answer: bytes) -> bytes:
    return answer[answer.find(b"\r\n\r\n") + 4 :]


def _requests(requests_fd: int, offsets_fd: int) -> list[memoryview]:
    """Return the requests of one pool, their pages already mapped."""
    offsets = array("Q", os.pread(offsets_fd, os.fstat(offsets_fd).st_size, 0))
    mapped = mmap.mmap(requests_fd, offsets[-1], flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
    whole = memoryview(mapped)
    return [whole[offsets[place] : offsets[place + 1]] for place in range(len(offsets) - 1)]


def main() -> None:
    """Read the order, connect, say so, wait for the word, send, say when all is answered, then what came back."""
    die_with_parent()
    load = Load(msgspec.json.decode(sys.stdin.readline(), type=Order))
    if load.order.stands_back:
        stand_back([os.getpid()])
    _say({"ready": len(load.requests)})
    gc.collect()
    gc.disable()
    sys.stdin.readline()
    try:
        nanoseconds = load.open() if load.order.rate else load.closed()
    except (Stalled, ConnectionError, TimeoutError) as stalled:
        sys.exit(f"{stalled}, after {len(load.latencies)} answers {dict(load.statuses)}")
    _say({"answered": len(load.latencies)})  # the window of processor time ends here
    _say(load.result(nanoseconds))


def _say(what: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
