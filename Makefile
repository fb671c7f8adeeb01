# make run, make test, make check; `make help` lists the rest. The work of setting up is in deploy/setup.sh.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test tools run test check voices prompts-ship bench soak lock docs clean
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | awk -F'|' '{printf "  make %-14s%s\n", $$1, $$2}'

setup: ## install what the product needs: .venv, voices, Asterisk, prompts
	@deploy/setup.sh python voice asterisk prompts

tools: setup
	@deploy/setup.sh tools

setup-test: tools ## install what the tests need too: a browser and a softphone
	@deploy/setup.sh peers

run: setup ## set up, then serve the pages, USSD, SMS and calls (make run ARGS="--port 9000")
	@exec $(BIN)/ivr serve $(ARGS)

test: setup-test ## all tests (make test ARGS="tests/web -x")
	@$(BIN)/python -m pytest $(ARGS)

check: tools ## format, lint, types, import rules, menus, scenarios, catalogs
	@failed=; \
	check() { echo "check: $$1"; shift; "$$@" || failed=1; }; \
	check format $(BIN)/ruff format --check --quiet . ; \
	check lint $(BIN)/ruff check --quiet . ; \
	check types $(BIN)/mypy --no-error-summary ; \
	check imports $(BIN)/lint-imports --no-logo --cache-dir .cache/imports ; \
	check menus $(BIN)/ivr check ; \
	check order $(BIN)/ivr fmt --check ; \
	check scenarios $(BIN)/ivr test ; \
	check catalogs $(BIN)/ivr i18n status ; \
	if [ -n "$$failed" ]; then echo "check: faults found, see above"; exit 1; fi; \
	echo "check: all good"

voices: ## fetch the voices that the shipped prompts are made with, Festival's Russian one too (190 MB)
	@deploy/setup.sh voices

prompts-ship: tools voices ## make prompts/shipped/ anew (make prompts-ship ARGS="en ru")
	@$(BIN)/python deploy/ship_prompts.py $(ARGS)

bench: tools ## the benchmarks, each beside its peer (make bench ARGS="ussd")
	@$(BIN)/python -m bench.run $(ARGS)

soak: setup-test ## the long runs that the tests leave out, 30 minutes each (make soak MINUTES=5)
	@$(if $(MINUTES),SOAK_SECONDS=$$(($(MINUTES) * 60))) $(BIN)/python -m pytest -m soak --timeout 36000 $(ARGS)

# This machine's own settings for pip (other indexes, folders of wheels) stay out: the hashes are those of PyPI's files.
COMPILE = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_INDEX_URL PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" \
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe
lock: ## write requirements*.txt from requirements*.in (make lock ARGS=--upgrade)
	@deploy/setup.sh python tools
	@echo "lock: requirements.txt"
	@$(COMPILE) $(ARGS) --output-file requirements.txt requirements.in
	@echo "lock: requirements-dev.txt"
	@$(COMPILE) $(ARGS) --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in

docs: ## write docs/commands.md, docs/keys.md and menus/schemas/ from what the code says
	@$(BIN)/python docs/commands.py
	@$(BIN)/python docs/keys.py

clean: ## remove caches and what was fetched; data (var/) and .venv stay
	@rm -rf .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache prompts/cache build *.egg-info tests/artifacts
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
