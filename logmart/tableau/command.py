"""Writes the published marts for Tableau: `logmart tableau write [MART...]`.

Each mart becomes two files in the folder of the group that owns it: `<mart>.hyper`, its rows, and
`<mart>.tds`, the data source to open, with the descriptions, formats and default aggregations of
the YAML. Columns with personal data are left out and listed.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb

from logmart.dbt.manifest import Manifest, Node, keys, read_manifest, relation
from logmart.errors import CommandError
from logmart.gate.personal_data import Hidden
from logmart.options import TARGET_PATH
from logmart.settings import settings
from logmart.tableau.datasource import datasource
from logmart.tableau.extracts import ExtractWriter, extract_writer
from logmart.tableau.fields import fields
from logmart.tableau.personal_columns import personal_columns
from logmart.tableau.types import ExtractType, extract_type

# It lists what a run wrote, so that the next run replaces those files and no others.
LIST = "marts.csv"
_DATABASE = "published"


@dataclass(frozen=True)
class Mart:
    """A mart to write: the types of the columns that its extract has, and those left out."""

    unique_id: str
    node: Node
    types: dict[str, ExtractType]
    left_out: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name of its table."""
        return str(self.node["alias"])

    @property
    def folder(self) -> str:
        """Return the folder of its files: the group that owns it."""
        return str(self.node.get("group") or "no_group")


@click.command("write", help=__doc__)
@click.argument("names", nargs=-1, metavar="[MART]...")
@TARGET_PATH
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/tableau"),
    show_default=True,
    help="Folder of the files; it is replaced.",
)
@click.option(
    "--with-personal-data", is_flag=True, help="Write the columns with personal data too."
)
def main(names: Sequence[str], target_path: Path, out: Path, with_personal_data: bool) -> int:
    """Write the files; say what was left out."""
    published = settings().published
    if not published.exists():
        raise CommandError(f"{published} is not there: publish the marts with `make build`")
    manifest = read_manifest(target_path / "manifest.json")
    chosen = chosen_marts(manifest, names)
    check_is_ours(out)
    hidden = Hidden() if with_personal_data else personal_columns(target_path, manifest)
    part = out.with_name(f"{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with duckdb.connect() as connection, extract_writer() as writer:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"set temp_directory = {_text(part / 'spilled')}")
            connection.execute(f"attach {_text(published)} as {_DATABASE} (read_only)")
            marts = [_mart(connection, manifest, each, hidden) for each in chosen]
            rows = {mart.name: _write(connection, writer, manifest, mart, part) for mart in marts}
        shutil.rmtree(part / "spilled", ignore_errors=True)
        _write_list(part / LIST, marts, rows)
        _replace(out, part)
    except (OSError, duckdb.Error) as error:
        raise CommandError(f"{out} is left as it was: {str(error).splitlines()[0]}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _report(out, manifest, marts, rows)
    return 0


def chosen_marts(manifest: Manifest, names: Sequence[str]) -> list[str]:
    """Return the unique ids of the named marts, or of all, sorted by name.

    Raises CommandError when a name is no mart.
    """
    marts = {
        str(node["alias"]): unique_id
        for unique_id, node in manifest.built.items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }
    for name in names:
        if name not in marts:
            raise CommandError(f"{name} is no mart: the marts are {', '.join(sorted(marts))}")
    return [marts[name] for name in sorted(set(names) or marts)]


def check_is_ours(out: Path) -> None:
    """Raise CommandError where a folder holds files that no run of this command wrote."""
    if not out.exists():
        return
    listed = set()
    if (out / LIST).is_file():
        with (out / LIST).open(encoding="utf-8", newline="") as file:
            listed = {row["file"] for row in csv.DictReader(file)} | {LIST}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).with_suffix("").as_posix()
        if path.is_file() and name not in listed and path.name not in listed:
            raise CommandError(
                f"{out} holds {path.relative_to(out)}, which this command did not write: move it,"
                " or name another folder with --out"
            )


def _mart(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, unique_id: str, hidden: Hidden
) -> Mart:
    """Return a mart with the types of its published columns.

    Raises CommandError when the published table is not that of the manifest, or when a column has a
    type that no extract has.
    """
    node = manifest.built[unique_id]
    columns = connection.execute(f"describe {relation(node, _DATABASE)}").fetchall()
    if {name for name, *_ in columns} != node["columns"].keys():
        raise CommandError(
            f"{node['alias']} has other columns in the published file than in the manifest: build"
            " both again with `make build`"
        )
    types, left_out = {}, []
    for name, sql_type, *_ in columns:
        if hidden.holds(node, name):
            left_out.append(name)
            continue
        found = extract_type(sql_type)
        if found is None:
            raise CommandError(
                f"{node['alias']}.{name} is of type {sql_type}, which no extract has: cast it in"
                " the model"
            )
        types[name] = found
    return Mart(unique_id, node, types, tuple(left_out))


def _write(
    connection: duckdb.DuckDBPyConnection,
    writer: ExtractWriter,
    manifest: Manifest,
    mart: Mart,
    part: Path,
) -> int:
    """Write both files of a mart, unless no column is left; return its number of rows."""
    if not mart.types:
        return 0
    folder = part / mart.folder
    folder.mkdir(exist_ok=True)
    table = relation(mart.node, _DATABASE)
    rows = writer.write(connection, table, mart.types, folder / f"{mart.name}.hyper")
    owner = manifest.owner_of(mart.node).partition(" <")[0]
    text = datasource(mart.name, owner, fields(manifest, mart.unique_id, mart.types))
    (folder / f"{mart.name}.tds").write_text(text, encoding="utf-8", newline="\n")
    return rows


def _write_list(path: Path, marts: Sequence[Mart], rows: dict[str, int]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "rows", "columns", "left_out"])
        for mart in marts:
            name = f"{mart.folder}/{mart.name}"
            writer.writerow([name, rows[mart.name], len(mart.types), " ".join(mart.left_out)])


def _replace(out: Path, part: Path) -> None:
    """Put a folder in the place of another."""
    old = out.with_name(f"{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _report(out: Path, manifest: Manifest, marts: Sequence[Mart], rows: dict[str, int]) -> None:
    size = sum(path.stat().st_size for path in out.rglob("*.hyper"))
    print(
        f"{len(marts)} marts written to {out}, {sum(rows.values()):,} rows in {size / 1e6:.1f} MB,"
        " read back equal row by row"
    )
    short = [mart for mart in marts if mart.left_out]
    if short:
        count = sum(len(mart.left_out) for mart in short)
        print(
            f"{count} columns are left out, because they hold personal data (--with-personal-data"
            " writes them):"
        )
        for mart in short:
            key = {column for columns in keys(manifest, mart.unique_id) for column in columns}
            names = [f"{name} (of its key)" if name in key else name for name in mart.left_out]
            print(f"  {mart.name:<34} {', '.join(names)}")


def _text(path: Path) -> str:
    """Return a path as an SQL literal."""
    return "'" + str(path).replace("'", "''") + "'"
