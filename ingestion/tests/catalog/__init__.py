"""Tests of the catalog sync."""
