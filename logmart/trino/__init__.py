"""The mart on Trino: the server, the registration of landed files, and the build."""
