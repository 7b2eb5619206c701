"""The command that places fields of detail: details.

What finds them is loaded only where there are any: most sections have none.
"""

from __future__ import annotations

from pathlib import Path

from transect.config import MosaicConfig, parse_settings
from transect.log import logger, timed
from transect.mosaic.details.store import write_details
from transect.mosaic.tables import DETAILS, POSITIONS
from transect.recipes import RECIPES
from transect.storage.digests import digest_file
from transect.storage.tables import read_metadata, read_table, write_table
from transect.tiles.index import TileIndex


def details(
    *,
    tiles: Path,
    positions: Path,
    mosaic: Path,
    folder: Path,
    output: Path,
    store: Path,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Find every field of higher magnification in the mosaic, and keep its pixels beside it.

    Parameters
    ----------
    tiles
        Index, `tiles.json`.
    positions
        Where every tile lies.
    mosaic
        Store of the mosaic.
    folder
        Raw folder of the section.
    output
        Table to write, `details.parquet`.
    store
        Store to write, `details.zarr`.
    settings
        The `mosaic` part of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(MosaicConfig, settings)
    index = TileIndex.load(tiles)
    recipe = RECIPES["details"]
    facts = {"px_um": repr(index.px_um), "recipe": str(recipe)}
    frame = DETAILS.empty()
    if index.details:
        from transect.mosaic.details.fields import locate_details
        from transect.mosaic.details.overview import overview_of

        places, said = read_table(positions, POSITIONS), read_metadata(positions)
        overview = overview_of(index, places, said, mosaic)
        with timed(f"find {len(index.details)} images of detail (recipe {recipe})"):
            frame = locate_details(folder, index, overview, config, threads)
    inputs = {path.name: digest_file(path) for path in (tiles, positions, mosaic)}
    write_details(store, folder, index, frame, recipe=recipe, inputs=inputs, threads=threads)
    write_table(output, frame, DETAILS, facts)
    for row in frame.drop_duplicates("detail").to_dict("records"):
        if row["located_by"] == "stage":
            logger.warning("detail %s is placed by the stage: %s", row["detail"], row["reason"])
