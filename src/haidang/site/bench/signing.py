"""A child of the bench: composes and signs its share of a pool of messages, as whole HTTP requests in memory.

Requests stand one after the other in the first file it was given; the second holds, in eight bytes each, where each begins and where the last ends.
"""

import os
import sys
from array import array
from pathlib import Path

import msgspec
from msgspec import Struct

from haidang.gateway.serving import die_with_parent
from haidang.parties.signing import HEADER, sign
from haidang.site.bench.messages import SENDERS, Composer, Goods
from haidang.site.bench.parcel_lists import ParcelComposer
from haidang.site.demo import people
from haidang.site.demo.country import credentials
from haidang.site.demo.keys import Credentials

_FLUSH_AT = 4 << 20


class Order(Struct, frozen=True):
    """What one child signs: `count` messages of `lines` goods lines under numbers of `series`, to be sent to `port`."""

    home: str
    goods_path: str
    port: int
    lines: int
    count: int
    seed: int
    series: str
    requests_fd: int
    offsets_fd: int
    parcels: bool = False
    """Lists of so many parcels as `lines` says, instead of declarations."""


def request(raw: bytes, signer: Credentials, port: int, path: str = "/api/v1/declarations") -> bytes:
    """Return a signed message as the bytes of an HTTP/1.1 request to a lane."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {signer.token}\r\n"
        f"content-type: application/json\r\n{HEADER.lower()}: {sign(raw, signer.private_key, signer.certificate)}\r\n"
        f"content-length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def main() -> None:
    """Carry out the order on standard input."""
    die_with_parent()
    order = msgspec.json.decode(sys.stdin.readline(), type=Order)
    composer: Composer | ParcelComposer
    if order.parcels:
        path, composer = "/api/v1/parcels", ParcelComposer(order.lines, order.seed, order.series)
    else:
        goods = msgspec.json.decode(Path(order.goods_path).read_bytes(), type=list[Goods])
        path, composer = "/api/v1/declarations", Composer(goods, order.lines, order.seed, order.series)
    codes = [people.trader_code(number) for number in range(1, SENDERS + 1)]
    signers = {code: credentials(Path(order.home), code) for code in codes}
    offsets, gathered, written = array("Q", [0]), bytearray(), 0
    with open(order.requests_fd, "wb", closefd=False) as requests:
        for ordinal in range(order.count):
            sender, raw = composer.message(ordinal)
            gathered += request(raw, signers[sender], order.port, path)
            offsets.append(written + len(gathered))
            if len(gathered) > _FLUSH_AT:
                written += requests.write(gathered)
                gathered.clear()
        requests.write(gathered)
    os.write(order.offsets_fd, offsets.tobytes())


if __name__ == "__main__":
    main()
