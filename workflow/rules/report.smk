"""From tables to verdicts, pages and the numbers of cells, batches and all batches."""


localrules:
    judge,
    cell,
    batch,
    trend,
    control,


rule judge:
    """Hold every metric of a section against the limits."""
    input:
        metrics="<section>/tables/metrics.parquet",
        seams="<section>/seams.parquet",
        limits=own_file("limits"),
    output:
        verdicts="<section>/verdicts.parquet",
        budget="<section>/budget.parquet",
    log:
        "<logs>/judge.log",
    benchmark:
        "<benchmarks>/judge.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("aggregate"),
        runtime=plan.runtime("aggregate"),
    params:
        recipe=RECIPES["judge"],
        limits=own_option("limits"),
        settings=plan.part("uncertainty"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: compare with limits"
    shell:
        "transect judge"
        "  --metrics {input.metrics:q}"
        "  --seams {input.seams:q}"
        "  {params.limits}"
        "  --output {output.verdicts:q}"
        "  --budget {output.budget:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"


rule report_section:
    """Write the page of one section."""
    input:
        tiles="<section>/tiles.json",
        checks="<section>/tiles.parquet",
        positions="<section>/positions.parquet",
        seams="<section>/seams.parquet",
        levels="<section>/levels.parquet",
        mosaic="<section>/mosaic.zarr/zarr.json",
        details="<section>/details.parquet",
        fields="<section>/details.zarr/zarr.json",
        layers="<section>/layers.parquet",
        engine="<section>/engine.parquet",
        labels="<section>/labels.zarr/zarr.json",
        tables=expand(
            "<section>/tables/{name}.parquet", name=TABLES, allow_missing=True
        ),
        verdicts="<section>/verdicts.parquet",
        budget="<section>/budget.parquet",
        detection="<section>/detection.parquet",
        defects="<section>/defects/defects.parquet",
    output:
        page=report(
            "<section>/report.html",
            caption="../report/section.rst",
            category="{batch}",
            subcategory="{cell}",
            labels={"section": "{section}", "page": "section"},
        ),
    log:
        "<logs>/report_section.log",
    benchmark:
        "<benchmarks>/report_section.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("report"),
        runtime=plan.runtime("report"),
    params:
        recipe=RECIPES["report"],
        folder=subpath(input.tiles, parent=True),
        settings=plan.whole,
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: write the page"
    shell:
        "transect report-section"
        "  --folder {params.folder:q}"
        "  --output {output.page:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"


rule cell:
    """Pool the sections of one cell."""
    input:
        metrics=sections_of_cell("tables/metrics.parquet"),
    output:
        metrics="<cell>/metrics.parquet",
    log:
        "<results>/logs/{batch}/{cell}/cell.log",
    benchmark:
        "<results>/benchmarks/{batch}/{cell}/cell.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("aggregate"),
        runtime=plan.runtime("aggregate"),
    params:
        recipe=RECIPES["cell"],
    message:
        "{wildcards.batch}/{wildcards.cell}: pool the sections"
    shell:
        "transect cell"
        "  --metrics {input.metrics:q}"
        "  --output {output.metrics:q}"
        "  2> {log:q}"


rule batch:
    """Pool the cells of one batch."""
    input:
        metrics=cells_of_batch("metrics.parquet"),
        verdicts=sections_of_batch("verdicts.parquet"),
    output:
        metrics="<batch>/metrics.parquet",
    log:
        "<results>/logs/{batch}/batch.log",
    benchmark:
        "<results>/benchmarks/{batch}/batch.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("aggregate"),
        runtime=plan.runtime("aggregate"),
    params:
        recipe=RECIPES["batch"],
    message:
        "{wildcards.batch}: pool the cells"
    shell:
        "transect batch"
        "  --metrics {input.metrics:q}"
        "  --verdicts {input.verdicts:q}"
        "  --output {output.metrics:q}"
        "  2> {log:q}"


rule report_batch:
    """Write the page of one batch."""
    input:
        metrics="<batch>/metrics.parquet",
        cells=cells_of_batch("metrics.parquet"),
        sections=sections_of_batch("tables/metrics.parquet"),
        verdicts=sections_of_batch("verdicts.parquet"),
        pages=sections_of_batch("report.html"),
    output:
        page=report(
            "<batch>/report.html",
            caption="../report/batch.rst",
            category="{batch}",
            labels={"section": "all", "page": "batch"},
        ),
    log:
        "<results>/logs/{batch}/report_batch.log",
    benchmark:
        "<results>/benchmarks/{batch}/report_batch.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("report"),
        runtime=plan.runtime("report"),
    params:
        recipe=RECIPES["report"],
        folder=subpath(input.metrics, parent=True),
        settings=plan.shared(),
    message:
        "{wildcards.batch}: write the page"
    shell:
        "transect report-batch"
        "  --folder {params.folder:q}"
        "  --output {output.page:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"


rule trend:
    """Lay all batches side by side."""
    input:
        metrics=expand(
            "<results>/batches/{batch}/metrics.parquet", batch=plan.batches()
        ),
    output:
        trend="<results>/trend.parquet",
    log:
        "<results>/logs/trend.log",
    benchmark:
        "<results>/benchmarks/trend.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("aggregate"),
        runtime=plan.runtime("aggregate"),
    params:
        recipe=RECIPES["trend"],
    message:
        "lay all batches side by side"
    shell:
        "transect trend"
        "  --metrics {input.metrics:q}"
        "  --output {output.trend:q}"
        "  2> {log:q}"


rule control:
    """Hold batches against each other on control charts."""
    input:
        trend="<results>/trend.parquet",
        limits=own_file("limits"),
    output:
        control="<results>/control.parquet",
        capability="<results>/capability.parquet",
    log:
        "<results>/logs/control.log",
    benchmark:
        "<results>/benchmarks/control.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("aggregate"),
        runtime=plan.runtime("aggregate"),
    params:
        recipe=RECIPES["control"],
        limits=own_option("limits"),
        settings=plan.control(),
    message:
        "put all batches on control charts"
    shell:
        "transect control"
        "  --trend {input.trend:q}"
        "  {params.limits}"
        "  --output {output.control:q}"
        "  --capability {output.capability:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"


rule report_trend:
    """Write the page of all batches."""
    input:
        trend="<results>/trend.parquet",
        control="<results>/control.parquet",
        capability="<results>/capability.parquet",
    output:
        page=report(
            "<results>/report.html",
            caption="../report/trend.rst",
            category="all batches",
            labels={"section": "all", "page": "trend"},
        ),
    log:
        "<results>/logs/report_trend.log",
    benchmark:
        "<results>/benchmarks/report_trend.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("report"),
        runtime=plan.runtime("report"),
    params:
        recipe=RECIPES["report"],
        settings=plan.shared(),
    message:
        "write the page of all batches"
    shell:
        "transect report-trend"
        "  --trend {input.trend:q}"
        "  --control {input.control:q}"
        "  --capability {input.capability:q}"
        "  --output {output.page:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"
