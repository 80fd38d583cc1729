"""The numbers of parcels and lists: blocks of a writer, as those of declarations, but given out in runs."""

from typing import Any

import psycopg

from haidang.parcels import store
from haidang.parcels.terms import NUMBERS, Range, Run


class ParcelNumbers:
    """The 11-digit numbers a writer may give, by kind and shard. A number is only used up when its batch commits.

    Blocks are opened on the directory server, outside the batch; after a restart the writer goes on in its open blocks, so that no number is skipped
    or given twice.
    """

    def __init__(self, directory: psycopg.Connection[Any], writer_id: int) -> None:
        self._directory = directory
        self._writer_id = writer_id
        self._open = {(kind, shard): block for kind, shard, block in store.select_blocks(directory, writer_id)}
        self._next: dict[tuple[int, int], int] = {}
        self._taken: dict[tuple[int, int], int] = {}

    def take(
        self, data: psycopg.Connection[Any], of: Range, shard_id: int, count: int, first_seq: int
    ) -> tuple[list[int], list[Run]]:
        """Return `count` numbers in order and the runs they make; `data` is a connection to the shard's server, inside the batch."""
        place = (of.kind, shard_id)
        numbers: list[int] = []
        runs: list[Run] = []
        while len(numbers) < count:
            block, first = self._place(data, of, place)
            run = min(count - len(numbers), (block + 1) * NUMBERS - first)
            runs.append(Run(first, run, first_seq + len(numbers)))
            numbers += range(first, first + run)
            self._taken[place] = first + run
        return numbers, runs

    def keep(self) -> None:
        """The batch committed: its numbers are used up."""
        self._next.update(self._taken)
        self._taken.clear()

    def give_back(self) -> None:
        """The batch was rolled back: its numbers are free again."""
        self._taken.clear()

    def _place(self, data: psycopg.Connection[Any], of: Range, place: tuple[int, int]) -> tuple[int, int]:
        """Return the open block and its next number; a block that is full, or none, has another opened."""
        block = self._open.get(place)
        if block is not None:
            begin, end = block * NUMBERS, (block + 1) * NUMBERS
            first = self._taken.get(place) or self._next.get(place) or 0
            # After a batch that was rolled back the number known may still be one of the block before.
            if not begin <= first <= end:
                first = store.select_end(data, place[1], begin, end) or begin
            if first < end:
                return block, first
        block = store.insert_block(self._directory, *place, self._writer_id, of.first_block)
        self._open[place] = block
        return block, block * NUMBERS
