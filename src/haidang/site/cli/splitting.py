"""`haidang print NO FILE --split`: which form of the split set a file's name asks for."""

from pathlib import Path

from haidang.site.cli.output import Wrong


def form_of(file: Path) -> str:
    """Return the media type of the set that is written to a file with this name.

    Raises:
        Wrong: the name ends in none of `.json`, `.xml`, `.csv`.
    """
    from haidang.gateway.problems import JSON
    from haidang.gateway.showing import XML
    from haidang.gateway.splitting import CSV

    forms = {".json": JSON, ".xml": XML, ".csv": CSV}
    if file.suffix not in forms:
        raise Wrong(f"{file}: .json, .xml hoặc .csv · .json, .xml or .csv")
    return forms[file.suffix]
