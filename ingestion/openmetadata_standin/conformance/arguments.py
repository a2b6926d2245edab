"""The arguments of `logmart-catalog conformance`."""

from __future__ import annotations

import argparse

PREFIX = "logmart_conformance_"
DESCRIPTION = f"""Compares the server's behaviours with the stand-in of the nearest version, and
prints both. All entities that it writes have names that begin with {PREFIX}: a database
service, and teams, users, tags, domains, metrics, dashboards and test definitions. It removes them
for good at the end. Exit code 2 when something differs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--format", choices=("text", "json"), default="text")
