"""A stand-in of OpenMetadata's REST API, with state on disk, for the demo and the tests.

It answers as the server does, as far as its manners were measured or read (see README.md), and
validates every request and every answer with the official client's own models. It is never a
production catalog.
"""
