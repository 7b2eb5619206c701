"""The plan of the run, where files lie, and what the rules ask of both."""

import shlex
import sys
from pathlib import Path

from transect.errors import TransectError
from transect.plan import Plan
from transect.recipes import RECIPES

# A mistake in the configuration or the sheet ends here, in words and before any job.
try:
    plan = Plan.load(config, Path(workflow.basedir) / "config" / "chemistries")
except TransectError as error:
    sys.exit(f"transect: {error}")

TABLES = [
    "particles",
    "cracks",
    "pores",
    "blocks",
    "crack_profile",
    "radial_profile",
    "size_distribution",
    "profile",
    "columns",
    "drift",
    "elements",
    "particle_elements",
    "metrics",
    "replicates",
]
PARTIALS = [
    *["particles", "neighbours", "cracks", "pores", "sums", "runs"],
    *["points", "greys", "touching", "elements", "compositions", "films"],
]


# Constraints stand in the patterns: global ones do not reach inside path variables.
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"


pathvars:
    results=plan.config.results,
    batch=f"<results>/batches/{{batch,{NAME}}}",
    cell=f"<batch>/{{cell,{NAME}}}",
    section=f"<cell>/{{section,{NAME}}}",
    block=r"<section>/blocks/{block,\d+}",
    logs="<results>/logs/{batch}/{cell}/{section}",
    benchmarks="<results>/benchmarks/{batch}/{cell}/{section}",


def raw_folder(wildcards):
    """Folder of the section's raw tiles."""
    return plan.folder(wildcards)


def of_blocks(*names):
    """Files of every block of a section."""

    def files(wildcards):
        blocks = range(plan.blocks(wildcards))
        return [
            f"<section>/blocks/{block}/{name}" for name in names for block in blocks
        ]

    return files


def of_network(*names):
    """Files of every block of a section whose pixels a network decides on."""
    files = of_blocks(*names)
    return lambda wildcards: files(wildcards) if plan.network(wildcards) else []


def model_of_network(wildcards):
    """Card of the network, where one decides on a section's pixels."""
    return plan.model_card(wildcards) if plan.network(wildcards) else []


def predictions_option(wildcards):
    """Option that hands on what a network says of the blocks, where one is asked."""
    if not plan.network(wildcards):
        return ""
    return f"--predictions {shlex.quote(blocks_folder(wildcards))}"


def blocks_folder(wildcards):
    """Folder that holds the blocks of a section."""
    names = [wildcards.batch, wildcards.cell, wildcards.section]
    return str(Path(plan.config.results, "batches", *names, "blocks"))


def own_file(name):
    """A file of the user's own, where the configuration names one."""
    return lambda wildcards: getattr(plan.config, name) or []


def own_option(name):
    """Option that hands such a file on, where there is one."""

    def option(wildcards, input):
        path = input.get(name)
        return f"--{name} {shlex.quote(str(path))}" if path else ""

    return option


def sections_of_cell(name):
    """A file of every section of a cell."""

    def files(wildcards):
        sections = plan.of_cell(wildcards.batch, wildcards.cell)
        return [f"<cell>/{section}/{name}" for section in sections]

    return files


def sections_of_batch(name):
    """A file of every section of a batch."""

    def files(wildcards):
        return [
            f"<batch>/{cell}/{section}/{name}"
            for cell in plan.cells(wildcards.batch)
            for section in plan.of_cell(wildcards.batch, cell)
        ]

    return files


def cells_of_batch(name):
    """A file of every cell of a batch."""
    return lambda wildcards: [
        f"<batch>/{cell}/{name}" for cell in plan.cells(wildcards.batch)
    ]


def section_files():
    """All files of all sections: the stores between too, so that a missing one is made again."""
    names = [
        *[
            "tiles.json",
            "tiles.parquet",
            "shading.npz",
            "positions.parquet",
            "seams.parquet",
            "levels.parquet",
        ],
        *[
            "mosaic.zarr/zarr.json",
            "details.parquet",
            "details.zarr/zarr.json",
            "layers.parquet",
            "thresholds.json",
            "groups.parquet",
            "engine.parquet",
            "decisions.parquet",
            "transport/windows.parquet",
            "transport/pore_thickness.parquet",
            "radial_sums.parquet",
            "plants.parquet",
            "detection.parquet",
            "defects/defects.parquet",
        ],
        *["labels.zarr/zarr.json", "verdicts.parquet", "budget.parquet", "report.html"],
        *[f"tables/{name}.parquet" for name in TABLES],
    ]
    of_block = ["segments.zarr/zarr.json", "labels.zarr/zarr.json"]
    predicted = ["predictions.zarr/zarr.json", "windows.parquet"]
    files = []
    for (batch, cell, section), row in plan.sections.items():
        own = of_block + predicted * plan.settings[batch, cell, section].segment.network
        blocks = [f"blocks/{b}/{name}" for b in range(row.blocks) for name in own]
        folder = f"<results>/batches/{batch}/{cell}/{section}"
        files += [f"{folder}/{name}" for name in names + blocks]
    return files


def batch_files():
    """Table and report of every batch."""
    return [
        f"<results>/batches/{batch}/{name}"
        for batch in plan.batches()
        for name in ["metrics.parquet", "report.html"]
    ]


def batches_files():
    """Tables and report of all batches together."""
    names = ["trend.parquet", "control.parquet", "capability.parquet", "report.html"]
    return [f"<results>/{name}" for name in names]


def print_reports():
    """Say where the reports are, once all is done."""
    results = Path(plan.config.results)
    folders = [*[results / "batches" / batch for batch in plan.batches()], results]
    lines = [f"  {folder / 'report.html'}" for folder in folders]
    print("All sections are done. Reports:", *lines, sep="\n", file=sys.stderr)
