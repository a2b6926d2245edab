"""Reads the files of dbt's artifacts and checks their schema versions."""

from __future__ import annotations

import json
from pathlib import Path

from logmart_catalog.artifacts.versions import in_v12_shape
from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record

# The supported schema versions of each artifact, and the dbt versions that write them.
VERSIONS = {
    "manifest": {
        "v9": "dbt 1.5",
        "v10": "dbt 1.6",
        "v11": "dbt 1.7",
        "v12": "dbt 1.8 to 1.12 and dbt Cloud",
        "v20": "dbt Fusion",
    },
    "catalog": {"v1": "dbt 1.5 to 1.12 and dbt Fusion"},
    "run_results": {
        "v4": "dbt 1.5 and 1.6",
        "v5": "dbt 1.7",
        "v6": "dbt 1.8 to 1.12",
        "v20": "dbt Fusion",
    },
    "sources": {"v3": "dbt 1.5 to 1.12 and dbt Fusion"},
}
MAKE_ARTIFACTS = (
    "run `dbt build` and `dbt docs generate --no-compile`, and name their target folder"
)


def read_manifest(path: Path) -> Record:
    """Read a manifest of any version in `VERSIONS` and bring it to the shape of v12.

    Raises ArtifactError when the file is missing, truncated or of another version.
    """
    return in_v12_shape(read_document(path))


def read_optional(path: Path) -> Record | None:
    """Read an artifact, None when there is no such file. Raises like `read_document`."""
    return read_document(path) if path.exists() else None


def read_document(path: Path) -> Record:
    """Read an artifact; the file's name says which artifact it is.

    Raises ArtifactError when the file is missing, truncated or of an unsupported version.
    """
    try:
        document = Record.of(str(path), json.loads(path.read_bytes()), ArtifactError)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: the file is missing; {MAKE_ARTIFACTS}") from error
    except OSError as error:
        raise ArtifactError(f"{path}: the file cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path}: truncated or no JSON ({type(error).__name__}); {MAKE_ARTIFACTS}"
        ) from error
    schema = document.record("metadata").text("dbt_schema_version")
    known = VERSIONS[path.stem]
    if schema.rpartition("/")[2].removesuffix(".json") not in known:
        read = ", ".join(f"{version} ({writer})" for version, writer in known.items())
        raise ArtifactError(
            f"{path}: dbt schema version {schema or 'not given'} is not supported;"
            f" {path.name} can be {read}: write it with one of these"
        )
    return document
