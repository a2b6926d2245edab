"""Compares a real server with the stand-in: each behaviour has a probe, which runs on both.

The tests of the stand-in run these probes too.
"""
