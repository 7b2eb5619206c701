"""The configuration as the page shows it: every key with its value and what it means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from transect.config import Config
from transect.errors import ConfigError


@dataclass(frozen=True)
class Setting:
    """One key: its value, whether it differs from the default, what it means."""

    key: str
    value: str
    changed: bool
    meaning: str


def settings_shown(text: str) -> list[Setting]:
    """Flatten a configuration given as JSON.

    Raises
    ------
    ConfigError
        The text is not a JSON object.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--settings: not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"--settings: found {type(values).__name__}, expected a JSON object")
    return _flat(values, Config, "")


def _flat(values: dict[str, Any], model: type[BaseModel] | None, lead: str) -> list[Setting]:
    found = []
    for key, value in sorted(values.items(), key=lambda item: isinstance(item[1], dict)):
        field = model.model_fields.get(key) if model else None
        kind = field.annotation if field else None
        if isinstance(value, dict):
            inner = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
            found += _flat(value, inner, f"{lead}{key}.")
        else:
            shown = value if isinstance(value, str) else json.dumps(value)
            changed = field is not None and field.default != value
            meaning = (field.description or "") if field else ""
            found.append(Setting(lead + key, shown, changed, meaning))
    return found
