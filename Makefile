# Hải Đăng. `make help` lists what a person may want; everything runs in .venv, which `make setup` makes.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
WORKERS ?= $(shell nproc)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)
export PYTHON
# Compiled modules are kept, whatever the shell says: without them every worker and every process compiles the house anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: setup ## set up, make a trial database, lodge the sample declarations, then serve
	$(BIN)/haidang demo --serve

.PHONY: demo
demo: setup ## the same without staying: exit 0 when every sample was answered as expected
	$(BIN)/haidang demo

.PHONY: setup
setup: .venv/.ready ## make .venv from the pinned requirements, and install what Debian lacks

.venv/.ready: requirements/dev.txt pyproject.toml setup.py src/haidang/gateway/messages/ordinary.c tools/setup.sh
	@tools/setup.sh
	@touch $@

.PHONY: test
test: setup ## the whole suite, on real PostgreSQL and in real Chromium
	@tools/setup.sh browser
	$(PYTEST)

.PHONY: test-fast
test-fast: setup ## the suite without browser, torture, processes of their own, and what is repeated over two databases
	@# A module's database is made once: its tests stay with one worker. The long files of the whole suite are better spread.
	$(PYTEST) --dist loadfile --hypothesis-profile=fast -m "not browser and not torture and not wide and not processes"

.PHONY: check
check: setup ## what CI runs: format, lint, types, floors, rules of the repository, then the whole suite
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tools.floors --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tools.settings_page --check
	$(BIN)/python -m tools.repository_rules
	@$(MAKE) test

.PHONY: bench
bench: setup ## ratios measured in one run, last line JSON; one of them with ONLY=name
	$(BIN)/haidang bench $(if $(ONLY),--only $(ONLY))

.PHONY: format
format: setup ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: generate
generate: setup ## rewrite contracts, the table of floors and the page of settings
	$(BIN)/python -m tools.floors
	$(BIN)/python -m tools.settings_page

PIN := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11

.PHONY: pins
pins: setup ## pin what requirements/*.in name, with hashes and without addresses (UPGRADE=1 takes newer versions)
	$(PIN) $(if $(UPGRADE),--upgrade) requirements/dev.in -o requirements/dev.txt
	$(PIN) $(if $(UPGRADE),--upgrade) --constraint requirements/dev.txt requirements/runtime.in -o requirements/runtime.txt
