"""Extracts and data sources for Tableau, from the published mart."""
