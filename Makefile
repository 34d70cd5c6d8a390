# Two commands are enough: `make run` and `make test`. Everything else they call themselves.
#
# What was done is remembered in .stamps/ and .venv/, so that a second run starts at once; a changed lock or source does its part again.
# KOUAN_NO_APT=1 keeps make from installing Debian packages; without them it continues and says what is missing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test test-chaos check audit bench-line bench-stock bench-floor bench-labels bench-inspection bench-storm bench-edge fuzz-codecs bench-loading bench-mcnd bench-road bench-plan ui lock clean distclean

VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
UI_SOURCES := $(shell find wms/web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
UI_BUILT := $(wildcard wms/web/dist/*)
HAS_UI := $(wildcard wms/web/package.json)
# Addresses of indexes and caches are the machine's affair and stay out of the locks.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --strip-extras --allow-unsafe --no-header

help: ## this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed .stamps/system-run ## everything that `make run` needs
	@sh scripts/say-what-is-missing.sh run

run: setup ui ## start everything on this machine with a simulated line; ARGS="--parcels 500" goes to `kouan up`
	$(BIN)/kouan up $(ARGS)

check: $(VENV)/.installed-dev ui ## the fast half of the tests: lint, types, floors, unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) tests/unit tests/house -n 2 --dist loadfile
	@sh scripts/check-ui.sh

test: setup .stamps/system-test check ## every test; servers, browser and scenarios included
	@sh scripts/say-what-is-missing.sh test
	$(PYTEST) tests/browser $(ARGS)
	$(PYTEST) tests/scenarios tests/integration -n 2 --dist loadfile $(ARGS)

test-chaos: setup .stamps/system-test ## ten minutes of kills, cuts, full disks and wrong clocks at a gateway; ARGS="--seconds 60"
	$(BIN)/python -m tests.chaos $(ARGS)

audit: $(VENV)/.installed-dev ui ## ask the registries for known vulnerabilities in what is locked
	$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.lock
	@PATH=$$(sh scripts/node-path.sh):$$PATH && cd wms/web && npm audit --omit=dev

bench-line: setup ui ## a measured run of the line: ARGS="--parcels 5000", default 2000 at 20,000 an hour
	$(BIN)/kouan up --exit $(or $(ARGS),--parcels 2000 --rate 20000)

bench-stock: setup ## postings over HTTP beside the bare database, growth to ten million rows, and the proof
	$(BIN)/python -m tests.bench.stock $(ARGS)

bench-floor: setup ## what people wait for: work, scans during an import, long documents, a recall
	$(BIN)/python -m tests.bench.floor $(ARGS)

bench-labels: setup ## label reading on synthetic tunnel frames beside zxing-cpp alone and pyzbar alone
	$(BIN)/python -m tests.bench.labels $(ARGS)

bench-inspection: setup ## analyses of X-ray and CT on simulated parcels with known truth
	$(BIN)/python -m tests.bench.inspection $(ARGS)

fuzz-codecs: setup ## a million random and mutated frames against every codec: ARGS="--frames 100000 --only cas"
	$(BIN)/python -m tests.unit.devices.protocols.fuzz $(ARGS)

bench-edge: setup .stamps/system-test ## sixty-four serial lines, decisions and an outage at one gateway
	$(BIN)/python -m tests.bench.edge $(ARGS)

bench-storm: setup ## a million random operations at once, and the proof after it
	$(BIN)/python -m tests.bench.storm $(ARGS)

bench-plan: setup ## routes for 2,000, 5,000 and 10,000 shipments with proven gaps: ARGS="--saturated 30000"
	$(BIN)/python -m tests.bench.plan $(ARGS)

bench-loading: setup ## container loading, 5 s an instance: FILE= another file, FIRST=n the first n, SECONDS=
	FILE="$(FILE)" FIRST="$(FIRST)" SECONDS="$(SECONDS)" $(BIN)/python -m tests.bench.loading

bench-road: setup ## time windows by OR-Tools and PyVRP (pip install 'pyvrp>=0.14,<0.15') beside the best known: SECONDS=
	SECONDS="$(SECONDS)" $(BIN)/python -m tests.bench.road

bench-mcnd: setup ## network design beside the best known, 60 s each: INSTANCES=c36,c50, DIR=, SECONDS=
	INSTANCES="$(INSTANCES)" DIR="$(DIR)" SECONDS="$(SECONDS)" $(BIN)/python -m tests.bench.mcnd

ui: $(if $(HAS_UI),.stamps/ui) ## build the screens when their sources changed

lock: $(VENV)/.installed-dev ## compile the locks anew after a change of pyproject.toml (Python 3.11)
	$(BIN)/python -m pip --disable-pip-version-check --quiet install 'pip-tools>=7.5'
	$(COMPILE) --output-file requirements.lock pyproject.toml requirements-build.in
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock \
		pyproject.toml requirements-build.in
	$(COMPILE) --output-file requirements-node.lock requirements-node.in

clean: ## remove what was built and cached; keeps .venv and .kouan (data)
	rm -rf wms/web/dist .stamps/ui build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## also remove the environment; keeps .kouan (data)
	rm -rf $(VENV) .stamps wms/web/node_modules

# -- what was done ---------------------------------------------------------------------------------------------------

$(VENV)/.installed: requirements.lock pyproject.toml scripts/make-venv.sh
	@sh scripts/make-venv.sh requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@sh scripts/make-venv.sh requirements-dev.lock
	@touch $@

.stamps/system-run: scripts/install-packages.sh
	@mkdir -p .stamps
	@sh scripts/install-packages.sh run
	@touch $@

.stamps/system-test: scripts/install-packages.sh
	@mkdir -p .stamps
	@sh scripts/install-packages.sh test
	@touch $@

ifeq ($(UI_BUILT),)
.PHONY: .stamps/ui
endif
.stamps/ui: $(UI_SOURCES) scripts/build-ui.sh | $(VENV)/.installed
	@sh scripts/build-ui.sh
	@mkdir -p .stamps && touch $@
