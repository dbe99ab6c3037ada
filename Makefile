# Each target sets up what it needs and skips what is done: .venv/ holds Python's packages,
# var/ everything else. Stamps are written last, so what was interrupted is done again.

PYTHON ?= python3
NETWORK ?= fantom
PORT ?=
STORE ?=
ARGS ?=

BIN := .venv/bin
ANVIL_AND_SOLC := var/tools/.installed
export HYPOTHESIS_STORAGE_DIRECTORY := var/cache/hypothesis
LOCK := $(shell command -v flock > /dev/null && echo flock var/.lock)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/.app ## the app, on http://localhost:8501 or PORT=
	$(BIN)/python -m streamlit run app.py $(if $(PORT),--server.port $(PORT)) $(ARGS)

sync: .venv/.app ## read the chain into the store: NETWORK=fantom ARGS=
	$(BIN)/python -m data.sync --network $(NETWORK) $(ARGS)

devnet: .venv/.app $(ANVIL_AND_SOLC) ## our own pool on a local node, and the app on 8501 or PORT=
	$(BIN)/python -m devnet $(if $(PORT),--app-port $(PORT)) $(ARGS)

lake: .venv/.dev postgres ## a lake on this machine, and the app on it: STORE= or NETWORK=, else the sample
	$(BIN)/python -m lakeside $(if $(STORE),--store $(STORE)) $(if $(filter command line environment,$(origin NETWORK)),--network $(NETWORK)) \
		$(if $(PORT),--app-port $(PORT)) $(ARGS)

# A process of tests that crashes ends the run with its test's name: another in its place would wait.
# What was compiled is kept, whatever the environment says of that: many processes read it again.
test: lint $(ANVIL_AND_SOLC) chromium postgres ## every check there is, on two cores; ARGS= goes to pytest
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --max-worker-restart 0 $(ARGS)

cover: $(ANVIL_AND_SOLC) chromium postgres ## the tests again, slower, and what they left out of the code
	$(BIN)/python -m pytest -n 3 --max-worker-restart 0 --cov --cov-report= $(ARGS)
	@echo "least covered, in % of lines and branches; the last line is all of it"
	@$(BIN)/python -m coverage report --sort=cover | sed -n '1,2p;3,12p;$$p'

faults: .venv/.dev $(ANVIL_AND_SOLC) ## a sync against every fault a node commits: ARGS="--only TEXT"
	$(BIN)/python -m tests.faults $(ARGS)

crashes: .venv/.dev $(ANVIL_AND_SOLC) ## syncs killed at random moments, and on full disks: ARGS="--kills N"
	$(BIN)/python -m tests.crashes $(ARGS)

lint: .venv/.dev ## style, types, directions of imports, SQL
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --cache-dir var/cache/import-linter
	$(BIN)/python -m sqlfluff lint --disable-progress-bar data/ingest/tables queries

dev: .venv/.dev ## install Jupyter and the developer tools

notebook: .venv/.dev ## run notebooks/queue.ipynb, with its answers, into var/
	$(BIN)/jupyter execute notebooks/queue.ipynb --output=../var/queue.ipynb

tools: $(ANVIL_AND_SOLC) ## the local node and the Solidity compiler, through npm

backtest: .venv/.app ## score the forecasts on a store: STORE= or NETWORK=
	$(BIN)/python -m scoring $(if $(STORE),--store $(STORE),$(if $(filter command line environment,$(origin NETWORK)),--network $(NETWORK))) $(ARGS)

bench: .venv/.dev $(ANVIL_AND_SOLC) ## measure: ARGS=ingest, queries, pages, odds, forecast; default all
	$(BIN)/python -m bench $(ARGS)

pins: .venv/.app ## compile requirements*.txt from *.in; ARGS=--upgrade for newer versions
	$(COMPILE) -o requirements.txt requirements.in
	$(COMPILE) -o requirements-dev.txt requirements-dev.in

