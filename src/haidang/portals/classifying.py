"""The help with classification as the public pages ask it: the model learned here, or the names and titles of the law book; kept in this process.

A site's texts are its own: what everybody is told names codes, words, names and rulings, never the text of somebody's goods.
"""

from msgspec.structs import replace

from haidang.platform.config import load as load_config
from haidang.tariff.classifying import keeping
from haidang.tariff.classifying.asking import Classifier
from haidang.tariff.classifying.learning import learn, lesson_of
from haidang.tariff.classifying.terms import TEXT, Classified
from haidang.taxes.rules.books import OpenBook


def classifier_of(book: OpenBook) -> Classifier:
    """Return what answers under a law book. A model that was made anew is read anew; without one two seconds are spent on the names and titles.

    Raises:
        ModelNotUsable: the model kept here is damaged or of another version.
    """
    path = keeping.kept_in(load_config().home)
    key = (path.stat().st_mtime_ns if path.exists() else 0, book.book.version)
    found = _kept.get(key)
    if found is None:
        codes = book.book.tariff.codes
        model = keeping.load(path) if key[0] else learn(lesson_of(codes, book.titles(), ()))
        found = Classifier(model, codes)
        _kept.clear()
        _kept[key] = found
    return found


_kept: dict[tuple[int, int], Classifier] = {}
"""The last classifier, by when its model was written and the version of the law book. Two threads may make the same one at once: no harm."""


def told_to_all(found: Classified) -> Classified:
    """Return an answer without the texts of goods that the site gave: that one speaks for a code and how like it is, but not what it says."""
    candidates = tuple(
        replace(
            each,
            speakers=tuple(replace(speaker, text="") if speaker.kind == TEXT else speaker for speaker in each.speakers),
        )
        for each in found.candidates
    )
    return replace(found, candidates=candidates)
