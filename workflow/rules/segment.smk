"""From grey values to phases and particles, block by block."""


rule thresholds:
    """Choose the grey limits of the phases, and check the polarity, once for the section."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        model=model_of_network,
    output:
        thresholds="<section>/thresholds.json",
    log:
        "<logs>/thresholds.log",
    benchmark:
        "<benchmarks>/thresholds.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("thresholds"),
        runtime=plan.runtime("thresholds"),
    params:
        recipe=RECIPES["thresholds"],
        mosaic=subpath(input.mosaic, parent=True),
        settings=plan.part("segment"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: choose grey limits"
    shell:
        "transect thresholds"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --output {output.thresholds:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule predict_block:
    """Ask a trained network for the phases, outlines and cracks of a block."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        thresholds="<section>/thresholds.json",
        model=plan.model_card,
    output:
        predictions="<block>/predictions.zarr/zarr.json",
        windows="<block>/windows.parquet",
    log:
        "<logs>/predict_block.{block}.log",
    benchmark:
        "<benchmarks>/predict_block.{block}.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("predict"),
        runtime=plan.runtime("predict"),
    params:
        recipe=RECIPES["predict"],
        mosaic=subpath(input.mosaic, parent=True),
        predictions=subpath(output.predictions, parent=True),
        blocks=plan.blocks,
        settings=plan.some("segment", "engine", "model", "denoise_px"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: predict block {wildcards.block}"
    shell:
        "transect predict"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --thresholds {input.thresholds:q}"
        "  --block {wildcards.block}"
        "  --blocks {params.blocks}"
        "  --output {params.predictions:q}"
        "  --windows {output.windows:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule segment_block:
    """Give every pixel of a block its phase and its basin."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
        layers="<section>/layers.parquet",
        thresholds="<section>/thresholds.json",
        predictions=of_network("predictions.zarr/zarr.json"),
    output:
        segments="<block>/segments.zarr/zarr.json",
        contacts="<block>/contacts.parquet",
        faces="<block>/faces.parquet",
    log:
        "<logs>/segment_block.{block}.log",
    benchmark:
        "<benchmarks>/segment_block.{block}.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("segment"),
        runtime=plan.runtime("segment"),
    params:
        recipe=RECIPES["segment"],
        mosaic=subpath(input.mosaic, parent=True),
        segments=subpath(output.segments, parent=True),
        predictions=predictions_option,
        blocks=plan.blocks,
        settings=plan.part("segment"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: segment block {wildcards.block}"
    shell:
        "transect segment"
        "  --mosaic {params.mosaic:q}"
        "  --layers {input.layers:q}"
        "  --thresholds {input.thresholds:q}"
        "  --block {wildcards.block}"
        "  --blocks {params.blocks}"
        "  --output {params.segments:q}"
        "  --contacts {output.contacts:q}"
        "  --faces {output.faces:q}"
        "  {params.predictions}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule resolve:
    """Join the basins that are one particle, across windows and blocks."""
    input:
        contacts=of_blocks("contacts.parquet"),
        faces=of_blocks("faces.parquet"),
        windows=of_network("windows.parquet"),
        thresholds="<section>/thresholds.json",
    output:
        groups="<section>/groups.parquet",
        engine="<section>/engine.parquet",
    log:
        "<logs>/resolve.log",
    benchmark:
        "<benchmarks>/resolve.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 1
    resources:
        mem_mb=plan.memory("resolve"),
        runtime=plan.runtime("resolve"),
    params:
        recipe=RECIPES["resolve"],
        folder=blocks_folder,
        blocks=plan.blocks,
        settings=plan.part("segment"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: join basins to particles"
    shell:
        "transect resolve"
        "  --folder {params.folder:q}"
        "  --blocks {params.blocks}"
        "  --thresholds {input.thresholds:q}"
        "  --output {output.groups:q}"
        "  --engine {output.engine:q}"
        "  --settings {params.settings:q}"
        "  2> {log:q}"
