"""The command `logmart-catalog`: arguments in, a report on stdout, an exit code."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from logmart_catalog import engine
from logmart_catalog.command import conformance
from logmart_catalog.command.arguments import ERROR, parse
from logmart_catalog.command.render import apply_text, plan_text, report_json, verify_text
from logmart_catalog.command.render_markdown import plan_markdown
from logmart_catalog.command.summary import Summary, summarize
from logmart_catalog.config import Choice, Config, override, read_config, read_connection
from logmart_catalog.desired.build import Desired
from logmart_catalog.engine import Consent, Report
from logmart_catalog.errors import CatalogError, StateError
from logmart_catalog.lineage import command as lineage
from logmart_catalog.plan.file import check_target, check_unmoved, read_plan, write_plan
from logmart_catalog.state.file import read_state, write_state

OK, DIFFERENT, LEFT_OUT = 0, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code. Errors are one line on stderr."""
    # Most of what is read of the artifacts is kept to the end, and no garbage to search for.
    gc.set_threshold(200_000, 20, 100)
    options = parse(arguments)
    commands = {"plan": _plan, "apply": _apply, "verify": _verify}
    try:
        if options.command == "lineage":
            print(lineage.run(options))
            return OK
        if options.command == "conformance":
            return conformance.run(os.environ, options.format)
        choice = Choice(tuple(options.select), tuple(options.exclude))
        given = choice if choice != Choice() else None
        config = override(read_config(options.config), options.service, options.database, given)
        return commands[options.command](options, config)
    except CatalogError as error:
        print(f"logmart-catalog {options.command}: {error}", file=sys.stderr)
        return ERROR


def _load(options: argparse.Namespace, config: Config, *, publishing: bool = True) -> Desired:
    return engine.load(
        options.target_path,
        config,
        mixed=options.allow_mixed_artifacts,
        strict=options.strict,
        publishing=publishing,
    )


def _plan(options: argparse.Namespace, config: Config) -> int:
    desired = _load(options, config, publishing=bool(options.out or options.save))
    if options.offline:
        report = engine.plan_offline(desired)
    elif options.against:
        saved = read_state(options.against)
        report = engine.plan_against(desired, saved, str(options.against), config)
    else:
        connection = read_connection(os.environ, "plan")
        report = engine.plan_server(desired, connection, config)
        if options.out:
            write_plan(options.out, connection.host, desired, report.plan)
    if options.save:
        write_state(options.save, desired.state)
    summary = summarize(report, drift=False)
    text = plan_markdown if options.format == "markdown" else plan_text
    _print(options, text(report), report, summary)
    if not options.detailed_exitcode:
        return OK
    return DIFFERENT if report.plan.actions else _done(report, config)


def _apply(options: argparse.Namespace, config: Config) -> int:
    connection = read_connection(os.environ, "apply")
    check: Callable[[Report], None] | None = None
    if options.plan_file:
        saved = read_plan(options.plan_file)
        check_target(options.plan_file, saved, config, connection)
        desired = saved.desired

        def check(report: Report) -> None:
            check_unmoved(options.plan_file, saved, report.plan)
    else:
        desired = _load(options, config)

    def show(report: Report) -> None:
        if check:
            check(report)
        if options.format == "text":
            print(plan_text(report), flush=True)

    consent = Consent(removals=options.allow_removals, hard=options.hard)
    report = engine.apply_server(desired, connection, config, consent=consent, show=show)
    summary = summarize(report, drift=False)
    _print(options, apply_text(summary), report, summary)
    return _done(report, config)


def _verify(options: argparse.Namespace, config: Config) -> int:
    desired = _load(options, config)
    report = engine.plan_server(desired, read_connection(os.environ, "verify"), config)
    summary = summarize(report, drift=True)
    _print(options, verify_text(report, summary, strict=options.strict), report, summary)
    extra = summary.by_others if options.strict else 0
    return DIFFERENT if summary.drift or extra else _done(report, config)


def _done(report: Report, config: Config) -> int:
    return OK if report.is_whole or config.accept_left_out else LEFT_OUT


def _print(options: argparse.Namespace, text: str, report: Report, summary: Summary) -> None:
    if options.summary_file:
        _write_summary(options.summary_file, summary)
    print(report_json(options.command, report, summary) if options.format == "json" else text)


def _write_summary(path: Path, summary: Summary) -> None:
    try:
        path.write_text(json.dumps(asdict(summary), ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise StateError(f"{path}: the summary cannot be written: {error.strerror}") from error
