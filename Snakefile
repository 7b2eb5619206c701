"""From folders of raw SEM tiles to numbers, reports and the trend over all batches."""

from snakemake.utils import min_version

min_version("9.18")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/tiles.smk"
include: "workflow/rules/mosaic.smk"
include: "workflow/rules/segment.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/report.smk"


rule all:
    """Every store, table and report of every section in the sheet, and the trend."""
    default_target: True
    input:
        section_files(),
        batch_files(),
        batches_files(),
    message:
        "all there"


onsuccess:
    print_reports()
