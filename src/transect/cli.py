"""The command line: one command per step, loaded only when it is called."""

from __future__ import annotations

import gc
import sys

from cyclopts import App

from transect import __version__
from transect.errors import TransectError
from transect.log import start_logging

app = App(
    name="transect",
    help="Battery-electrode cross-sections: from raw SEM tiles to numbers with error bars.",
    version=__version__,
    result_action="return_value",
)

COMMANDS = {
    "index": "transect.tiles.steps:index",
    "check": "transect.tiles.steps:check",
    "shading": "transect.tiles.steps:shading",
    "register": "transect.mosaic.steps.register:register",
    "fuse": "transect.mosaic.steps.fuse:fuse",
    "details": "transect.mosaic.steps.details:details",
    "layers": "transect.layers.steps:layers",
    "thresholds": "transect.segment.steps:thresholds",
    "predict": "transect.segment.steps:predict",
    "segment": "transect.segment.steps:segment",
    "resolve": "transect.segment.steps:resolve",
    "vary": "transect.vary.steps:vary",
    "measure": "transect.measure.steps:measure",
    "labels": "transect.measure.steps:labels",
    "validate": "transect.measure.validate:validate",
    "transport": "transect.measure.transport.steps:transport",
    "radial": "transect.measure.radial.steps:radial",
    "join": "transect.measure.steps:join",
    "detect": "transect.detect.steps:detect",
    "defects": "transect.defects.steps:defects",
    "judge": "transect.statistics.steps:judge",
    "cell": "transect.statistics.steps:cell",
    "batch": "transect.statistics.steps:batch",
    "trend": "transect.statistics.steps:trend",
    "control": "transect.statistics.control.steps:control",
    "compare": "transect.statistics.compare_steps:compare",
    "shares": "transect.statistics.compare_steps:shares",
    "export": "transect.export.steps:export",
    "report-section": "transect.report.steps:report_section",
    "report-batch": "transect.report.steps:report_batch",
    "report-trend": "transect.report.steps:report_trend",
    "phantom": "transect.phantom.steps:phantom",
    "train": "transect.train.steps:train",
    "add-batch": "transect.sheet_steps:add_batch",
}
for name, target in COMMANDS.items():
    app.command(target, name=name)


def main() -> None:
    """Run the command line; a mistake of the user's is one line and exit code 2."""
    start_logging()
    # Loading makes a hundred thousand objects that stay: looking for garbage among them as often
    # as Python does by default takes a sixth of the start-up.
    gc.set_threshold(10_000)
    try:
        app()
    except TransectError as error:
        sys.exit(_fail(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str) -> int:
    sys.stderr.write(f"transect: {message}\n")
    return 2
