# `make demo` and `make test` do all of their own set-up. `make help` lists the rest.

# A Python that Mephisto 1.1.1 imports on, where there is one: then the real Operator is tested.
MEPHISTO_PYTHON := $(shell scripts/find-python 3.10 3.9)
PYTHON ?= $(or $(MEPHISTO_PYTHON),$(shell scripts/find-python 3.13 3.12 3.11 3))
# The library that generates the dashboards wants Python 3.11.
DASHBOARDS_PYTHON ?= $(shell scripts/find-python 3.13 3.12 3.11 3.14)

# What `make bench` measures on, each with a wheel of its own.
BENCH_PYTHONS ?= 3.10 3.13

# `make install PROFILE=dev` is quicker to build and slower to run.
PROFILE ?= release

VENV := .venv
BIN := $(VENV)/bin
PACKAGE := python/mephisto_metrics
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*')
DASHBOARDS := $(wildcard dashboards/*.json)
RULES := $(wildcard dashboards/rules/*.yml)
ALERTS := $(wildcard dashboards/alerts/*.json)
RUST_SOURCES := $(shell find src -type f) Cargo.toml Cargo.lock
FLOOR_SOURCES := $(shell find benches/floor -type f)
PYTHON_SOURCES := $(shell find python -type f -not -path '$(PACKAGE)/web/*' \
    -not -path '$(PACKAGE)/dashboards/*' -not -path '$(PACKAGE)/rules/*' \
    -not -path '$(PACKAGE)/alerts/*' -not -name '*.pyc')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-rust test-models sanitize test-web test-python test-endurance lint \
    lint-rust lint-web lint-python lint-dashboards format bench bench-page screenshots dashboards wheel web install clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: install ## Show a simulated run on the page; ARGS="--exit-after 30" ends by itself
	$(BIN)/mephisto-metrics demo $(ARGS)

test: test-rust test-models test-web test-python ## Run all tests

test-rust:
	cargo test --quiet

# The core on loom's atomics, which takes a build of its own.
MODEL_CHECK := RUSTFLAGS="--cfg model_check" CARGO_TARGET_DIR=target/models
MODELS := --manifest-path tests/models/Cargo.toml

test-models: ## Try every order in which threads can meet in the core
	$(MODEL_CHECK) cargo test --quiet $(MODELS)

# Tests that reach each raw type, cache and C function of the binding.
SANITIZED_address := $(addprefix tests/python/,test_timed.py test_timed_blocks.py \
    test_timed_steps.py test_metrics.py test_mephisto_timing.py test_aio.py test_interpreters.py \
    $(addprefix drop_in/,test_beyond.py test_instruments.py \
    test_context_managers.py test_exposition.py test_registry.py test_sequences.py))
# ThreadSanitizer lets no forked child start threads.
SANITIZED_thread := $(filter-out %/test_interpreters.py,$(SANITIZED_address))
SANITIZER ?= address

sanitize: install ## Check what the native binding does with memory; SANITIZER=thread for races
	scripts/sanitize $(SANITIZER) -n 2 --dist loadfile --timeout 900 $(SANITIZED_$(SANITIZER)) $(ARGS)

test-web: web/node_modules/.ready
	npm --prefix web test

# Files in the order that tests/conftest.py gives: by default those with the fewest tests come last,
# however long they take. Three at a time, as many tests wait for servers: 14 minutes instead of 15.
test-python: install
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --timeout 300 -rs $(ARGS)

# Apart from the other tests, for it takes minutes: a second for each start and stop of a view.
test-endurance: install ## Start and stop all parts a hundred times in a row
	$(BIN)/python -m pytest -n 3 --timeout 1200 -rs tests/endurance $(ARGS)

lint: lint-rust lint-web lint-python lint-dashboards ## Check format, style and types

# As for a Python without a GIL, which need not be there.
FREE_THREADED := PYO3_CONFIG_FILE=$(CURDIR)/tests/free_threaded_python.cfg \
    CARGO_TARGET_DIR=target/free-threaded

lint-rust:
	cargo fmt --check
	cargo fmt --check --manifest-path benches/floor/Cargo.toml
	cargo fmt --check $(MODELS)
	rustfmt --check --edition 2024 tests/sanitize/python.rs
	cargo clippy --quiet --all-targets --features python -- -D warnings
	$(FREE_THREADED) cargo clippy --quiet --features python -- -D warnings
	$(MODEL_CHECK) cargo clippy --quiet --tests $(MODELS) -- -D warnings

lint-web: web/node_modules/.ready
	npm --prefix web run lint

lint-python: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest mephisto_metrics._core --ignore-disjoint-bases

format: $(VENV)/.ready web/node_modules/.ready ## Format all code
	cargo fmt
	cargo fmt --manifest-path benches/floor/Cargo.toml
	cargo fmt $(MODELS)
	rustfmt --edition 2024 tests/sanitize/python.rs
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	npm --prefix web run format

screenshots: install ## Take the pictures in docs/images anew
	UPDATE_SCREENSHOTS=1 SIMULATION_PACE=lively MEPHISTO_METRICS_SCRAPE_INTERVAL_SECONDS=5 \
	    $(BIN)/python -m pytest -n 0 tests/e2e/test_screenshots.py

bench: $(BENCH_PYTHONS:%=.venv-bench-%/.installed) ## Measure beside prometheus_client; ARGS=--write into docs/performance.md
	$(lastword $(BENCH_PYTHONS:%=.venv-bench-%/bin/python)) -m benches.table $(ARGS) \
	    $(BENCH_PYTHONS:%=.venv-bench-%/bin/python)

# A run of half an hour, which is recorded once; what is laid out over a day ends at the present.
DAY ?= target/day

bench-page: install $(DAY)/recorded ## Measure page and store over a day's data in Chromium; ARGS=--write
	$(BIN)/python -m benches.page.day $(DAY)/recorded $(DAY)
	$(BIN)/python -m benches.page $(DAY) $(ARGS)

$(DAY)/recorded: | install
	$(BIN)/python -m benches.page.record $(DAY)/recording
	mv $(DAY)/recording $@

wheel: dist/.ready ## Build the wheel into dist/

web: $(PACKAGE)/web/index.html ## Build the page

install: $(VENV)/.installed

clean: ## Remove all that was built
	rm -rf target dist $(VENV) .venv-bench-* .venv-dashboards web/node_modules $(PACKAGE)/web $(PACKAGE)/dashboards \
	    $(PACKAGE)/rules $(PACKAGE)/alerts

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

# Benchmarks -------------------------------------------------------------------------------------

# Always a release build, with a target folder for each Python: PyO3 is compiled for one.
BENCH_BUILD = $(@D)/bin/maturin build --quiet --release --interpreter $(@D)/bin/python \
    --target-dir target/bench-$* --out target/bench-$*/dist

.PRECIOUS: .venv-bench-%/.ready
.venv-bench-%/.ready: requirements/bench.txt
	@test -n "$$(scripts/find-python $*)" || { echo "no Python $* to measure on:" \
	    "pyenv install $*, or leave it out by make bench BENCH_PYTHONS=..." >&2; exit 1; }
	$$(scripts/find-python $*) -m venv $(@D)
	$(@D)/bin/pip install --quiet -r $<
	touch $@

.venv-bench-%/.installed: .venv-bench-%/.ready $(RUST_SOURCES) $(PYTHON_SOURCES) pyproject.toml \
    README.md $(PACKAGE)/web/index.html $(PACKAGE)/dashboards/.ready $(FLOOR_SOURCES)
	rm -rf target/bench-$*/dist
	$(BENCH_BUILD)
	$(BENCH_BUILD) --manifest-path benches/floor/Cargo.toml
	$(@D)/bin/pip install --quiet --upgrade-strategy only-if-needed target/bench-$*/dist/*.whl
	$(@D)/bin/pip install --quiet --no-deps --force-reinstall target/bench-$*/dist/*.whl
	touch $@

# What the targets above stand on ----------------------------------------------------------------

$(VENV)/.ready: requirements/dev.txt requirements/mephisto.txt requirements/reference.txt \
    requirements/reference-source.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.9 or later: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements/dev.txt
	$(if $(MEPHISTO_PYTHON),$(BIN)/pip install --quiet --no-deps -r requirements/mephisto.txt)
	$(BIN)/pip install --quiet --target $(VENV)/reference --no-deps --upgrade -r requirements/reference.txt
	rm -rf $(VENV)/reference-source
	$(BIN)/pip download --quiet --dest $(VENV)/reference-source --no-deps --no-binary :all: \
	    -r requirements/reference-source.txt
	$(BIN)/python -m tarfile -e $(VENV)/reference-source/*.tar.gz $(VENV)/reference-source
	touch $@

web/node_modules/.ready: web/package.json web/package-lock.json
	npm --prefix web ci
	touch $@

$(PACKAGE)/web/index.html: web/node_modules/.ready $(WEB_SOURCES)
	npm --prefix web run build
	touch $@

$(PACKAGE)/dashboards/.ready: $(DASHBOARDS) $(RULES) $(ALERTS)
	mkdir -p $(PACKAGE)/dashboards $(PACKAGE)/rules $(PACKAGE)/alerts
	cp $(DASHBOARDS) $(PACKAGE)/dashboards/
	cp $(RULES) $(PACKAGE)/rules/
	cp $(ALERTS) $(PACKAGE)/alerts/
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
