"""The figure of the tax engine is one of whole declarations, and says what it was compared with."""

import pytest

from haidang.site.bench import duty


@pytest.mark.processes
def test_the_figures_are_those_of_one_declaration_and_name_their_yardstick() -> None:
    told: list[str] = []
    figures = duty.measure(seed=3, pairs=1, say=told.append)
    assert figures["cpu_us"] > figures["decode_us"] > 0 and figures["parse_us"] > 0
    assert figures["decoder"] in ("compiled", "python")
    assert figures["parser"] in ("orjson", "msgspec") and figures["parser"] in told[0]
    assert (figures["ratio_orjson"] is None) == (figures["parser"] != "orjson")
    assert figures["ratio_parser"] > 1 and figures["bytes"] > 1_000
