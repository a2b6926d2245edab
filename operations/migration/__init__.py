"""Copies tables of another system, and proves by value that the copies are equal."""
