"""Files of chemistries: settings that differ for one, and what is expected of its coatings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from transect.config import (
    FusionConfig,
    LayersConfig,
    MeasureConfig,
    MosaicConfig,
    SegmentConfig,
    StatisticsConfig,
    TilesConfig,
)
from transect.errors import ConfigError
from transect.expect import Expect, segmentation
from transect.settings import parse


class Chemistry(BaseModel):
    """One file of `config/chemistries`: what differs from the defaults, and what to expect."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    expect: Expect = Field(description="What is expected of a coating of this chemistry.")
    tiles: TilesConfig = Field(default_factory=TilesConfig)
    mosaic: MosaicConfig = Field(default_factory=MosaicConfig)
    fusion: FusionConfig = Field(default_factory=FusionConfig)
    layers: LayersConfig = Field(default_factory=LayersConfig)
    segment: SegmentConfig = Field(default_factory=SegmentConfig)
    measure: MeasureConfig = Field(default_factory=MeasureConfig)
    statistics: StatisticsConfig = Field(default_factory=StatisticsConfig)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        twice = sorted(self.segment.model_fields_set & set(segmentation(self.expect.contrast)))
        if twice:
            raise ValueError(
                f"segment.{twice[0]} follows from expect.contrast: leave it out of this file"
            )
        return self


def chemistries_in(folder: Path) -> list[str]:
    """Names of the chemistries that a folder holds, in alphabetical order."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_chemistry(path: Path) -> dict[str, Any]:
    """Read the file of a chemistry.

    Returns
    -------
    What the file sets, by part, as plain Python.

    Raises
    ------
    ConfigError
        There is no such file, or it has faults; all are listed.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = ", ".join(chemistries_in(path.parent)) or "none"
        raise ConfigError(
            f"{path}: no file of chemistry {path.stem}; there are: {there}. Correct the sheet, or"
            " write the file after another one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: found {values!r}, expected expect and other keys by name")
    # A part whose keys are all commented out is read from YAML as nothing.
    values = {key: value for key, value in values.items() if value is not None}
    parse(Chemistry, values, str(path))
    return values


def settings_of(path: Path, own: Mapping[str, Any]) -> dict[str, Any]:
    """Put the settings of a chemistry under those of the user.

    The contrast decides what `segment` says of the phases, unless the user does.

    Parameters
    ----------
    path
        File of the chemistry.
    own
        The user's configuration, as read from YAML.

    Raises
    ------
    ConfigError
        The file has faults, or the user's contrast has.
    """
    stated = read_chemistry(path)
    said = {key: value for key, value in own.get("expect", {}).items() if value is not None}
    where = f"configuration, part expect, over {path}"
    expect = parse(Expect, merged(stated["expect"], said), where)
    settings = merged(merged(stated, {"segment": segmentation(expect.contrast)}), own)
    return settings | {"expect": {"chemistry": path.stem, **expect.model_dump()}}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two mappings, level by level; the second one wins."""
    out = dict(base)
    for key, value in over.items():
        old = out.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            out[key] = merged(old, value)
        else:
            out[key] = value
    return out
