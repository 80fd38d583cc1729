"""A law book of a few rows, written to a folder: the smallest that loads."""

from pathlib import Path

INSTRUMENTS = """number,kind,title_vi,issuer,issued_on,in_force_from,in_force_until,suspended_from,suspended_until,verified,source,note
1/2020/QH,luật,Luật thử,Quốc hội,2019-12-01,2020-01-01,,,,yes,text read,
2/2026/NĐ-CP,nghị định,Nghị định thử,Chính phủ,2026-01-10,2026-02-01,,,,no,named,
STD,standard,A standard,A body,,,,,,no,table,
"""
PARAMETERS = """name,value,unit,from,until,instrument,article,verified,note
draft.kept,7,day,2020-01-01,2026-02-01,1/2020/QH,Art. 1,yes,
draft.kept,10,day,2026-02-01,,2/2026/NĐ-CP,Art. 2,no,longer
"""
HOLIDAYS = """date,name_vi,working,computed,instrument,article,verified
2026-04-30,Ngày Chiến thắng,no,no,1/2020/QH,Art. 3,no
2026-08-22,Ngày làm việc bù,yes,no,1/2020/QH,,no
"""
LISTS = """list,name_vi,name_en,source,verified,packed,note
location,Mã địa điểm,Location,STD,no,yes,
price_condition,Điều kiện giá,Price condition,STD,no,,
vat_code,Mã thuế,Tax code,sample,no,,
"""
PRICE_CONDITION = """code,name_vi,name_en,valid_from,valid_until,source,verified,sample,freight_included
FOB,Giao trên tàu,Free on board,,,,,,no
DPU,Giao đã dỡ hàng,Delivered at place unloaded,2026-02-01,,2/2026/NĐ-CP,,,yes
OLD,,Old term,,2026-02-01,,,,yes
"""
VAT_CODE = """code,name_vi,name_en,valid_from,valid_until,source,verified,sample,rate_bp
V08,Thuế 8 % (mẫu),Tax 8 % (sample),2025-07-01,2027-01-01,,,yes,800
"""
LOCATION = """code,name_en
SGSIN,Singapore
VNHAN,Hanoi
VNHPH,Haiphong
"""


def lawbook(folder: Path, **replaced: str) -> Path:
    """Write the small book under a folder and return it; a keyword such as `parameters` replaces the text of that file."""
    files = {
        "instruments": INSTRUMENTS,
        "parameters": PARAMETERS,
        "holidays": HOLIDAYS,
        "lists": LISTS,
        "price_condition": PRICE_CONDITION,
        "vat_code": VAT_CODE,
        "location": LOCATION,
    } | replaced
    (folder / "codes").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        place = folder if name in ("instruments", "parameters", "holidays", "lists") else folder / "codes"
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
