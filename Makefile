.DEFAULT_GOAL := help
.PHONY: help setup demo sample build reload replay erase docs catalog-plan catalog-apply catalog-verify catalog-browse lineage \
	wikipedia plan-check event plan-export plan-import bench-catalog bench-lineage bench-lint test test-deep lint \
	lint-changed format freshness rules clean
.PHONY: state pr-report pr-local bench-gate bench-sqlmesh bench-mart metric-query metric-dictionary er-diagram
.PHONY: trino-up trino-build trino-maintain trino-down trino-test trino-smoke bench-trino

PYTHON ?= python3
export PYTHON
# Compiled modules are kept, whatever the shell says: a dbt command compiles 1,600 of them otherwise, for 3 s.
unexport PYTHONDONTWRITEBYTECODE
export DBT_PROFILES_DIR ?= profiles

MART := .venv/bin/python -m
CATALOG := PYTHONPATH=ingestion ingestion/.venv/bin/python -m
TARGET ?= target
FLAGS ?=
BASE ?= main
HEAD ?= HEAD
# A workflow without a state names none.
override STATE := $(or $(value STATE),target/state)
# Make would read these when it hands them on in the environment.
unexport FLAGS BASE HEAD STATE NAME GROUP FILE COLUMN METRICS BY FROM TO
ifneq (,$(findstring command line,$(origin USER)))
unexport USER
endif
# What somebody typed as one word of the shell: neither make nor the shell reads anything in it. FLAGS are words of the
# shell's own, so make alone leaves them as they are.
typed = '$(subst ','\'',$(value $(1)))'

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@echo "  Options for a command: make build FLAGS=--full-refresh, make catalog-plan FLAGS=--offline"

setup: .venv/.locked ingestion/.venv/.locked  ## install both locked environments into the project's folder

.venv/.locked: requirements.lock scripts/setup.sh
	@scripts/setup.sh .venv requirements.lock

rules/.venv/.locked: rules/requirements.lock scripts/setup.sh
	@scripts/setup.sh rules/.venv rules/requirements.lock

benchmarks/sqlmesh/.venv/.locked: benchmarks/sqlmesh/requirements.lock scripts/setup.sh
	@scripts/setup.sh benchmarks/sqlmesh/.venv benchmarks/sqlmesh/requirements.lock

ingestion/.venv/.locked: ingestion/requirements.lock scripts/setup.sh
	@scripts/setup.sh ingestion/.venv ingestion/requirements.lock

demo: setup  ## sample logs to mart to catalog, with a table of what came of it
	@$(MART) landing
	@$(MART) scripts.build_mart
	@$(CATALOG) openmetadata_standin.demo
	@echo; $(MART) scripts.summary

sample: .venv/.locked  ## write the sample landing zone to data/landing 
	@$(MART) landing $(value FLAGS)

build: .venv/.locked  ## build, test, document and publish the mart from the landing zone
	@$(MART) scripts.build_mart --target-path $(TARGET) $(value FLAGS)

reload: .venv/.locked  ## load landed days again and build: make reload FROM=2026-01-05 TO=2026-01-09
	@$(MART) scripts.reload_partitions --from $(call typed,FROM) --to $(call typed,TO) --target-path $(TARGET) $(value FLAGS)
	@$(MART) scripts.build_mart --target-path $(TARGET) $(value FLAGS)

freshness: .venv/.locked  ## fail when a source has landed nothing for too long, as the last build saw it
	@$(MART) scripts.freshness

erase: export LOGMART_ERASE_USER = $(if $(findstring command line,$(origin USER)),$(value USER))
erase: .venv/.locked  ## erase one user from files and mart: make erase USER=u_1 (without USER: what landed since of erased users)
	@$(MART) scripts.erase --target-path $(TARGET) $(value FLAGS)

docs: .venv/.locked  ## serve dbt's docs of the last build on http://127.0.0.1:8080
	@$(MART) scripts.serve_docs --target-path $(TARGET)

catalog-plan: ingestion/.venv/.locked  ## show what the catalog would gain, change and lose (FLAGS=--offline: without a server)
	@$(CATALOG) logmart_catalog plan --target-path $(TARGET) $(value FLAGS)

