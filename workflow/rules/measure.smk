"""From phases and particles to tables, block by block."""


rule measure_block:
    """Sum every measurement over one block, keyed by particle."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        groups="<section>/groups.parquet",
        segments=of_blocks("segments.zarr/zarr.json"),
    output:
        labels="<block>/labels.zarr/zarr.json",
        particles="<block>/partials/particles.parquet",
        neighbours="<block>/partials/neighbours.parquet",
        cracks="<block>/partials/cracks.parquet",
        pores="<block>/partials/pores.parquet",
        sums="<block>/partials/sums.parquet",
        runs="<block>/partials/runs.parquet",
        points="<block>/partials/points.parquet",
        greys="<block>/partials/greys.parquet",
        touching="<block>/partials/touching.parquet",
        elements="<block>/partials/elements.parquet",
        compositions="<block>/partials/compositions.parquet",
        films="<block>/partials/films.parquet",
    log:
        "<logs>/measure_block.{block}.log",
    benchmark:
        "<benchmarks>/measure_block.{block}.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("measure"),
        runtime=plan.runtime("measure"),
    params:
        recipe=RECIPES["measure"],
        mosaic=subpath(input.mosaic, parent=True),
        folder=blocks_folder,
        labels=subpath(output.labels, parent=True),
        partials=subpath(output.particles, parent=True),
        blocks=plan.blocks,
        settings=plan.part("measure"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: measure block {wildcards.block}"
    shell:
        "transect measure"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --groups {input.groups:q}"
        "  --folder {params.folder:q}"
        "  --block {wildcards.block}"
        "  --blocks {params.blocks}"
        "  --labels {params.labels:q}"
        "  --partials {params.partials:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule labels:
    """Gather the label images of all blocks into one pyramid."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        blocks=of_blocks("labels.zarr/zarr.json"),
    output:
        labels="<section>/labels.zarr/zarr.json",
    log:
        "<logs>/labels.log",
    benchmark:
        "<benchmarks>/labels.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("labels"),
        runtime=plan.runtime("labels"),
    params:
        recipe=RECIPES["labels"],
        mosaic=subpath(input.mosaic, parent=True),
        folder=blocks_folder,
        labels=subpath(output.labels, parent=True),
        blocks=plan.blocks,
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: gather the labels"
    shell:
        "transect labels"
        "  --folder {params.folder:q}"
        "  --blocks {params.blocks}"
        "  --mosaic {params.mosaic:q}"
        "  --output {params.labels:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule vary:
    """Decide on a few windows again with other limits between phases."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        thresholds="<section>/thresholds.json",
        predictions=of_network("predictions.zarr/zarr.json"),
    output:
        decisions="<section>/decisions.parquet",
    log:
        "<logs>/vary.log",
    benchmark:
        "<benchmarks>/vary.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("vary"),
        runtime=plan.runtime("vary"),
    params:
        recipe=RECIPES["vary"],
        mosaic=subpath(input.mosaic, parent=True),
        predictions=predictions_option,
        blocks=plan.blocks,
        settings=plan.parts("measure", "segment"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: move limits between phases"
    shell:
        "transect vary"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --thresholds {input.thresholds:q}"
        "  --output {output.decisions:q}"
        "  {params.predictions}"
        "  --blocks {params.blocks}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule transport:
    """Look at transport through the pores, in windows along the foil."""
    input:
        labels="<section>/labels.zarr/zarr.json",
        layers="<section>/layers.parquet",
    output:
        windows="<section>/transport/windows.parquet",
        sizes="<section>/transport/pore_thickness.parquet",
    log:
        "<logs>/transport.log",
    benchmark:
        "<benchmarks>/transport.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("transport"),
        runtime=plan.runtime("transport"),
    params:
        recipe=RECIPES["transport"],
        labels=subpath(input.labels, parent=True),
        folder=subpath(output.windows, parent=True),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: transport through the pores"
    shell:
        "transect transport"
        "  --labels {params.labels:q}"
        "  --layers {input.layers:q}"
        "  --output {params.folder:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule radial:
    """Sum cracks and greys over layers of equal depth in every particle."""
    input:
        labels="<section>/labels.zarr/zarr.json",
        mosaic="<section>/mosaic.zarr/zarr.json",
    output:
        sums="<section>/radial_sums.parquet",
    log:
        "<logs>/radial.log",
    benchmark:
        "<benchmarks>/radial.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("radial"),
        runtime=plan.runtime("radial"),
    params:
        recipe=RECIPES["radial"],
        labels=subpath(input.labels, parent=True),
        mosaic=subpath(input.mosaic, parent=True),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: particles from rim to core"
    shell:
        "transect radial"
        "  --labels {params.labels:q}"
        "  --mosaic {params.mosaic:q}"
        "  --output {output.sums:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule join:
    """Add the sums of all blocks up and make tables and metrics of them."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        seams="<section>/seams.parquet",
        labels=of_blocks("labels.zarr/zarr.json"),
        partials=of_blocks(*[f"partials/{name}.parquet" for name in PARTIALS]),
        decisions="<section>/decisions.parquet",
        transport="<section>/transport/windows.parquet",
        sizes="<section>/transport/pore_thickness.parquet",
        radial="<section>/radial_sums.parquet",
        confusion=own_file("confusion"),
    output:
        particles="<section>/tables/particles.parquet",
        cracks="<section>/tables/cracks.parquet",
        pores="<section>/tables/pores.parquet",
        blocks="<section>/tables/blocks.parquet",
        crack_profile="<section>/tables/crack_profile.parquet",
        radial_profile="<section>/tables/radial_profile.parquet",
        size_distribution="<section>/tables/size_distribution.parquet",
        profile="<section>/tables/profile.parquet",
        columns="<section>/tables/columns.parquet",
        drift="<section>/tables/drift.parquet",
        elements="<section>/tables/elements.parquet",
        particle_elements="<section>/tables/particle_elements.parquet",
        metrics="<section>/tables/metrics.parquet",
        replicates="<section>/tables/replicates.parquet",
    log:
        "<logs>/join.log",
    benchmark:
        "<benchmarks>/join.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("join"),
        runtime=plan.runtime("join"),
    params:
        recipe=RECIPES["join"],
        mosaic=subpath(input.mosaic, parent=True),
        folder=blocks_folder,
        transport=subpath(input.transport, parent=True),
        tables=subpath(output.particles, parent=True),
        blocks=plan.blocks,
        confusion=own_option("confusion"),
        settings=plan.parts("measure", "statistics", "segment", "layers", "expect"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: make tables and metrics"
    shell:
        "transect join"
        "  --folder {params.folder:q}"
        "  --blocks {params.blocks}"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --seams {input.seams:q}"
        "  --batch {wildcards.batch:q}"
        "  --cell {wildcards.cell:q}"
        "  --section {wildcards.section:q}"
        "  --output {params.tables:q}"
        "  {params.confusion}"
        "  --decisions {input.decisions:q}"
        "  --transport {params.transport:q}"
        "  --radial {input.radial:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"


rule detect:
    """Plant made defects into a section, and tell how surely they are found."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        thresholds="<section>/thresholds.json",
        model=model_of_network,
        labels="<section>/labels.zarr/zarr.json",
        metrics="<section>/tables/metrics.parquet",
        particles="<section>/tables/particles.parquet",
        pores="<section>/tables/pores.parquet",
        areas="<section>/tables/blocks.parquet",
        reviewed=own_file("reviewed"),
    output:
        plants="<section>/plants.parquet",
        detection="<section>/detection.parquet",
    log:
        "<logs>/detect.log",
    benchmark:
        "<benchmarks>/detect.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("detect"),
        runtime=plan.runtime("detect"),
    params:
        recipe=RECIPES["detect"],
        mosaic=subpath(input.mosaic, parent=True),
        labels=subpath(input.labels, parent=True),
        tables=subpath(input.metrics, parent=True),
        reviewed=own_option("reviewed"),
        settings=plan.parts("measure", "statistics", "segment"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: plant defects and look for them"
    shell:
        "transect detect"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --thresholds {input.thresholds:q}"
        "  --labels {params.labels:q}"
        "  --tables {params.tables:q}"
        "  --batch {wildcards.batch:q}"
        "  --cell {wildcards.cell:q}"
        "  --section {wildcards.section:q}"
        "  --plants {output.plants:q}"
        "  --output {output.detection:q}"
        "  {params.reviewed}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule defects:
    """List the defects of a section, the gravest first, with pictures."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        labels="<section>/labels.zarr/zarr.json",
        metrics="<section>/tables/metrics.parquet",
        particles="<section>/tables/particles.parquet",
        pores="<section>/tables/pores.parquet",
        columns="<section>/tables/columns.parquet",
        reviews=own_file("reviews"),
    output:
        table="<section>/defects/defects.parquet",
    log:
        "<logs>/defects.log",
    benchmark:
        "<benchmarks>/defects.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("defects"),
        runtime=plan.runtime("defects"),
    params:
        recipe=RECIPES["defects"],
        mosaic=subpath(input.mosaic, parent=True),
        labels=subpath(input.labels, parent=True),
        tables=subpath(input.metrics, parent=True),
        folder=subpath(output.table, parent=True),
        reviews=own_option("reviews"),
        settings=plan.parts("measure", "segment", "layers"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: list the defects"
    shell:
        "transect defects"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --labels {params.labels:q}"
        "  --tables {params.tables:q}"
        "  --batch {wildcards.batch:q}"
        "  --cell {wildcards.cell:q}"
        "  --section {wildcards.section:q}"
        "  --output {params.folder:q}"
        "  {params.reviews}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"
