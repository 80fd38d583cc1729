"""Lists of parcels, as many as wanted and no two alike."""

from random import Random
from typing import Any

import msgspec

from haidang.site.demo import people

_GOODS = (
    "Áo thun cotton",
    "Ốp lưng điện thoại",
    "Sách in",
    "Đồ chơi trẻ em",
    "Tai nghe có dây",
    "Giày vải",
    "Túi xách",
    "Bình giữ nhiệt",
)
_COUNTRIES = ("CN", "CN", "KR", "JP", "US", "TH")


class ParcelComposer:
    """Writes lists of parcels, no two alike. The same seed, series and size give the same lists; the operator is each trader in turn."""

    def __init__(self, parcels: int, seed: int, series: str) -> None:
        self._parcels = parcels
        self._series = series
        self._random = Random(f"{seed} {series} {parcels}")  # noqa: S311 (goods are drawn, no secret)

    def message(self, ordinal: int) -> tuple[str, bytes]:
        """Return sender and bytes of the list `ordinal`; to be asked in order."""
        operator = people.trader_code(1 + ordinal % (people.TRADERS - 2))
        name = f"{self._series}-{ordinal:06}"
        return operator, _encode(
            {
                "message_id": name,
                "sender": operator,
                "procedure": "MIC",
                "operator_code": operator,
                "customs_office_code": "03CC",
                "transport_document_no": f"MAWB-{name}",
                "parcels": [self._parcel(name, number) for number in range(self._parcels)],
            }
        )

    def _parcel(self, name: str, number: int) -> dict[str, Any]:
        draw = self._random
        return {
            "house_no": f"{name}-{number:04}",
            "description": f"{draw.choice(_GOODS)}, mới 100%, {draw.randrange(1_000_000):06}",
            "party_name": f"Nguyễn Văn Mẫu {draw.randrange(100_000):05}",
            "counterparty_name": f"SAMPLE SHOP {draw.randrange(10_000):04}",
            "country_code": draw.choice(_COUNTRIES),
            "customs_value_vnd": draw.randrange(20_000, 1_000_001),
            "gross_mass": f"{draw.randrange(50, 5_000) / 1_000:.3f}",
        }


_encode = msgspec.json.Encoder().encode
