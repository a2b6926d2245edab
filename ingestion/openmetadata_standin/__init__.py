"""A stand-in of OpenMetadata's REST API, with state on disk, for the demo and the tests.

It copies the behaviours of the server that were measured or read (see README.md), and validates
every request and every answer with the official client's own models. It is never a production
catalog.
"""
