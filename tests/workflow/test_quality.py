"""What a reader of the workflow relies on: it lints, it reports, and its reference is current."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest
import yaml

from support.project import BIN, ROOT, Project
from transect.config import Config

PARTS = ["input", "output", "log", "benchmark", "conda", "message", "threads", "resources"]
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.workflow
def test_lint_is_clean(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "workflow" / "project", tmp_path / "project")
    said = Project(tmp_path / "project").run("--lint")
    assert "in a good condition" in said


def test_the_snakefile_is_short() -> None:
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 40


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rule_says_what_it_is_and_takes(path: Path) -> None:
    rules = re.split(r"(?m)^rule (?=\w+:$)", path.read_text())[1:]
    assert rules or path.stem == "common"
    for rule in rules:
        name, text = rule.split(":", 1)
        assert text.lstrip().startswith('"""'), name
        for part in PARTS:
            assert f"\n    {part}:" in text, f"{name} has no {part}"
        assert "mem_mb=" in text
        assert "runtime=" in text
        assert 'recipe=RECIPES["' in text
        assert '\n    shell:\n        "transect ' in text, f"{name} is no command"
        assert '"  2> {log:q}"' in text


def test_generated_pages_and_schemas_are_current() -> None:
    for path, page in _generator().pages().items():
        assert (ROOT / path).read_text(encoding="utf-8") == page, f"{path}: run make docs"


def test_the_example_names_every_key_with_its_default() -> None:
    text = (ROOT / "config" / "config.yaml").read_text()
    bare = re.sub(r"(?m)^( *)#(\w+:)", r"\1\2", text)
    own = ("limits", "confusion", "reviewed", "reviews")
    values = {key: value for key, value in yaml.safe_load(bare).items() if key not in own}
    # The chemistry's name is in the sheet.
    left_out = {**dict.fromkeys(own, True), "expect": {"chemistry"}}
    expected = Config().model_dump(mode="json", exclude=left_out)
    assert values == expected


def test_the_schema_takes_the_example_and_refuses_an_unknown_key() -> None:
    schema = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.json").read_text())
    jsonschema.validate({"measure": {"contact_um": 0.4}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"measure": {"contact_nm": 400}}, schema)


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "chemistries").glob("*.yaml")))
def test_the_schema_of_chemistries_takes_each_and_needs_an_expectation(path: Path) -> None:
    schema = yaml.safe_load((ROOT / "workflow/schemas/chemistry.schema.json").read_text())
    values = yaml.safe_load(path.read_text())
    jsonschema.validate(values, schema)
    del values["expect"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, schema)


def test_the_lock_pins_and_names_no_address() -> None:
    lines = (ROOT / "envs" / "requirements.lock").read_text().splitlines()
    assert len(lines) > 100
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; .+)?", line), line


def test_the_lock_and_the_conda_twin_hold_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[><=]", entry)[0] for entry in project["dependencies"]]
    lock = {line.split("==")[0] for line in (ROOT / "envs" / "requirements.lock").open()}
    assert set(names) <= lock
    conda = yaml.safe_load((ROOT / "envs" / "transect.yaml").read_text())["dependencies"]
    flat = [e for entry in conda for e in (entry["pip"] if isinstance(entry, dict) else [entry])]
    twins = {"dask": "dask-core", "xxhash": "python-xxhash"}
    twins |= {"opencv-python-headless": "opencv"}
    found = {re.split(r"[ ><=]", entry)[0] for entry in flat}
    assert {twins.get(name, name) for name in names} <= found


@pytest.mark.workflow
def test_a_snakemake_report_needs_no_network(finished: Project, tmp_path: Path) -> None:
    """In a network namespace of its own, where there is one to be had."""
    target = tmp_path / "report.zip"
    alone = ["unshare", "--net", "--"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = []
    command = [*alone, BIN / "snakemake", "--snakefile", ROOT / "Snakefile", "--report", target]
    done = subprocess.run(
        command, cwd=finished.folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
    assert sum(name.endswith("report.html") for name in names) >= 2
