"""The gravest defects as pictures, and how many there are of each class and severity."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from transect.report.digits import count, length, short
from transect.report.inputs import Section
from transect.report.labels import side_words

SHOWN = 12
"""Pictures on the page."""
FOLDER = "defects"

WORDS = {
    "delamination": "Delamination",
    "coating_crack": "Crack of the coating",
    "macro_void": "Macro void",
    "agglomerate": "Agglomerate",
    "foreign_particle": "Foreign particle",
    "fragment": "Fragment",
}


@dataclass(frozen=True)
class Found:
    """One defect: its picture as a data address, and what is known of it."""

    picture: str
    name: str
    what: str
    where: str
    severity: int
    review: str


def gravest(section: Section, folder: Path) -> list[Found]:
    """List the gravest defects that have a picture.

    Parameters
    ----------
    section
        Tables of the section.
    folder
        Its results.
    """
    rows = section.tables["defects"]
    rows = rows[rows["thumbnail"] != ""].head(SHOWN)
    found = []
    for row in rows.to_dict("records"):
        path = folder / FOLDER / str(row["thumbnail"])
        if not path.is_file():
            continue
        data = base64.b64encode(path.read_bytes()).decode()
        found.append(
            Found(
                f"data:image/png;base64,{data}",
                WORDS.get(str(row["class"]), str(row["class"])),
                f"{length(row['size_um'])}, {short(row['score'], 2)} times its rule",
                f"x = {length(row['x_um'])}, {side_words(str(row['side']))}",
                int(row["severity"]),
                str(row["review"]),
            )
        )
    return found


def tally(section: Section) -> list[list[str]]:
    """Count defects: class, those of severity 3, 2, 1 and 0, and all."""
    rows = section.tables["defects"]
    table = []
    for name, words in WORDS.items():
        mine = rows[rows["class"] == name]
        if len(mine):
            numbers = [int((mine["severity"] == level).sum()) for level in (3, 2, 1, 0)]
            table.append([words, *map(count, numbers), count(len(mine))])
    return table
