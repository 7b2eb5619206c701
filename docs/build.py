"""Write what the documentation and the schemas say from the models in the code.

`python docs/build.py` (or `make docs`) writes; a test calls `pages` and compares.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from transect.chemistry import Chemistry
from transect.cli import COMMANDS
from transect.config import Config
from transect.sheet import CHEMISTRIES, COLUMNS, NAME, REQUIRED
from transect.statistics.registry import REGISTRY
from transect.storage.tables import Schema

ROOT = Path(__file__).resolve().parents[1]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
COLUMN_TEXTS = {
    "batch": "Batch that the cell belongs to; one report and one point of the trend each.",
    "cell": "Cell that the section was cut from.",
    "section": "Name of the section, unique within its cell.",
    "folder": "Folder of the raw tiles, from the folder that the workflow runs in or absolute.",
    "chemistry": "Name of a file in `config/chemistries/`, whose settings and expectations are"
    " taken: nmc when blank.",
    "blocks": "Parts that the section is worked on in, about 2 gigapixels each; results are the"
    " same for any number.",
    "tiles": "Images that the folder should hold; more or fewer is an error. Not checked when"
    " blank.",
    "pixel_nm": "Pixel size in nm; as the microscope recorded it when blank.",
    "loading_mg_cm2": "Mass of one coating per area in mg/cm2, for `porosity_mass_balance`.",
    "solids_g_cm3": "Density of the coating's solids together in g/cm3, likewise:"
    " 1 / sum(mass share / density).",
    "condition": "Ageing state or other condition of the cell, such as fresh: what"
    " `transect compare` groups cells by.",
}
TABLES = [
    "transect.tiles.tables",
    "transect.mosaic.tables",
    "transect.geometry",
    "transect.segment.tables",
    "transect.measure.tables",
    "transect.measure.transport.tables",
    "transect.measure.radial.tables",
    "transect.statistics.tables",
    "transect.statistics.control.tables",
    "transect.statistics.confusion",
    "transect.detect.tables",
    "transect.defects.tables",
    "transect.export.tidy",
]


def pages() -> dict[Path, str]:
    """Text of every generated file, by its path in the project."""
    return {
        Path("docs/reference/configuration.md"): configuration(),
        Path("docs/reference/sheet.md"): sheet(),
        Path("docs/reference/metrics.md"): metrics(),
        Path("docs/reference/tables.md"): tables(),
        Path("docs/reference/commands.md"): commands(),
        Path("workflow/schemas/config.schema.json"): config_schema(),
        Path("workflow/schemas/chemistry.schema.json"): chemistry_schema(),
        Path("workflow/schemas/sections.schema.json"): sheet_schema(),
    }


def config_schema() -> str:
    """JSON schema of the configuration, for editors and validators."""
    values = {"$schema": DRAFT, **Config.model_json_schema(), "title": "config/config.yaml"}
    return json.dumps(values, indent=2) + "\n"


def chemistry_schema() -> str:
    """JSON schema of the file of a chemistry."""
    values = {"$schema": DRAFT, **Chemistry.model_json_schema()}
    return json.dumps(values | {"title": "config/chemistries"}, indent=2) + "\n"


def sheet_schema() -> str:
    """JSON schema of one row of the sample sheet."""
    name = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    kinds: dict[str, dict[str, object]] = {
        **dict.fromkeys(("batch", "cell", "section"), name),
        "folder": {"type": "string", "minLength": 1},
        "chemistry": {"type": "string", "examples": list(CHEMISTRIES), "default": "nmc"},
        "blocks": {"type": "integer", "minimum": 1, "default": 1},
        "tiles": {"type": "integer", "minimum": 1},
        "pixel_nm": {"type": "number", "exclusiveMinimum": 0},
        "loading_mg_cm2": {"type": "number", "exclusiveMinimum": 0},
        "solids_g_cm3": {"type": "number", "exclusiveMinimum": 0},
        "condition": {"type": "string"},
    }
    values = {
        "$schema": DRAFT,
        "title": "config/sections.tsv",
        "type": "object",
        "properties": {c: {**kinds[c], "description": COLUMN_TEXTS[c]} for c in COLUMNS},
        "required": list(REQUIRED),
        "additionalProperties": False,
    }
    return json.dumps(values, indent=2) + "\n"


def configuration() -> str:
    """Page of all keys of the configuration."""
    lines = [
        "# Configuration",
        "",
        "Every key of `config/config.yaml`, made from the models in `transect.config`. All have a",
        "default; a chemistry (`config/chemistries/`) replaces some, and what you write replaces",
        "both. A changed key reruns the steps that depend on it and no others.",
        "",
        *_fields({k: v for k, v in Config.model_fields.items() if not _part(v)}),
    ]
    for name, info in Config.model_fields.items():
        if (part := _part(info)) is not None:
            lines += [f"## {name}", "", inspect.getdoc(part) or "", "", *_fields(part.model_fields)]
    return "\n".join(lines).rstrip() + "\n"


def sheet() -> str:
    """Page of the columns of the sample sheet."""
    lines = [
        "# Sample sheet",
        "",
        "`config/sections.tsv`: tab-separated, one row per section. `transect add-batch` appends",
        "to it; an editor or a spreadsheet does as well.",
        "",
        "| column | needed | meaning |",
        "| --- | --- | --- |",
        *(f"| `{c}` | {'yes' if c in REQUIRED else 'no'} | {COLUMN_TEXTS[c]} |" for c in COLUMNS),
        "",
        "Names become folders and pages: letters, digits and `_ . -`, beginning with a letter or a",
        "digit. A fault in the sheet ends the run before any job; all faults are listed, each with",
        "its line.",
    ]
    return "\n".join(lines).rstrip() + "\n"


def metrics() -> str:
    """Page of all metrics: name, unit, definition."""
    lines = [
        "# Metrics",
        "",
        "What `metrics.parquet` holds, in long form: one row per metric and side, with value,",
        "unit, 95 % interval, sample size, method, resolution limit and a note. Ratios have the",
        "unit 1. Areas are those inside the valid part of the coating; lengths are in micrometres.",
        "Sizes by area and by number are those of the particles' sections; sizes by volume are",
        "unfolded to spheres.",
        "",
        "| metric | unit | definition | source | trap |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| `{m.name}` | {m.unit} | "
            + " | ".join(_cell(text) for text in (m.definition, m.source, m.trap))
            + " |"
            for m in REGISTRY.values()
        ),
    ]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """Page of all tables: every column with its type, unit and definition."""
    lines = [
        "# Tables",
        "",
        "Parquet files; the unit and the definition of a column are in its Arrow field metadata",
        "too, so that a table explains itself wherever it is opened.",
    ]
    for table in _schemas():
        lines += ["", f"## {table.name}", "", f"{table.title} (version {table.version})", ""]
        lines += ["| column | type | unit | definition |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{c.name}` | {c.dtype} | {c.unit or '–'} | {_cell(c.definition)} |"
            for c in table.columns
        ]
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Page of all commands and their options."""
    lines = [
        "# Commands",
        "",
        "Every step of the workflow is a command that can be run by hand; `transect STEP --help`",
        "says the same. A mistake of the user's is one line on standard error and exit code 2.",
    ]
    for name, target in COMMANDS.items():
        module, function = target.split(":")
        text = inspect.getdoc(getattr(import_module(module), function)) or ""
        lines += ["", f"## transect {name}", "", *_docstring(text)]
    return "\n".join(lines) + "\n"


