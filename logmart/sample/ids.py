"""Random identifiers from a seeded generator, so that a seed always gives the same ones."""

from random import Random


def make_uuid(rng: Random) -> str:
    """Return a random UUID, version 4, as text."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def make_id(rng: Random, prefix: str) -> str:
    """Return `prefix`, an underscore and sixteen random hexadecimal digits."""
    return f"{prefix}_{rng.getrandbits(64):016x}"
