"""A model as a file: one line that says what it is, with the digest of all that follows; then arrays and plain text of known names.

What follows the line is a NumPy archive, read without pickle: nothing in it can be run. The digest is compared before anything is unpacked. The file is
written beside itself and put in its place whole.
"""

import hashlib
import io
import os
import re
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from haidang.tariff.classifying.calibrating import Staircase
from haidang.tariff.classifying.indexing import Index
from haidang.tariff.classifying.learning import Model
from haidang.tariff.classifying.terms import HitRates, ModelNotUsable

VERSION = 2
_LINE = re.compile(rb"haidang-classification ([0-9]{1,6}) ([0-9a-f]{64})\n")
_LONGEST_LINE = 120
_TEXTS = ("codes", "vocabulary", "texts", "ruling_nos")
_INDEX = Index.__struct_fields__
_OTHERS = ("kinds", "standings", "shares_bp")


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seed: int
    hits: HitRates | None


def kept_in(home: Path) -> Path:
    """Return where the model of an installation stands."""
    return home / "classification" / "model"


def save(model: Model, path: Path) -> int:
    """Write a model and return how many bytes the file has."""
    arrays: dict[str, NDArray[np.generic]] = {name: getattr(model.index, name) for name in _INDEX}
    arrays |= {"kinds": model.kinds, "standings": model.confidence.standings, "shares_bp": model.confidence.shares_bp}
    told = {name: msgspec.json.encode(getattr(model, name)) for name in _TEXTS}
    told["head"] = msgspec.json.encode(_Head(model.seed, model.hits))
    arrays |= {name: np.frombuffer(raw, np.uint8) for name, raw in told.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    body = packed.getvalue()
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(f"haidang-classification {VERSION} {hashlib.sha256(body).hexdigest()}\n".encode() + body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path.stat().st_size


def load(path: Path) -> Model:
    """Return the model a file holds.

    Raises:
        ModelNotUsable: there is no such file, it is no model, of another version, or damaged.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        vi, en = f"không đọc được ({error.strerror})", f"it cannot be read ({error.strerror})"
        raise _refused(path, vi, en) from None
    line = _LINE.match(raw[:_LONGEST_LINE])
    if line is None:
        raise _refused(path, "đây không phải mô hình", "it is no model")
    if int(line[1]) != VERSION:
        vi = f"tệp thuộc phiên bản {int(line[1])}, chương trình đọc phiên bản {VERSION}"
        raise _refused(path, vi, f"it is of version {int(line[1])}, this program reads version {VERSION}")
    body = raw[line.end() :]
    if hashlib.sha256(body).hexdigest().encode() != line[2]:
        raise _refused(path, "nội dung không khớp mã băm: tệp hỏng", "its content does not agree with its digest: it is damaged")  # fmt: skip
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in (*_INDEX, *_OTHERS, *_TEXTS, "head")}
    head = msgspec.json.decode(arrays["head"].tobytes(), type=_Head)
    codes, vocabulary, texts, ruling_nos = (
        msgspec.json.decode(arrays[name].tobytes(), type=tuple[str, ...]) for name in _TEXTS
    )
    return Model(
        codes=codes,
        vocabulary=vocabulary,
        texts=texts,
        ruling_nos=ruling_nos,
        kinds=arrays["kinds"],
        index=Index(*(arrays[name] for name in _INDEX)),
        confidence=Staircase(arrays["standings"], arrays["shares_bp"]),
        hits=head.hits,
        seed=head.seed,
    )


def _refused(path: Path, vi: str, en: str) -> ModelNotUsable:
    return ModelNotUsable(
        f"Không dùng được mô hình {path}: {vi}. Học lại bằng `haidang classify train`, hoặc bỏ --model.\n"
        f"The model {path} cannot be used: {en}. Make it again with `haidang classify train`, or leave out --model."
    )
