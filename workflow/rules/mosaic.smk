"""From tiles to one mosaic, and to the layers in it."""


rule register:
    """Measure the shift of every pair of neighbours and solve for all positions at once."""
    input:
        folder=ancient(raw_folder),
        tiles="<section>/tiles.json",
        checks="<section>/tiles.parquet",
        shading="<section>/shading.npz",
    output:
        positions="<section>/positions.parquet",
        seams="<section>/seams.parquet",
        levels="<section>/levels.parquet",
    log:
        "<logs>/register.log",
    benchmark:
        "<benchmarks>/register.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("register"),
        runtime=plan.runtime("register"),
    params:
        recipe=RECIPES["register"],
        settings=plan.part("mosaic"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: place the tiles"
    shell:
        "transect register"
        "  --tiles {input.tiles:q}"
        "  --checks {input.checks:q}"
        "  --shading {input.shading:q}"
        "  --folder {input.folder:q}"
        "  --positions {output.positions:q}"
        "  --seams {output.seams:q}"
        "  --levels {output.levels:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule fuse:
    """Blend the placed tiles into one sharded pyramid."""
    input:
        folder=ancient(raw_folder),
        tiles="<section>/tiles.json",
        checks="<section>/tiles.parquet",
        positions="<section>/positions.parquet",
        levels="<section>/levels.parquet",
        shading="<section>/shading.npz",
    output:
        mosaic="<section>/mosaic.zarr/zarr.json",
    log:
        "<logs>/fuse.log",
    benchmark:
        "<benchmarks>/fuse.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 8
    resources:
        mem_mb=plan.memory("fuse"),
        runtime=plan.runtime("fuse"),
    params:
        recipe=RECIPES["fuse"],
        mosaic=subpath(output.mosaic, parent=True),
        settings=plan.part("fusion"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: blend the mosaic"
    shell:
        "transect fuse"
        "  --tiles {input.tiles:q}"
        "  --checks {input.checks:q}"
        "  --positions {input.positions:q}"
        "  --levels {input.levels:q}"
        "  --shading {input.shading:q}"
        "  --folder {input.folder:q}"
        "  --output {params.mosaic:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule details:
    """Find the fields of higher magnification in the mosaic, and keep their pixels beside it."""
    input:
        folder=ancient(raw_folder),
        tiles="<section>/tiles.json",
        positions="<section>/positions.parquet",
        mosaic="<section>/mosaic.zarr/zarr.json",
    output:
        details="<section>/details.parquet",
        store="<section>/details.zarr/zarr.json",
    log:
        "<logs>/details.log",
    benchmark:
        "<benchmarks>/details.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("details"),
        runtime=plan.runtime("details"),
    params:
        recipe=RECIPES["details"],
        mosaic=subpath(input.mosaic, parent=True),
        store=subpath(output.store, parent=True),
        settings=plan.part("mosaic"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: find the fields of detail"
    shell:
        "transect details"
        "  --tiles {input.tiles:q}"
        "  --positions {input.positions:q}"
        "  --mosaic {params.mosaic:q}"
        "  --folder {input.folder:q}"
        "  --output {output.details:q}"
        "  --store {params.store:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule find_layers:
    """Find foil, coatings, separator and outside, at every column of the mosaic."""
    input:
        mosaic="<section>/mosaic.zarr/zarr.json",
    output:
        layers="<section>/layers.parquet",
    log:
        "<logs>/find_layers.log",
    benchmark:
        "<benchmarks>/find_layers.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("layers"),
        runtime=plan.runtime("layers"),
    params:
        recipe=RECIPES["layers"],
        mosaic=subpath(input.mosaic, parent=True),
        polarity=plan.polarity,
        settings=plan.part("layers"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: find collector and coatings"
    shell:
        "transect layers"
        "  --mosaic {params.mosaic:q}"
        "  --output {output.layers:q}"
        "  --polarity {params.polarity}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"
