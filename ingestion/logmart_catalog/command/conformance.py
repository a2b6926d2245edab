"""The command `conformance`: compares a server's behaviours with those of the stand-in."""

from __future__ import annotations

from collections.abc import Mapping

from logmart_catalog.config import read_connection
from logmart_catalog.errors import ServerError


def run(environment: Mapping[str, str], output_format: str) -> int:
    """Compare the server that the environment names, print the result, and return the exit code.

    Raises ConfigError when no server is named, ServerError when the comparison fails.
    """
    connection = read_connection(environment, "conformance")
    # Imported here, since no other command needs the stand-in.
    from openmetadata_standin.conformance.command import run as compare  # noqa: PLC0415
    from openmetadata_standin.conformance.server import ProbeError  # noqa: PLC0415
    from openmetadata_standin.process import StartError  # noqa: PLC0415

    try:
        return compare(connection.host, connection.token, output_format)
    except (ProbeError, StartError) as error:
        raise ServerError(str(error)) from error