catalog-apply: ingestion/.venv/.locked  ## bring the catalog in step: OPENMETADATA_HOST, OPENMETADATA_JWT_TOKEN
	@$(CATALOG) logmart_catalog apply --target-path $(TARGET) $(value FLAGS)

catalog-verify: ingestion/.venv/.locked  ## read the catalog back and fail on any difference
	@$(CATALOG) logmart_catalog verify --target-path $(TARGET) $(value FLAGS)

lineage: ingestion/.venv/.locked  ## where a column comes from: make lineage COLUMN=fct_sessions.user_id (FLAGS=--down: where it goes)
	@$(CATALOG) logmart_catalog lineage --target-path $(TARGET) $(if $(value COLUMN),--column $(call typed,COLUMN)) $(value FLAGS)

catalog-browse: ingestion/.venv/.locked  ## serve the demo's catalog on http://127.0.0.1:8585
	@$(CATALOG) openmetadata_standin --state data/catalog --port 8585 >/dev/null

wikipedia: export LOGMART_LANDING = data/wikipedia/landing
wikipedia: export LOGMART_DATABASE = data/wikipedia/build/logmart.duckdb
wikipedia: export LOGMART_PUBLISHED = data/wikipedia/logmart.duckdb
wikipedia: .venv/.locked  ## build the mart on a day of Wikipedia's edits alone, in data/wikipedia
	@$(MART) scripts.land_wikipedia --out $(LOGMART_LANDING)
	@$(MART) scripts.build_mart --sources wikipedia --vars '{business_time_zone: UTC}' --full-refresh \
		--target-path $(TARGET)/wikipedia $(value FLAGS)
	@$(MART) scripts.summary --target-path $(TARGET)/wikipedia --no-catalog

replay: .venv/.locked  ## judge landed events again after a change of the plan; say what became valid and invalid
	@$(MART) scripts.replay --target-path $(TARGET) $(value FLAGS)

plan-check: .venv/.locked  ## lint the tracking plan (FLAGS="--against <main's manifest.json>": type changes too)
	@$(MART) scripts.plan_check $(value FLAGS)

event: .venv/.locked  ## scaffold a planned event: make event NAME=app.card_frozen GROUP=payments
	@$(MART) scripts.plan_event $(call typed,NAME) --group $(call typed,GROUP) $(value FLAGS)

plan-export: .venv/.locked  ## write the tracking plan as a spreadsheet: make plan-export FILE=plan.csv
	@$(MART) scripts.plan_csv export $(if $(value FILE),$(call typed,FILE))

plan-import: .venv/.locked  ## bring the tracking plan in step with a spreadsheet: make plan-import FILE=plan.csv
	@$(MART) scripts.plan_csv import $(if $(value FILE),$(call typed,FILE))

state: setup  ## what pull requests are compared with: artifacts and database of this checkout, in target/state
	@$(MART) gate.state --out $(call typed,STATE) $(value FLAGS)

pr-report: setup rules/.venv/.locked  ## what this checkout would change of main: make pr-report STATE=<folder> (gate.yml, docs/pull-requests.md)
	@$(MART) gate.pull_request --state $(call typed,STATE) $(value FLAGS)

pr-local: setup rules/.venv/.locked  ## the same on two branches of this clone: make pr-local BASE=main HEAD=<branch>
	@$(MART) gate.local --base $(call typed,BASE) --head $(call typed,HEAD)

bench-gate: setup  ## seconds from a checkout to the report of a one-model change, beside a full build
	@$(MART) benchmarks.gate.run

bench-sqlmesh: .venv/.locked benchmarks/sqlmesh/.venv/.locked  ## SQLMesh beside the mart: same models, first build and one more day
	@$(MART) benchmarks.sqlmesh.run $(value FLAGS)

bench-mart: .venv/.locked  ## seconds of the mart beside a script by hand (FLAGS="--events 1000000,10000000 --planned 15,100,300")
	@$(MART) benchmarks.mart.run $(value FLAGS)

