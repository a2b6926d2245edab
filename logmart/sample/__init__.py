"""Generates the sample: raw logs of a finance super-app with planted defects, from a seed."""

GENERATOR_VERSION = "3"
