# Two commands matter: `make demo` and `make test`. Each sets up what it needs, on a fresh machine too.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-python test-postgres test-web test-native lint format bench screenshot clean

BIN := .venv/bin
# A stamp lies in what it vouches for, so that removing the one removes the other.
PYTHON := .venv/.ready
WEB := src/bluezone/authority/static/build/.ready
# Another stamp where there is cargo, so that the engine is built once it is installed.
NATIVE := .venv/.native-$(if $(shell command -v cargo),built,skipped)
NATIVE_SOURCES := $(wildcard native/Cargo.* native/*.toml native/src/*.rs)
CARGO := scripts/with-cargo.sh
MESSAGES := $(patsubst %.po,%.mo,$(shell find src -name django.po))
MACHINE := .tools/test-machine.ready
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)
NODE := scripts/with-node.sh

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(PYTHON) $(NATIVE) $(WEB) $(MESSAGES) ## .venv with the bluezone command, the built web pages, English texts

demo: setup ## residents meet, one is confirmed, those near are warned; look at the day in a browser
	@$(BIN)/bluezone demo $(DEMO_ARGS)

test: setup $(MACHINE) lint test-web test-native test-python test-postgres ## everything: lint, unit, both databases, real Chromium

test-python: setup $(MACHINE) ## unit, contract on SQLite, end to end
	$(BIN)/pytest -n 2 --dist loadgroup tests

test-postgres: setup $(MACHINE) ## contract and server tests on PostgreSQL
	BLUEZONE_TEST_DATABASE=postgres $(BIN)/pytest -n 2 --dist loadgroup tests/contract tests/authority

test-web: $(WEB) ## the web app's own tests and type check
	cd web && ../$(NODE) npm run check
	cd web && ../$(NODE) npm test

test-native: ## the native crate's own tests, where there is cargo
	$(CARGO) test --locked

lint: $(PYTHON) ## ruff, mypy strict, import contracts; rustfmt and clippy where there is cargo
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --quiet --all-targets --all-features -- -D warnings

format: $(PYTHON) ## let ruff and rustfmt arrange the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(CARGO) fmt

bench: setup ## figures beside a plain way of doing the same; kept in bench-results, by commit
	@$(BIN)/bluezone bench all $(BENCH_ARGS)

screenshot: setup $(MACHINE) ## the README's picture, from a real run of the demo
	$(BIN)/python scripts/screenshot.py

clean: ## forget everything that setup made
	rm -rf .venv .tools native/target web/node_modules src/bluezone/authority/static/build $(MESSAGES)

$(PYTHON): pyproject.toml uv.lock scripts/setup-python.sh
	@scripts/setup-python.sh
	@mkdir -p $(@D) && touch $@

$(NATIVE): $(PYTHON) $(NATIVE_SOURCES) scripts/setup-native.sh
	@if scripts/setup-native.sh; then touch $@; fi  # the reference engine matches too

$(WEB): $(WEB_SOURCES) scripts/with-node.sh scripts/setup-web.sh $(PYTHON)
	@scripts/setup-web.sh
	@mkdir -p $(@D) && touch $@

$(MESSAGES) &: $(MESSAGES:.mo=.po) scripts/messages.py | $(PYTHON)
	@$(BIN)/python scripts/messages.py compile

$(MACHINE): scripts/setup-test-machine.sh
	@scripts/setup-test-machine.sh
	@mkdir -p $(@D) && touch $@