trino-smoke: .venv/.locked  ## what of trino-test takes a minute or two; says aloud where there is no JDK for it
	@$(MART) scripts.trino_smoke

bench-trino: .venv/.locked  ## DuckDB and Trino side by side, first build and one more day (FLAGS="--events 1000000,10000000")
	@PYTHONPATH=tests/trino $(MART) benchmarks.trino.run $(value FLAGS)

metric-query: .venv/.locked  ## ask the published marts for metrics: make metric-query METRICS=transfers BY=metric_time__day
	@LOGMART_DATABASE=$${LOGMART_PUBLISHED:-data/logmart.duckdb} LOGMART_ACCESS_MODE=READ_ONLY \
		$(MART) scripts.metric_query --metrics $(call typed,METRICS) $(if $(value BY),--group-by $(call typed,BY)) $(value FLAGS)

metric-dictionary: .venv/.locked  ## write docs/metrics.md from the YAML of the metrics
	@$(MART) scripts.metric_dictionary

er-diagram: .venv/.locked  ## write docs/er.md from the YAML of the marts
	@$(MART) scripts.er_diagram

bench-catalog: setup  ## calls and seconds of the catalog sync beside the stock dbt source; takes half an hour
	@ingestion/.venv/bin/python benchmarks/catalog/run.py $(value FLAGS)

bench-lineage: setup  ## accuracy of column lineage beside the stock parser and plain sqlglot
	@PYTHONPATH=.:ingestion ingestion/.venv/bin/python -m benchmarks.lineage.accuracy $(value FLAGS)

bench-lint: .venv/.locked  ## seconds of the linters on what a branch changes, beside all SQL
	@.venv/bin/python benchmarks/lint/run.py $(value FLAGS)

test: setup rules/.venv/.locked  ## every check: data tests, unit tests, both pytest suites, SQL, types, style
	@$(MART) scripts.checks

test-deep: setup rules/.venv/.locked  ## the checks that take longer
	@$(MART) scripts.checks --deep

trino-up: .venv/.locked  ## start a Trino on loopback over the landing zone: a JDK 24 or newer, 2 GB of heap
	@$(MART) scripts.trino_server up

trino-build: .venv/.locked  ## build and test the mart on that Trino, artifacts in target/trino
	@$(MART) scripts.trino_build --target-path $(TARGET)/trino $(value FLAGS)

trino-maintain: .venv/.locked  ## compact that Trino's tables and drop old snapshots (FLAGS="--days 7")
	@$(MART) scripts.trino_maintain $(value FLAGS)

trino-down: .venv/.locked  ## stop that Trino; its tables stay in data/trino
	@$(MART) scripts.trino_server down

trino-test: setup  ## the mart on a Trino of its own: every node, and every table as DuckDB has it
	@PYTHONPATH=tests/python/mart:tests/trino $(MART) pytest -q -rs -p servers tests/trino $(value FLAGS)

rules: .venv/.locked rules/.venv/.locked  ## layers, names, docs, owners, contracts (FLAGS="--target-path target": a build's catalog too)
	@$(MART) scripts.rules $(value FLAGS)

lint: setup rules/.venv/.locked  ## SQL, YAML, workflows, Python style and types
	@$(MART) scripts.checks --only lint

lint-changed: .venv/.locked  ## SQL, macros and YAML that differ from a branch: make lint-changed BASE=main
	@$(MART) scripts.lint_changed --base $(call typed,BASE) $(value FLAGS)

format: setup  ## rewrite SQL and Python in the house style
	.venv/bin/ruff format . && .venv/bin/ruff check --fix-only .
	$(MART) scripts.sql_lint --fix
	.venv/bin/sqlfluff fix --force --templater jinja --rules JJ01,LT12 macros tests/generic

clean:  ## remove what was built: databases, artifacts, the demo's catalog, the sample; not your own logs
	rm -rf data/build data/logmart.duckdb data/catalog data/wikipedia target logs
	@$(firstword $(wildcard .venv/bin/python) $(PYTHON)) -m landing.removal
	@test -n "$$LOGMART_ID_KEY" || rm -f data/landing.erased data/landing.erased.journal
