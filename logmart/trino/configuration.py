"""Writes the configuration of a Trino server: one node, with Iceberg tables and landed files on the
local disk.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from logmart.landed.private_files import make_private_folder
from logmart.trino.install import PLUGINS
from logmart.trino.server import CATALOG, Server

LANDING_CATALOG = "landing"
# The folder of the tables, as the server's local file system names it.
WAREHOUSE = "local:///warehouse"
# How many days one statement may write, for a first load or a full refresh; Trino's default is 100.
MAX_PARTITIONS = 4000


def write_configuration(server: Server, home: Path, landing: Path) -> None:
    """Write the server's folder: configuration, catalogs, and its disk with the landing zone."""
    query_memory = f"{server.query_memory_mib or server.heap_gib * 512}MB"
    # These folders hold the tables of the schema `restricted`.
    for folder in (server.folder, server.disk):
        make_private_folder(folder)
    etc = server.folder / "etc"
    catalogs = etc / "catalog"
    catalogs.mkdir(parents=True, exist_ok=True)
    for part in ("warehouse", "received"):
        (server.disk / part).mkdir(parents=True, exist_ok=True)
    _link(server.disk / "landing", landing.resolve())
    plugins = server.folder / "plugin"
    plugins.mkdir(exist_ok=True)
    for name in PLUGINS:
        _link(plugins / name, home / "plugin" / name)
    node_file = server.folder / "node_id"
    if not node_file.exists():
        node_file.write_text(str(uuid.uuid4()), encoding="ascii")
    _write_properties(
        etc / "config.properties",
        {
            **(
                {"coordinator": "false"}
                if server.coordinator
                else {"coordinator": "true", "node-scheduler.include-coordinator": "true"}
            ),
            "node.environment": "logmart",
            "node.id": node_file.read_text(encoding="ascii"),
            "node.bind-ip": "127.0.0.1",
            "node.internal-address": "127.0.0.1",
            "http-server.http.port": str(server.port),
            "discovery.uri": f"http://127.0.0.1:{(server.coordinator or server).port}",
            "plugin.dir": str(plugins),
            "catalog.config-dir": str(catalogs),
            "query.max-memory": query_memory,
            "query.max-memory-per-node": query_memory,
        },
    )
    files = {"fs.native-local.enabled": "true", "local.location": str(server.disk)}
    _write_properties(
        catalogs / f"{CATALOG}.properties",
        {
            "connector.name": "iceberg",
            "iceberg.catalog.type": "TESTING_FILE_METASTORE",
            "hive.metastore.catalog.dir": WAREHOUSE,
            "iceberg.max-partitions-per-writer": str(MAX_PARTITIONS),
            # A scan waits for the join to say which days it needs; else it reads all days.
            "iceberg.dynamic-filtering.wait-timeout": "1m",
            **files,
        },
    )
    _write_properties(
        catalogs / f"{LANDING_CATALOG}.properties",
        {
            "connector.name": "hive",
            "hive.metastore": "file",
            "hive.metastore.catalog.dir": f"{WAREHOUSE}_of_landing",
            "hive.non-managed-table-writes-enabled": "false",
            **files,
        },
    )


def _link(link: Path, goal: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(goal)


def _write_properties(path: Path, properties: dict[str, str]) -> None:
    lines = [f"{name}={value}\n" for name, value in properties.items()]
    path.write_text("".join(lines), encoding="utf-8")
