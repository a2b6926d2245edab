.DEFAULT_GOAL := help
.PHONY: help setup demo sample build erase pages wikipedia catalog-plan catalog-apply catalog-verify catalog-browse \
	state pr-report test test-deep lint lint-changed format clean

PYTHON ?= python3
export PYTHON
# Keep compiled modules, even where the shell says not to: otherwise each dbt command compiles 1,600 of them, in 3 s.
unexport PYTHONDONTWRITEBYTECODE
export DBT_PROFILES_DIR ?= profiles

# `-m` runs this folder's code, even where another checkout shares the environment.
LOGMART := .venv/bin/python -m logmart
CATALOG := ingestion/.venv/bin/logmart-catalog
TARGET ?= target
FLAGS ?=
BASE ?= main
# A workflow that found no state passes an empty STATE: the default is used.
override STATE := $(or $(value STATE),target/state)
# Do not export these: make expands the `$` in a variable that it exports.
unexport FLAGS BASE STATE
ifneq (,$(findstring command line,$(origin USER)))
unexport USER
endif
# Return a variable's text as one quoted word: neither make nor the shell expands anything in it. FLAGS are several words
# for the shell, so only make's expansion is avoided there.
typed = '$(subst ','\'',$(value $(1)))'

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@echo "  Options for a command: make build FLAGS=--full-refresh, make catalog-plan FLAGS=--offline"
	@echo "  The rest: .venv/bin/logmart --help, ingestion/.venv/bin/logmart-catalog --help"

setup: .venv/.locked ingestion/.venv/.locked  ## install both locked environments into the project's folder

.venv/.locked: requirements.lock scripts/setup.sh
	@scripts/setup.sh .venv requirements.lock .

rules/.venv/.locked: rules/requirements.lock scripts/setup.sh
	@scripts/setup.sh rules/.venv rules/requirements.lock

operations/.venv/.locked: operations/requirements.lock scripts/setup.sh
	@scripts/setup.sh operations/.venv operations/requirements.lock

operations/orchestration/.venv/.locked: operations/orchestration/requirements.lock scripts/setup.sh
	@scripts/setup.sh operations/orchestration/.venv operations/orchestration/requirements.lock

benchmarks/sqlmesh/.venv/.locked: benchmarks/sqlmesh/requirements.lock scripts/setup.sh
	@scripts/setup.sh benchmarks/sqlmesh/.venv benchmarks/sqlmesh/requirements.lock

ingestion/.venv/.locked: ingestion/requirements.lock scripts/setup.sh
	@scripts/setup.sh ingestion/.venv ingestion/requirements.lock ingestion

demo: setup  ## sample logs to mart to catalog, with a summary table
	@$(LOGMART) sample write
	@$(LOGMART) mart build
	@$(LOGMART) quality results
	@$(LOGMART) pages write & pages=$$!; \
		ingestion/.venv/bin/python -m openmetadata_standin.demo && wait $$pages
	@echo; $(LOGMART) mart summary

sample: .venv/.locked  ## write the sample landing zone to data/landing
	@$(LOGMART) sample write $(value FLAGS)

build: .venv/.locked  ## build, test, document and publish the mart from the landing zone
	@$(LOGMART) mart build --target-path $(TARGET) $(value FLAGS)

erase: export LOGMART_ERASE_USER = $(if $(findstring command line,$(origin USER)),$(value USER))
erase: .venv/.locked  ## erase one user from files and mart: make erase USER=u_1 (without USER: new lines of erased users)
	@$(LOGMART) mart erase --target-path $(TARGET) $(value FLAGS)

pages: .venv/.locked  ## write the pages of the metrics to data/pages, from the published mart
	@$(LOGMART) pages write --target-path $(TARGET) $(value FLAGS)

catalog-plan: ingestion/.venv/.locked  ## show what the catalog would gain, change and lose (FLAGS=--offline: without a server)
	@$(CATALOG) plan --target-path $(TARGET) $(value FLAGS)

catalog-apply: ingestion/.venv/.locked  ## bring the catalog in step: OPENMETADATA_HOST, OPENMETADATA_JWT_TOKEN
	@$(CATALOG) apply --target-path $(TARGET) $(value FLAGS)

catalog-verify: ingestion/.venv/.locked  ## read the catalog back and fail on any difference
	@$(CATALOG) verify --target-path $(TARGET) $(value FLAGS)

catalog-browse: ingestion/.venv/.locked  ## serve the demo's catalog on http://127.0.0.1:8585
	@ingestion/.venv/bin/python -m openmetadata_standin --state data/catalog --port 8585 >/dev/null

wikipedia: export LOGMART_LANDING = data/wikipedia/landing
wikipedia: export LOGMART_DATABASE = data/wikipedia/build/logmart.duckdb
wikipedia: export LOGMART_PUBLISHED = data/wikipedia/logmart.duckdb
wikipedia: .venv/.locked  ## build the mart on one day of Wikipedia's edits, in data/wikipedia
	@$(LOGMART) sample wikipedia --out $(LOGMART_LANDING)
	@$(LOGMART) mart build --sources wikipedia --vars '{business_time_zone: UTC}' --full-refresh \
		--target-path $(TARGET)/wikipedia $(value FLAGS)
	@$(LOGMART) mart summary --target-path $(TARGET)/wikipedia --no-catalog

state: setup  ## write the state that pull requests are compared with, this checkout's build, to target/state
	@$(LOGMART) gate state --out $(call typed,STATE) $(value FLAGS)

pr-report: setup rules/.venv/.locked  ## report what this checkout would change: make pr-report STATE=<folder> (gate.yml, docs/pull-requests.md)
	@$(LOGMART) gate report --state $(call typed,STATE) $(value FLAGS)

TOOLS := rules/.venv/.locked operations/.venv/.locked operations/orchestration/.venv/.locked

test: setup $(TOOLS)  ## run every check: data tests, unit tests, both pytest suites, SQL, types, style
	@$(LOGMART) check all

test-deep: setup $(TOOLS)  ## run the checks that take longer
	@$(LOGMART) check all --deep

lint: setup rules/.venv/.locked operations/.venv/.locked  ## lint SQL, YAML, workflows, Python style and types
	@$(LOGMART) check all --only lint

lint-changed: .venv/.locked  ## lint SQL, macros and YAML that differ from a branch: make lint-changed BASE=main
	@$(LOGMART) check changed --base $(call typed,BASE) $(value FLAGS)

format: setup  ## rewrite SQL and Python in the house style
	.venv/bin/ruff format . && .venv/bin/ruff check --fix-only .
	$(LOGMART) check sql --fix
	.venv/bin/sqlfluff fix --force --templater jinja --rules JJ01,LT12 macros tests/generic

clean:  ## remove databases, artifacts, the demo's catalog, Airflow's data and the sample; your own logs stay
	rm -rf data/build data/logmart.duckdb data/catalog data/pages data/quality data/airflow data/wikipedia target logs
	@$(firstword $(wildcard .venv/bin/python) $(PYTHON)) -m logmart.sample.removal
	@test -n "$$LOGMART_ID_KEY" || rm -f data/landing.erased data/landing.erased.journal
