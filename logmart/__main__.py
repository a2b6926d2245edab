"""The command `logmart <noun> <verb>`: everything that dbt itself does not do."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence

import click

from logmart.errors import run_command

# Each verb is a click command. Its module is imported when it is called, because dbt alone takes
# seconds to import.
_Verbs = Mapping[str, tuple[str, str]]
NOUNS: Mapping[str, tuple[str, _Verbs]] = {
    "sample": (
        "the sample's raw logs",
        {
            "write": ("logmart.sample.command:command", "write the sample landing zone"),
            "wikipedia": ("logmart.sample.wikipedia:main", "land a day of Wikipedia's edits"),
        },
    ),
    "plan": (
        "the tracking plan",
        {
            "check": ("logmart.plan.check:main", "lint the plan"),
            "event": ("logmart.plan.scaffold:main", "scaffold a planned event"),
            "export": ("logmart.plan.spreadsheet:export_plan", "write the plan as a spreadsheet"),
            "import": ("logmart.plan.spreadsheet:import_plan", "update the plan from one"),
            "replay": ("logmart.mart.replay:main", "validate events again after a change"),
        },
    ),
    "source": (
        "the sources of events",
        {"add": ("logmart.source.command:main", "add a source from files, by a reviewed guess")},
    ),
    "mart": (
        "the mart on DuckDB",
        {
            "build": ("logmart.mart.build:main", "build, test, document and publish the mart"),
            "reload": ("logmart.mart.reload:main", "load landed days again, and build"),
            "erase": ("logmart.erase:main", "erase one user from files and mart"),
            "freshness": ("logmart.mart.freshness:main", "fail when a source is stale"),
            "summary": ("logmart.mart.summary:main", "print a table of the last build"),
            "query": ("logmart.mart.metric_query:main", "query metrics of the published mart"),
        },
    ),
    "trino": (
        "the mart on Trino",
        {
            "up": ("logmart.trino.process:start", "start a Trino server on loopback"),
            "build": ("logmart.trino.build:main", "build and test the mart on the server"),
            "maintain": ("logmart.trino.maintain:main", "compact its tables, drop old snapshots"),
            "down": ("logmart.trino.process:stop", "stop the server"),
            "test": ("logmart.trino.run_tests:test", "compare every table with DuckDB's"),
            "smoke": ("logmart.trino.run_tests:smoke", "run the tests of a minute or two"),
        },
    ),
    "gate": (
        "the report on a pull request",
        {
            "state": ("logmart.gate.state:main", "write main's state, for comparisons"),
            "report": ("logmart.gate.pull_request:main", "report what this checkout would change"),
            "local": ("logmart.gate.local:main", "compare two branches of this clone"),
            "kinds": ("logmart.gate.list_kinds:main", "list kinds of findings and severities"),
        },
    ),
    "check": (
        "the project's checks",
        {
            "all": ("logmart.checks.run:main", "run every check: `make test`"),
            "changed": ("logmart.checks.lint_changed:main", "lint what a branch changes"),
            "sql": ("logmart.checks.sql_lint:main", "lint all SQL with sqlfluff"),
            "rules": ("logmart.checks.rules:main", "check layers, names, docs, owners"),
            "workflows": ("logmart.checks.workflows:main", "check the workflows in .github/"),
        },
    ),
    "pages": (
        "pages generated from the project",
        {
            "metrics": ("logmart.pages.metric_dictionary:main", "write docs/metrics.md"),
            "er": ("logmart.pages.er_diagram:main", "write docs/er.md"),
            "write": ("logmart.pages.site.command:main", "write the pages of the metrics"),
            "pictures": ("logmart.pages.site.pictures:main", "take pictures of them in a browser"),
            "exposures": (
                "logmart.pages.scorecard_exposures:main",
                "write the scorecards' exposures",
            ),
            "docs": ("logmart.pages.dbt_docs:main", "serve dbt's docs of the last build"),
        },
    ),
    "operations": (
        "what runs the mart, and tells people what is due",
        {
            "nightly": ("logmart.operations.nightly:main", "run the pipeline without Airflow"),
            "watch": ("logmart.operations.watch:main", "tell people what is due to be told"),
            "incidents": ("logmart.operations.incident_list:main", "list the open incidents"),
            "acknowledge": ("logmart.operations.acknowledge:main", "say who mends an incident"),
            "land-check": (
                "logmart.operations.land_check:main",
                "fail while a source has not landed",
            ),
            "land-findings": (
                "logmart.operations.land_findings:main",
                "land the open findings of the last build",
            ),
            "fallback": (
                "logmart.operations.fallback:main",
                "stamp what readers go on to see after a failed run",
            ),
        },
    ),
    "airflow": (
        "the pipeline in Airflow, on loopback",
        {
            "up": ("logmart.orchestration.airflow_up:main", "serve Airflow, and run the schedule"),
            "test": ("logmart.orchestration.airflow_test:main", "run the pipeline once"),
        },
    ),
    "quality": (
        "checks on files before they are loaded, and the results of all checks",
        {
            "run": ("logmart.quality.run:main", "check new files, and act on broken ones"),
            "failures": ("logmart.quality.failed_rows:main", "print rows that failed a test"),
            "quarantined": ("logmart.quality.release:listed", "list the files in quarantine"),
            "release": ("logmart.quality.release:main", "put a file back, or replace it"),
            "results": (
                "logmart.operations.quality_results.command:main",
                "write the newest results of all checks for the catalog",
            ),
        },
    ),
    "migrate": (
        "tables of another system, copied and proved equal",
        {
            "map": ("logmart.migration.command:map_tables", "write the mapping to review"),
            "run": ("logmart.migration.command:run", "copy the chunks that differ"),
            "verify": ("logmart.migration.command:verify", "compare every column of every table"),
            "report": ("logmart.migration.command:report", "say whether to cut over, and why"),
        },
    ),
    "messages": (
        "messages of campaigns, and what became of them",
        {
            "audience": (
                "logmart.messaging.audience_command:main",
                "show who would get a campaign's message, and who not, and why",
            ),
            "address-book": (
                "logmart.messaging.address_book:main",
                "fill the address book from a file of the bank, or bring consents up to date",
            ),
            "send": ("logmart.messaging.send:main", "put a campaign's messages into the queue"),
            "land": ("logmart.messaging.land:main", "land what became of messages, and alarms"),
            "redrive": ("logmart.messaging.redrive:main", "put dead letters back into the queue"),
            "package": ("logmart.messaging.package:main", "package the functions for AWS"),
            "demo": ("logmart.messaging.demo:main", "send messages on loopback, with faults"),
        },
    ),
    "tableau": (
        "extracts and data sources for Tableau",
        {"write": ("logmart.tableau.command:main", "write the published marts for Tableau")},
    ),
}


class _Noun(click.Group):
    """The verbs of a noun. The module of a verb is imported when the verb is called."""

    def __init__(self, name: str, help_text: str, verbs: _Verbs) -> None:
        super().__init__(name, help=help_text, no_args_is_help=True)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order of the table."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb; None for an unknown one."""
        if cmd_name not in self._verbs:
            return None
        module, _, name = self._verbs[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in self._verbs.items()])


cli = click.Group(
    "logmart",
    {noun: _Noun(noun, text, verbs) for noun, (text, verbs) in NOUNS.items()},
    help=__doc__,
)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code. Raises CommandError."""
    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    given = None if arguments is None else list(arguments)
    try:
        return cli.main(given, prog_name="logmart", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code


def main() -> None:
    """Run the command of this process."""
    run_command(run)


if __name__ == "__main__":
    main()
