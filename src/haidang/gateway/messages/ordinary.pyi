from typing import Any, final

@final
class Reader:
    def __new__(
        cls,
        made: type,
        rows: tuple[tuple[Any, ...], ...],
        defaults: dict[str, Any],
        ordinal: str,
        told: tuple[str, str, frozenset[str]],
    ) -> Reader: ...
    def __call__(self, raw: bytes, /) -> Any: ...

def configure(certain: bytes, first_year: int, last_year: int, /) -> None: ...
