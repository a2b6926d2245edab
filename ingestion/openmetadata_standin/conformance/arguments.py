"""The arguments of `logmart-catalog conformance`."""

from __future__ import annotations

import argparse

PREFIX = "logmart_conformance_"
DESCRIPTION = f"""Tries a server manner by manner and prints what it does beside what the stand-in
of the nearest version does. It writes below names of its own alone, all of them {PREFIX}...: a
database service, and teams, users, tags, domains, metrics and test definitions. It removes them
for good at the end. Exit code 2 when something differs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--format", choices=("text", "json"), default="text")
