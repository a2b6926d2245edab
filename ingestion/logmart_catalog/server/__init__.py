"""Reads from and writes to OpenMetadata; no other package talks to the server."""
