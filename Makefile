# make demo: a made section from raw tiles to its report.  make test: every check there is.

PYTHON ?= python3
PYTEST ?= -n 2 --dist worksteal
BIN := .venv/bin
READY := .venv/.ready
DEMO := demo

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: all demo test lint install docs clean
.DELETE_ON_ERROR:

all: demo

$(READY): envs/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "transect needs Python 3.11 or newer: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# A virtual environment with everything, tools for tests included, at the locked versions.
install: $(READY)

$(DEMO)/raw/made: | $(READY)
	rm -rf $(DEMO)
	$(BIN)/transect phantom $(DEMO)/raw/demo/C01/S01 --width-um 400
	@touch $@

$(DEMO)/config/sections.tsv: $(DEMO)/raw/made
	@mkdir -p $(DEMO)/config
	@echo "results: results" > $(DEMO)/config/config.yaml
	cd $(DEMO) && transect add-batch raw/demo --sheet config/sections.tsv

# A section is made in the microscope's own format, then analysed like any other.
demo: $(DEMO)/config/sections.tsv
	$(BIN)/snakemake --directory $(DEMO) --cores all
	@echo "The report: $(CURDIR)/$(DEMO)/results/batches/demo/report.html"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/snakemake --lint --directory tests/workflow/project

test: lint
	$(BIN)/pytest $(PYTEST)

# Schemas and the reference part of the documentation, from the models in the code.
docs: $(READY)
	$(BIN)/python docs/build.py

clean:
	rm -rf $(DEMO)
