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
        known = _part_of(model, location)
        return f"unknown key {key}; known keys: {', '.join(known.model_fields)}"
    said = str(facts["msg"]).removeprefix("Value error, ")
    if facts["type"] == "missing":
        field = _part_of(model, location).model_fields.get(str(location[-1]))
        return f"{key}: {said}" + (f": {field.description}" if field and field.description else "")
    if isinstance(facts.get("input"), Mapping):
        # A whole part would bury the message.
        return f"{key}: {said}" if location else said
    return f"{key}: {said}, found {facts.get('input')!r}"


def _part_of(model: type[BaseModel], location: tuple[object, ...]) -> type[BaseModel]:
    """Model of the part that holds a key."""
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else model
    return model
