"""A pool of signed requests in memory, made before the clock starts by one child for each core."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from haidang.site.bench.children import ChildFailed, child, cores
from haidang.site.bench.signing import Order


class Maker(Struct, frozen=True):
    """What all pools of one run share: keys, goods, seed, and the port of the lane."""

    home: Path
    goods_path: Path
    port: int
    seed: int
    parcels: bool = False

    @contextmanager
    def pool(self, lines: int, count: int, series: str) -> Iterator[list[tuple[int, int]]]:
        """Yield about `count` signed requests as pairs of open files (requests, offsets): they exist in memory alone, for the block.

        Raises:
            ChildFailed: a child could not make its share.
        """
        share = -(-count // cores())
        with ExitStack() as files:
            pairs = [
                (_memory_file(files, f"requests-{place}"), _memory_file(files, f"offsets-{place}"))
                for place in range(cores())
            ]
            with ExitStack() as children:
                signers = [
                    children.enter_context(
                        child(
                            "haidang.site.bench.signing",
                            Order(
                                str(self.home), str(self.goods_path), self.port, lines, share, self.seed,
                                f"{series}{place}", *pair, self.parcels,
                            ),
                            pair,
                        )
                    )
                    for place, pair in enumerate(pairs)
                ]  # fmt: skip
                if sum(signer.wait() for signer in signers):
                    raise ChildFailed("messages could not be signed")
            yield pairs


def _memory_file(files: ExitStack, name: str) -> int:
    descriptor = os.memfd_create(name)
    files.callback(os.close, descriptor)
    return descriptor
