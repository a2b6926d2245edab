"""Says whether to cut over, and why: `logmart migrate report`.

The report is of the last verification that compared every column of every table of the mapping as
it is now. It is printed, and written as `report.txt`, `report.json` and `report.html` to the folder
of the migration (LOGMART_MIGRATION). Personal data are masked, and values that were found to differ
are kept as long as landed text (raw_text_retention_days). It ends with 1 when it is not time.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from logmart.errors import CommandError
from logmart.landed.private_files import make_private_folder
from logmart.settings import project_variables, settings
from operations.migration.mapping_file import MAPPING_FILE, read_mapping
from operations.migration.report import Report, make_report
from operations.migration.report_json import as_json
from operations.migration.report_lines import as_text
from operations.migration.report_page import as_page
from operations.migration.run_results import expire_differences, read_runs


@click.command("report", help=__doc__)
@click.option(
    "--mapping",
    "mapping_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=MAPPING_FILE,
    show_default=True,
    help="The mapping.",
)
def main(mapping_path: Path) -> int:
    """Print and write the report; return 0 when it is time to cut over."""
    mapping = read_mapping(mapping_path)
    folder = settings().migration
    days = project_variables()["raw_text_retention_days"]
    if days is not None:
        expire_differences(folder, datetime.now(UTC) - timedelta(days=days))
    report = make_report(mapping, read_runs(folder, mapping.mapping_id))
    paths = write_report(report, folder)
    print("\n".join(f"{path} written" for path in paths))
    print(as_text(report))
    return 0 if report.is_ready else 1


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write the report as text, JSON and a page; return the files.

    Raises CommandError when one cannot be written.
    """
    contents = {
        "report.txt": as_text(report) + "\n",
        "report.json": json.dumps(as_json(report), ensure_ascii=False, indent=1) + "\n",
        "report.html": as_page(report),
    }
    try:
        make_private_folder(folder.parent)
        make_private_folder(folder)
        for name, content in contents.items():
            part = folder / f"{name}.part"
            with open(part, "w", encoding="utf-8", newline="\n", opener=_private) as file:
                file.write(content)
            part.replace(folder / name)
    except OSError as error:
        raise CommandError(f"the report cannot be written to {folder}: {error}") from error
    return [folder / name for name in contents]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
