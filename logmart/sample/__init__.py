"""The landing zone of a finance super-app: raw logs with planted defects, fixed by a seed."""

GENERATOR_VERSION = "1"
