"""A model as a file: arrays and plain text of known names with a digest over all of them. Nothing in it can be run.

The file is a NumPy archive read without pickle. It is written beside itself and put in its place whole.
"""

import hashlib
import os
import zipfile
import zlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from haidang.tariff.classifying.calibrating import Staircase
from haidang.tariff.classifying.indexing import Index
from haidang.tariff.classifying.learning import Model
from haidang.tariff.classifying.terms import HitRates, ModelNotUsable

FORMAT, VERSION = "haidang-classification", 1
_MOST_BYTES = 2_000_000_000
_TEXTS = ("codes", "vocabulary", "texts", "ruling_nos")
_INDEX: dict[str, type[np.generic]] = {
    "rarity": np.float32, "starts": np.int64, "rows": np.int32, "weights": np.float32, "code_of": np.int32,
    "lengths": np.float32, "headings": np.int32,
}  # fmt: skip
_OTHERS: dict[str, type[np.generic]] = {"kinds": np.uint8, "standings": np.float64, "shares_bp": np.int32}
_ARRAYS = _INDEX | _OTHERS | dict.fromkeys(_TEXTS, np.uint8)


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    sha256: str = ""
    seed: int = 0
    hits: HitRates | None = None


def save(model: Model, path: Path) -> int:
    """Write a model and return how many bytes the file has."""
    arrays: dict[str, NDArray[np.generic]] = {name: getattr(model.index, name) for name in _INDEX}
    arrays |= {"kinds": model.kinds, "standings": model.confidence.standings, "shares_bp": model.confidence.shares_bp}
    arrays |= {name: np.frombuffer(msgspec.json.encode(getattr(model, name)), np.uint8) for name in _TEXTS}
    head = _Head(FORMAT, VERSION, _digest(arrays, model.seed, model.hits), model.seed, model.hits)
    told = np.frombuffer(msgspec.json.encode(head), np.uint8)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, head=told, **arrays)
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
        with np.load(path, allow_pickle=False) as archive:
            return _model(path, archive)
    except FileNotFoundError:
        raise _refused(path, "không có tệp này", "there is no such file") from None
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, ModelNotUsable):
            raise
        raise _refused(path, "tệp hỏng hoặc không phải mô hình", "it is damaged, or no model") from None


def _model(path: Path, archive: "np.lib.npyio.NpzFile") -> Model:
    head = msgspec.json.decode(archive["head"].tobytes(), type=_Head, strict=True)
    if (head.format, head.version) != (FORMAT, VERSION):
        vi = f"tệp thuộc phiên bản {head.version}, chương trình đọc phiên bản {VERSION}"
        raise _refused(path, vi, f"it is of version {head.version}, this program reads version {VERSION}")
    size = sum(entry.file_size for entry in archive.zip.infolist()) if archive.zip is not None else 0
    if size > _MOST_BYTES:
        raise _refused(path, "tệp lớn quá 2 GB khi mở", "it would take more than 2 GB")
    arrays = {name: archive[name] for name in _ARRAYS}
    wrong = [name for name, type_ in _ARRAYS.items() if arrays[name].dtype != type_ or arrays[name].ndim != 1]
    if wrong or _digest(arrays, head.seed, head.hits) != head.sha256:
        raise _refused(path, "nội dung không khớp mã băm", "its content does not agree with its digest")
    texts = {name: msgspec.json.decode(arrays[name].tobytes(), type=tuple[str, ...]) for name in _TEXTS}
    return Model(
        **texts,
        kinds=arrays["kinds"],
        index=Index(*(arrays[name] for name in _INDEX)),
        confidence=Staircase(arrays["standings"], arrays["shares_bp"]),
        hits=head.hits,
        seed=head.seed,
    )


def _digest(arrays: "dict[str, NDArray[np.generic]]", seed: int, hits: HitRates | None) -> str:
    digest = hashlib.sha256(msgspec.json.encode([FORMAT, VERSION, seed, hits]))
    for name in sorted(arrays):
        digest.update(f"\n{name} {arrays[name].dtype.str} {arrays[name].size}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _refused(path: Path, vi: str, en: str) -> ModelNotUsable:
    return ModelNotUsable(
        f"Không dùng được mô hình {path}: {vi}. Học lại bằng `haidang classify train`, hoặc bỏ --model.\n"
        f"The model {path} cannot be used: {en}. Make it again with `haidang classify train`, or leave out --model."
    )