clean: ## remove what was installed and cached; stores in var/ stay
	rm -rf .venv var/tools var/cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help dev notebook run sync devnet lake backtest test faults crashes cover lint tools bench pins clean chromium postgres
.NOTPARALLEL:

# One version of every package for all platforms and every Python from 3.11 on.
COMPILE = $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --custom-compile-command "make pins" $(ARGS)

# uv installs in seconds what takes pip most of a minute; pip knows settings (mirrors,
# certificates) that uv does not, so it has the last word. No stamp is there while they
# work: an environment without one was left half done and is built anew.
define INSTALL
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "$(PYTHON) is missing or older than 3.11: install Python 3.11 or newer," \
		"or name one: make PYTHON=python3.12" >&2; exit 1; }
@mkdir -p var
@$(LOCK) sh -ec ' \
	if [ -e $@ ] && [ -z "$$(find $^ -newer $@)" ]; then exit; fi; \
	echo "installing $< into .venv"; \
	[ -e .venv/.app ] || $(PYTHON) -m venv --clear .venv; \
	rm -f .venv/.app .venv/.dev; \
	{ $(PIP) uv==0.13.9 && $(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $<; } \
		|| { echo "uv could not install $<: trying pip"; $(PIP) -r $<; }; \
	touch .venv/.app $@'
endef
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.venv/.app: requirements.txt
	$(INSTALL)

.venv/.dev: requirements-dev.txt requirements.txt
	$(INSTALL)

# Not `npm ci`: it wants every platform's anvil in the lock, and not all are published.
$(ANVIL_AND_SOLC): tools/package.json tools/package-lock.json
	@node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' && npm --version > /dev/null || { \
		echo "node or npm is missing, or node is older than 20: install Node 20 or newer;" \
			"the local node and the Solidity compiler come through it" >&2; exit 1; }
	@echo "installing the local node and the compiler into var/tools"
	@mkdir -p var/tools
	@cp tools/package.json tools/package-lock.json var/tools/
	@cd var/tools && npm install --ignore-scripts --no-audit --no-fund --no-update-notifier \
		--loglevel error > /dev/null
	@ls var/tools/node_modules/@foundry-rs/anvil-*/bin/anvil* > /dev/null 2>&1 || { \
		echo "npm brought no local node (@foundry-rs/anvil) for this machine: try again with" \
			"'rm -rf var/tools && make tools'; it exists for Linux, macOS and Windows" >&2; exit 1; }
	@touch $@

chromium: .venv/.dev
	@$(FIND_CHROMIUM) 2> /dev/null || { \
		echo "installing Chromium for the browser tests"; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && { \
				apt-get install -y -qq chromium-headless-shell || apt-get install -y -qq chromium; }; \
		fi > /dev/null; \
		$(FIND_CHROMIUM) 2> /dev/null || $(BIN)/python -m playwright install chromium; \
		$(FIND_CHROMIUM) || { \
			echo "Chromium cannot be installed from here: install Chromium or Chrome by hand," \
				"or set CHROMIUM to where it is" >&2; exit 1; }; }
FIND_CHROMIUM := $(BIN)/python -m tests.browser.browser_path > /dev/null

# A server of its own is started where it is wanted, so that none has to run.
postgres: .venv/.dev
	@$(FIND_POSTGRES) 2> /dev/null || { \
		echo "installing PostgreSQL for a lake's catalog"; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && \
				apt-get install -y -qq --no-install-recommends postgresql; \
		fi > /dev/null; \
		$(FIND_POSTGRES) 2> /dev/null || { \
			echo "PostgreSQL cannot be installed from here: install it by hand (Debian's" \
				"package is postgresql), with initdb on the PATH" >&2; exit 1; }; }
FIND_POSTGRES := $(BIN)/python -c "from lakeside.postgres import program, server_user; program('initdb'); server_user()"
