"""Settings in and out: values against a model, every fault named at once; a model as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from transect.errors import ConfigError


def compact(value: BaseModel | Mapping[str, BaseModel]) -> str:
    """Write a part of the configuration, or several by name, as JSON on one line."""
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    parts = {name: part.model_dump(mode="json") for name, part in value.items()}
    return json.dumps(parts, separators=(",", ":"))


P = TypeVar("P", bound=BaseModel)


def parse(model: type[P], values: object, where: str) -> P:
    """Check values against a model.

    Parameters
    ----------
    model
        A part of the configuration, or `Config`.
    values
        What was read, as plain Python.
    where
        File or option to name in the message.

    Raises
    ------
    ConfigError
        Lists every fault: the key, what was found, what was expected.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = [_fault(e, model) for e in error.errors()]
        raise ConfigError(f"{where}: " + "; ".join(faults)) from None


def parse_settings(model: type[P], settings: str) -> P:
    """Check the JSON that a step got as `--settings`."""
    try:
        values = json.loads(settings)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--settings: not JSON: {error}") from None
    return parse(model, values, "--settings")


def _fault(error: object, model: type[BaseModel]) -> str:
    facts: dict[str, object] = dict(error)  # type: ignore[call-overload]
    location: tuple[object, ...] = facts["loc"]  # type: ignore[assignment]
    key = ".".join(str(part) for part in location) or "(top)"
    if facts["type"] == "extra_forbidden":
        known: type[BaseModel] = model
        for part in location[:-1]:
            inner = known.model_fields[str(part)].annotation
            known = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else known
        return f"unknown key {key}; known keys: {', '.join(known.model_fields)}"
    return f"{key}: {facts['msg']}, found {facts.get('input')!r}"
