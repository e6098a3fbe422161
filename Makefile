# `make demo` and `make test` do all of their own set-up. `make help` lists the rest.

# A Python that Mephisto 1.1.1 imports on, where there is one: then the real Operator is tested.
MEPHISTO_PYTHON := $(shell scripts/find-python 3.10 3.9)
PYTHON ?= $(or $(MEPHISTO_PYTHON),$(shell scripts/find-python 3.13 3.12 3.11 3))
# The library that generates the dashboards wants Python 3.11.
DASHBOARDS_PYTHON ?= $(shell scripts/find-python 3.13 3.12 3.11 3.14)

# `make install PROFILE=dev` is quicker to build and slower to run.
PROFILE ?= release

VENV := .venv
BIN := $(VENV)/bin
PACKAGE := python/mephisto_metrics
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*')
DASHBOARDS := $(wildcard dashboards/*.json)
RUST_SOURCES := $(shell find src -type f) Cargo.toml Cargo.lock
PYTHON_SOURCES := $(shell find python -type f -not -path '$(PACKAGE)/web/*' \
    -not -path '$(PACKAGE)/dashboards/*' -not -name '*.pyc')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-rust test-web test-python lint lint-rust lint-web lint-python \
    lint-dashboards format bench screenshots dashboards wheel web install clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: install ## Show a simulated run on the page; ARGS="--exit-after 30" ends by itself
	$(BIN)/mephisto-metrics demo $(ARGS)

test: test-rust test-web test-python ## Run all tests

test-rust:
	cargo test --quiet

test-web: web/node_modules/.ready
	npm --prefix web test

test-python: install
	$(BIN)/python -m pytest -n 2 --dist loadfile --timeout 300 -rs $(ARGS)

lint: lint-rust lint-web lint-python lint-dashboards ## Check format, style and types

lint-rust:
	cargo fmt --check
	cargo clippy --quiet --all-targets --features python -- -D warnings

lint-web: web/node_modules/.ready
	npm --prefix web run lint

lint-python: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest mephisto_metrics._core --ignore-disjoint-bases

format: $(VENV)/.ready web/node_modules/.ready ## Format all code
	cargo fmt
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	npm --prefix web run format

screenshots: install ## Take the pictures in docs/images anew
	UPDATE_SCREENSHOTS=1 SIMULATION_PACE=lively MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS=5 \
	    $(BIN)/python -m pytest -n 0 tests/e2e/test_screenshots.py

bench: install ## Time each operation beside prometheus_client
	$(BIN)/python benches/operations.py

wheel: dist/.ready ## Build the wheel into dist/

web: $(PACKAGE)/web/index.html ## Build the page

install: $(VENV)/.installed

clean: ## Remove all that was built
	rm -rf target dist $(VENV) .venv-dashboards web/node_modules $(PACKAGE)/web $(PACKAGE)/dashboards

# Dashboards -------------------------------------------------------------------------------------

dashboards: .venv-dashboards/.ready ## Generate the dashboards anew
	.venv-dashboards/bin/python -m dashboards.generate

ifeq ($(DASHBOARDS_PYTHON),)
lint-dashboards:
	@test -z "$(CI)" || { echo "no Python 3.11 or later to check dashboards/ with" >&2; exit 1; }
	@echo "skipped: the check of dashboards/ (needs Python 3.11 or later: apt-get install python3)"
else
lint-dashboards: .venv-dashboards/.ready
	.venv-dashboards/bin/python -m dashboards.generate --check
endif

.venv-dashboards/.ready: requirements/dashboards.txt
	$(DASHBOARDS_PYTHON) -m venv .venv-dashboards
	.venv-dashboards/bin/pip install --quiet -r $<
	touch $@

# What the targets above stand on ----------------------------------------------------------------

$(VENV)/.ready: requirements/dev.txt requirements/mephisto.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.9 or later: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements/dev.txt
	$(if $(MEPHISTO_PYTHON),$(BIN)/pip install --quiet --no-deps -r requirements/mephisto.txt)
	touch $@

web/node_modules/.ready: web/package.json web/package-lock.json
	npm --prefix web ci
	touch $@

$(PACKAGE)/web/index.html: web/node_modules/.ready $(WEB_SOURCES)
	npm --prefix web run build
	touch $@

$(PACKAGE)/dashboards/.ready: $(DASHBOARDS)
	mkdir -p $(PACKAGE)/dashboards
	cp $(DASHBOARDS) $(PACKAGE)/dashboards/
	touch $@

dist/.ready: $(VENV)/.ready $(RUST_SOURCES) $(PYTHON_SOURCES) pyproject.toml README.md \
    $(PACKAGE)/web/index.html $(PACKAGE)/dashboards/.ready
	rm -rf dist
	$(BIN)/maturin build --quiet --profile $(PROFILE) --interpreter $(BIN)/python --out dist
	touch $@

$(VENV)/.installed: dist/.ready
	$(BIN)/pip install --quiet --upgrade-strategy only-if-needed dist/*.whl
	$(BIN)/pip install --quiet --no-deps --force-reinstall dist/*.whl
	touch $@
