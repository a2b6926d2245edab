"""The mart on Trino: the server, what it is told of landed files, and the build."""