def _schemas() -> list[Schema]:
    """Tables of all stages, in the order of the flow, each once."""
    found: dict[str, Schema] = {}
    for name in TABLES:
        values = vars(import_module(name)).values()
        for value in values:
            many = value.values() if isinstance(value, dict) else [value]
            found |= {v.name: v for v in many if isinstance(v, Schema) and v.name not in found}
    return list(found.values())


def _docstring(text: str) -> list[str]:
    """Summary as it is; each parameter as an item of a list."""
    lines: list[str] = []
    body = text.splitlines()
    stop = next((i for i, line in enumerate(body) if line == "Raises"), len(body))
    for line, after in zip(body[:stop], [*body[1:stop], ""], strict=True):
        if set(line) == {"-"} or set(after) == {"-"}:
            continue
        if lines and line and not line.startswith(" ") and "Parameters" in text[: text.find(line)]:
            names = ", ".join(f"`--{n.strip().replace('_', '-')}`" for n in line.split(","))
            lines.append(f"- {names}:")
        elif line.startswith("    "):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return lines


def _fields(fields: dict[str, FieldInfo]) -> list[str]:
    rows = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, info in fields.items():
        default = "required" if info.is_required() else f"`{_default(info)}`"
        rows.append(
            f"| `{name}` | {_cell(_type(info.annotation) + _limits(info))} | {default}"
            f" | {_cell(info.description or '')} |"
        )
    return [*rows, ""]


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True, validated_data={})
    return "absent" if value is None else str(value)


def _part(info: FieldInfo) -> type[BaseModel] | None:
    kind = info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _type(kind: object) -> str:
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return " | ".join(str(value) for value in typing.get_args(kind))
    if origin in (types.UnionType, typing.Union):
        inner = [arg for arg in typing.get_args(kind) if arg is not type(None)]
        return " | ".join(_type(arg) for arg in inner)
    if origin is typing.Annotated:
        return _type(typing.get_args(kind)[0])
    if origin is tuple:
        args = [arg for arg in typing.get_args(kind) if arg is not ...]
        return "list of " + " | ".join(dict.fromkeys(_type(arg) for arg in args))
    return getattr(kind, "__name__", str(kind))


def _limits(info: FieldInfo) -> str:
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    found = [
        f"{sign} {getattr(rule, name)}"
        for rule in info.metadata
        for name, sign in signs.items()
        if getattr(rule, name, None) is not None
    ]
    return f" ({', '.join(found)})" if found else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for path, page in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(page, encoding="utf-8")
