"""From a folder of raw tiles to what is known of each of them."""


rule index:
    """List the raw tiles of a section, whatever microscope wrote them."""
    input:
        folder=raw_folder,
    output:
        tiles="<section>/tiles.json",
    log:
        "<logs>/index.log",
    benchmark:
        "<benchmarks>/index.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("index"),
        runtime=plan.runtime("index"),
    params:
        recipe=RECIPES["index"],
        settings=plan.part("tiles"),
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: list the tiles"
    shell:
        "transect index"
        "  --folder {input.folder:q}"
        "  --output {output.tiles:q}"
        "  --settings {params.settings:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule check:
    """Look at every tile once: readable, sharp, not blank, not charged; set bad ones aside."""
    input:
        folder=ancient(raw_folder),
        tiles="<section>/tiles.json",
    output:
        checks="<section>/tiles.parquet",
    log:
        "<logs>/check.log",
    benchmark:
        "<benchmarks>/check.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("check"),
        runtime=plan.runtime("check"),
    params:
        recipe=RECIPES["check"],
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: look at every tile"
    shell:
        "transect check"
        "  --tiles {input.tiles:q}"
        "  --folder {input.folder:q}"
        "  --output {output.checks:q}"
        "  --threads {threads}"
        "  2> {log:q}"


rule shading:
    """Estimate the illumination that all tiles of a channel share."""
    input:
        folder=ancient(raw_folder),
        tiles="<section>/tiles.json",
        checks="<section>/tiles.parquet",
    output:
        shading="<section>/shading.npz",
    log:
        "<logs>/shading.log",
    benchmark:
        "<benchmarks>/shading.tsv"
    conda:
        "../../envs/transect.yaml"
    threads: 4
    resources:
        mem_mb=plan.memory("shading"),
        runtime=plan.runtime("shading"),
    params:
        recipe=RECIPES["shading"],
    message:
        "{wildcards.batch}/{wildcards.cell}/{wildcards.section}: estimate the illumination"
    shell:
        "transect shading"
        "  --tiles {input.tiles:q}"
        "  --checks {input.checks:q}"
        "  --folder {input.folder:q}"
        "  --output {output.shading:q}"
        "  --threads {threads}"
        "  2> {log:q}"
