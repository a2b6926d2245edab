"""Checks raw files before they are loaded, and keeps broken ones out of the landing zone."""
