"""The load generator against a server of a few lines: what is sent, what is counted, and that stalls are not hidden."""

import os
import socket
import threading
import time
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from haidang.site.bench.generator import Load, Order, Stalled

BODY = b'{"channel_name":"green"}'


def an_answer(status: bytes = b"201 Created", body: bytes = BODY) -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


class Server:
    """Answers each request (a fixed number of bytes) on each connection with `answer`, in `pieces`, after `pause_s` when it is the `slow` one."""

    def __init__(self, size: int, answer: bytes, pieces: int = 1, slow: int = -1, pause_s: float = 0.0) -> None:
        self.size, self.reply, self.pieces, self.slow, self.pause_s = size, answer, pieces, slow, pause_s
        self.received: list[bytes] = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        while request := connection.recv(self.size, socket.MSG_WAITALL):
            with self.lock:
                number = len(self.received)
                self.received.append(request)
            if number == self.slow:
                time.sleep(self.pause_s)
            step = -(-len(self.reply) // self.pieces)
            for start in range(0, len(self.reply), step):
                connection.sendall(self.reply[start : start + step])
                time.sleep(0.001 if self.pieces > 1 else 0)


@contextmanager
def a_load(
    server: Server, requests: list[bytes], connections: int = 2, seconds: float = 5, rate: int = 0
) -> Iterator[Load]:
    with ExitStack() as stack:
        pair = os.memfd_create("requests"), os.memfd_create("offsets")
        for descriptor in pair:
            stack.callback(os.close, descriptor)
        stack.callback(server.listener.close)
        offsets = array("Q", [0])
        for request in requests:
            offsets.append(offsets[-1] + os.write(pair[0], request))
        os.write(pair[1], offsets.tobytes())
        yield Load(Order(server.port, connections, seconds, rate, [pair]))


REQUESTS = [b"%08d" % number for number in range(100)]


def test_each_request_is_sent_once_until_the_pool_is_empty() -> None:
    server = Server(8, an_answer())
    with a_load(server, REQUESTS) as load:
        result = load.result(load.closed())
    assert sorted(server.received) == REQUESTS
    assert result.answered == 100 and result.statuses == {"201": 100} and result.ran_out
    assert set(result.channels) == {"green"}


def test_a_round_ends_in_time_and_what_is_under_way_is_still_answered() -> None:
    server = Server(8, an_answer())
    with a_load(server, REQUESTS * 1_000, seconds=0.05) as load:
        result = load.result(load.closed())
    assert not result.ran_out
    assert result.answered == len(server.received)


def test_an_answer_in_pieces_is_put_together() -> None:
    server = Server(8, an_answer(), pieces=9)
    with a_load(server, REQUESTS[:10]) as load:
        assert load.result(load.closed()).statuses == {"201": 10}


def test_a_refusal_is_counted_and_kept() -> None:
    server = Server(8, an_answer(b"422 Unprocessable", b'{"findings":[]}'))
    with a_load(server, REQUESTS[:10]) as load:
        result = load.result(load.closed())
    assert result.statuses == {"422": 10}
    assert result.a_refusal == '{"findings":[]}'


def test_at_a_constant_rate_the_rate_is_kept_and_no_more() -> None:
    server = Server(8, an_answer())
    with a_load(server, REQUESTS, seconds=0.25, rate=200) as load:
        result = load.result(load.open())
    assert result.answered == 50
    assert result.seconds >= 49 / 200


def test_at_a_constant_rate_a_stall_is_felt_by_all_who_fell_due_in_it() -> None:
    server = Server(8, an_answer(), slow=10, pause_s=0.3)
    with a_load(server, REQUESTS, connections=1, seconds=0.5, rate=100) as load:
        result = load.result(load.open())
    # Sent one by one only the tenth would look slow; counted from when they were due, the twenty behind it are late as well.
    assert sum(each > 100_000_000 for each in load.latencies) >= 10
    assert result.p99_ms >= 200


def test_a_lane_that_hangs_up_is_told() -> None:
    server = Server(8, b"")
    server.serve = lambda connection: connection.close()  # type: ignore[method-assign]
    with a_load(server, REQUESTS) as load, pytest.raises((Stalled, ConnectionError)):
        load.closed()
